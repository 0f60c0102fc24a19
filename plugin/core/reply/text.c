/* The human-readable text of a referral. */

#include "lib.h"
#include "str.h"
#include "mailhost.h"
#include "reply.h"
#include "text.h"

/* Append what the variable at *p ("%...") stands for and move *p behind it.
   Returns FALSE if there is no such variable. */
static bool
append_variable(string_t *dest, const char **p, const char *user,
		const char *host)
{
	const char *at = strchr(user, '@');
	const struct {
		const char *key, *value;
		bool lower;
	} vars[] = {
		{ "%{user}", user, FALSE },
		{ "%{user|lower}", user, TRUE },
		{ "%{username}", t_strcut(user, '@'), FALSE },
		{ "%{username|lower}", t_strcut(user, '@'), TRUE },
		{ "%{domain}", at == NULL ? "" : at + 1, FALSE },
		{ "%{domain|lower}", at == NULL ? "" : at + 1, TRUE },
		{ "%{host}", host, FALSE },
		{ "%%", "%", FALSE },
	};
	unsigned int i;
	size_t len;

	for (i = 0; i < N_ELEMENTS(vars); i++) {
		len = strlen(vars[i].key);
		if (strncmp(*p, vars[i].key, len) == 0) {
			str_append(dest, vars[i].lower ?
				   t_str_lcase(vars[i].value) : vars[i].value);
			*p += len;
			return TRUE;
		}
	}
	return FALSE;
}

const char *referral_text_expand(const char *text, const char *user,
				 const char *host)
{
	string_t *dest = t_str_new(128);

	while (*text != '\0') {
		if (*text != '%' || !append_variable(dest, &text, user, host))
			str_append_c(dest, *text++);
	}
	return str_c(dest);
}

int referral_text_check(const char *text, const char **error_r)
{
	string_t *dest = t_str_new(128);

	if (*text == '\0') {
		*error_r = "must not be empty";
		return -1;
	}
	if (*text == '[') {
		*error_r = "must not start with \"[\"";
		return -1;
	}
	while (*text != '\0') {
		if (!referral_reply_is_text_char(*text)) {
			*error_r = "only printable US-ASCII is allowed";
			return -1;
		}
		if (*text != '%')
			text++;
		else if (!append_variable(dest, &text, "", "")) {
			*error_r = t_strdup_printf(
				"unknown variable at \"%s\" "
				"(known: %%{user}, %%{username}, %%{domain}, "
				"each with |lower, %%{host}, %%%%)",
				referral_mailhost_sanitize(text));
			return -1;
		}
	}
	return 0;
}
