/* Lines with a referral in them. */

#include "lib.h"
#include "str.h"
#include "reply.h"

/* what a line says if it is given no text: RFC 3501 wants at least a
   character */
#define REFERRAL_REPLY_DEFAULT_TEXT "Try another server."
/* RFC 5804 section 4: a quoted string has at most 1024 octets */
#define SIEVE_QUOTED_MAX_LEN 1024

static const char *const reply_names[] = { "OK", "NO", "BYE" };

const char *referral_reply_auth(const char *url_auth, const char *mech)
{
	if (strcmp(url_auth, "none") == 0)
		return NULL;
	if (strcmp(url_auth, "any") == 0 || mech == NULL)
		return "*";
	return mech;
}

bool referral_reply_is_text_char(char c)
{
	return c >= ' ' && c <= '~';
}

static void append_text_char(string_t *dest, char c)
{
	if (referral_reply_is_text_char(c))
		str_append_c(dest, c);
	else
		str_append_c(dest, c == '\r' || c == '\n' || c == '\t' ?
			     ' ' : '?');
}

static void append_text(string_t *dest, const char *text)
{
	if (*text == '\0')
		text = REFERRAL_REPLY_DEFAULT_TEXT;
	if (*text == '[') {
		/* it would be taken for a response code */
		str_append_c(dest, '(');
		text++;
	}
	for (; *text != '\0'; text++)
		append_text_char(dest, *text);
}

const char *referral_reply_imap(enum referral_reply reply, const char *tag,
				const char *url, const char *text)
{
	string_t *str = t_str_new(256);

	str_printfa(str, "%s %s ",
		    reply == REFERRAL_REPLY_BYE || tag == NULL ? "*" : tag,
		    reply_names[reply]);
	if (url != NULL)
		str_printfa(str, "[REFERRAL %s] ", url);
	append_text(str, text);
	str_append(str, "\r\n");
	return str_c(str);
}

const char *referral_reply_imap_alert(const char *text)
{
	string_t *str = t_str_new(128);

	str_append(str, "* OK [ALERT] ");
	append_text(str, text);
	str_append(str, "\r\n");
	return str_c(str);
}

static void sieve_append_quoted(string_t *dest, const char *text)
{
	size_t start;

	str_append_c(dest, '"');
	start = str_len(dest);
	for (; *text != '\0'; text++) {
		size_t need = *text == '"' || *text == '\\' ? 2 : 1;

		if (str_len(dest) - start + need > SIEVE_QUOTED_MAX_LEN)
			break;
		if (need == 2)
			str_append_c(dest, '\\');
		append_text_char(dest, *text);
	}
	str_append_c(dest, '"');
}

const char *referral_reply_sieve(enum referral_reply reply, const char *url,
				 const char *text)
{
	string_t *str = t_str_new(256);

	str_append(str, reply_names[reply]);
	/* a URL that was cut would lead somewhere else */
	if (url != NULL && strlen(url) <= SIEVE_QUOTED_MAX_LEN) {
		str_append(str, " (REFERRAL ");
		sieve_append_quoted(str, url);
		str_append_c(str, ')');
	}
	str_append_c(str, ' ');
	sieve_append_quoted(str, *text != '\0' ? text :
			    REFERRAL_REPLY_DEFAULT_TEXT);
	str_append(str, "\r\n");
	return str_c(str);
}

const char *referral_reply_imap_capability(const char *resp_text)
{
	static const char prefix[] = "[CAPABILITY ";
	const char *end;

	if (strncasecmp(resp_text, prefix, strlen(prefix)) != 0)
		return NULL;
	resp_text += strlen(prefix);
	end = strchr(resp_text, ']');
	return end == NULL ? NULL : t_strdup_until(resp_text, end);
}

bool referral_reply_imap_has_code(const char *resp_text)
{
	static const char *const ours[] = { "CAPABILITY", "REFERRAL", NULL };

	return *resp_text == '[' &&
		!str_array_icase_find(ours,
			t_strcut(t_strcut(resp_text + 1, ']'), ' '));
}

/* The next line without its CRLF; NULL if there is no complete one. */
static const char *next_line(const char **input)
{
	const char *line = *input, *end = strstr(line, "\r\n");

	if (end == NULL)
		return NULL;
	*input = end + 2;
	return t_strdup_until(line, end);
}

bool referral_reply_imap_login(const char *input, const char *url,
			       const char *text, string_t *dest)
{
	static const char untagged[] = "* CAPABILITY ";
	const char *line, *tag, *capability = NULL, *tagged_capability;

	if ((line = next_line(&input)) == NULL)
		return FALSE;
	if (strncasecmp(line, untagged, strlen(untagged)) == 0) {
		capability = line + strlen(untagged);
		if ((line = next_line(&input)) == NULL)
			return FALSE;
	}
	tag = t_strcut(line, ' ');
	line += strlen(tag);
	if (*input != '\0' || *tag == '\0' || *tag == '*' || *tag == '+' ||
	    strncasecmp(line, " OK ", 4) != 0)
		return FALSE;
	tagged_capability = referral_reply_imap_capability(line + 4);
	if (tagged_capability != NULL)
		capability = tagged_capability;

	if (capability != NULL)
		str_printfa(dest, "%s%s\r\n", untagged, capability);
	str_append(dest, referral_reply_imap(REFERRAL_REPLY_OK, tag, url,
					     text));
	return TRUE;
}
