/* From a value of the directory to a host: see hostformat.h */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "mailhost.h"
#include "hostformat.h"

/* Newer Dovecots have macros of these names, which point to a library of theirs
   that others have not. */
#undef regcomp
#undef regexec
#include <regex.h>

#define FORMAT_VAR "%{value}"
#define FORMAT_DOMAIN "%{domain}"
/* Longer values are not matched: a path in Exchange has some 200. */
#define FORMAT_VALUE_MAX_LEN 1024
/* "+" in a regular expression: each may double the memory it takes */
#define FORMAT_MAX_REPEATED 8

struct format_rule {
	/* NULL: not one of those */
	regex_t *regex;
	/* NULL: none */
	const char *template;
	bool url;
};

struct referral_hostformat {
	ARRAY(struct format_rule) rules;
};

static bool is_host(const char *value)
{
	struct referral_host host;
	const char *error;

	return referral_mailhost_parse(pool_datastack_create(), value, &host,
				       &error) == 0;
}

/* Returns NULL if the user has no domain, or one that is no part of a host
   name. */
static const char *
template_expand(const char *template, const char *value, const char *domain)
{
	string_t *host = t_str_new(128);

	while (*template != '\0') {
		if (strncmp(template, FORMAT_VAR, strlen(FORMAT_VAR)) == 0) {
			str_append(host, value);
			template += strlen(FORMAT_VAR);
		} else if (strncmp(template, FORMAT_DOMAIN,
				   strlen(FORMAT_DOMAIN)) == 0) {
			/* it must not bring a port, or be an address */
			if (domain == NULL || *domain == '\0' ||
			    strpbrk(domain, ":[]") != NULL)
				return NULL;
			str_append(host, domain);
			template += strlen(FORMAT_DOMAIN);
		} else {
			str_append_c(host, *template++);
		}
	}
	return str_c(host);
}

/* Returns FALSE if str is no template that can make a host. */
static bool
rule_parse_template(pool_t pool, const char *str, struct format_rule *rule)
{
	if (strstr(str, FORMAT_VAR) == NULL)
		return FALSE;
	rule->template = p_strdup(pool, str);
	return is_host(template_expand(str, "x", "example.com"));
}

/* What could take any time, or any memory: glibc knows back-references beyond
   POSIX, and makes copies of what is repeated, also of the copies in it. */
static int rule_check_regex(const char *str, const char **error_r)
{
	unsigned int repeated = 0;

	for (; *str != '\0'; str++) {
		if (*str == '\\' && str[1] >= '1' && str[1] <= '9') {
			*error_r = "back-references are not supported";
			return -1;
		}
		if (*str == '\\' && str[1] != '\0')
			str++;
		else if (*str == '{') {
			*error_r = "counts in braces are not supported";
			return -1;
		} else if (*str == '+' && ++repeated > FORMAT_MAX_REPEATED) {
			*error_r = "too many \"+\" in a regular expression";
			return -1;
		}
	}
	return 0;
}

static int
rule_compile(const char *str, struct format_rule *rule, const char **error_r)
{
	char error[128];
	int ret;

	if (rule_check_regex(str, error_r) < 0)
		return -1;
	rule->regex = i_new(regex_t, 1);
	ret = regcomp(rule->regex, str, REG_EXTENDED | REG_ICASE);
	if (ret != 0) {
		(void)regerror(ret, rule->regex, error, sizeof(error));
		*error_r = t_strdup(error);
		i_free(rule->regex);
		return -1;
	}
	if (rule->regex->re_nsub != 1) {
		*error_r = "a regular expression needs one group, "
			"which is the host";
		return -1;
	}
	return 0;
}

/* "/RE/" or "/RE/TEMPLATE": a template has no slash */
static int
rule_parse_regex(pool_t pool, const char *str, struct format_rule *rule,
		 const char **error_r)
{
	const char *end = strrchr(str, '/');

	if (end == str) {
		*error_r = "missing \"/\" at the end of a regular expression";
		return -1;
	}
	if (end[1] != '\0' && !rule_parse_template(pool, end + 1, rule)) {
		*error_r = "what follows a regular expression has to make a "
			"host of "FORMAT_VAR;
		return -1;
	}
	return rule_compile(t_strdup_until(str + 1, end), rule, error_r);
}

static int
rule_parse(pool_t pool, const char *str, struct format_rule *rule,
	   const char **error_r)
{
	if (strcmp(str, "host") == 0)
		return 0;
	if (strcmp(str, "url") == 0) {
		rule->url = TRUE;
		return 0;
	}
	if (*str == '/')
		return rule_parse_regex(pool, str, rule, error_r);
	if (rule_parse_template(pool, str, rule))
		return 0;
	*error_r = "not host, url, /a regular expression/, or a template such "
		"as "FORMAT_VAR".example.com";
	return -1;
}

int referral_hostformat_create(pool_t pool, const char *str,
			       struct referral_hostformat **format_r,
			       const char **error_r)
{
	const char *const *strs = t_strsplit_spaces(str, " \t");
	struct referral_hostformat *format;
	const char *error;

	if (*strs == NULL) {
		*error_r = "no format is named";
		return -1;
	}
	format = p_new(pool, struct referral_hostformat, 1);
	p_array_init(&format->rules, pool, str_array_length(strs));
	for (; *strs != NULL; strs++) {
		struct format_rule *rule = array_append_space(&format->rules);

		if (rule_parse(pool, *strs, rule, &error) < 0) {
			*error_r = t_strdup_printf("%s: %s",
				referral_mailhost_sanitize(*strs), error);
			referral_hostformat_free(&format);
			return -1;
		}
	}
	*format_r = format;
	return 0;
}

void referral_hostformat_free(struct referral_hostformat **_format)
{
	struct referral_hostformat *format = *_format;
	struct format_rule *rule;

	*_format = NULL;
	if (format == NULL)
		return;
	array_foreach_modifiable(&format->rules, rule) {
		if (rule->regex == NULL)
			continue;
		regfree(rule->regex);
		i_free(rule->regex);
	}
}

/* RFC 5092: what follows the server is of no interest here. */
static const char *url_get_host(const char *value)
{
	const char *host, *end, *port;
	bool imaps = strncasecmp(value, "imaps://", 8) == 0;

	if (!imaps && strncasecmp(value, "imap://", 7) != 0)
		return NULL;
	host = value + (imaps ? 8 : 7);
	end = host + strcspn(host, "/?#");
	host = t_strdup_until(host, end);
	if (strchr(host, '@') != NULL)
		host = strrchr(host, '@') + 1;
	port = strrchr(host, ':');
	if (!imaps || (port != NULL && strchr(port, ']') == NULL))
		return host;
	return t_strdup_printf("%s:%u", host, REFERRAL_IMAPS_PORT);
}

static const char *regex_get_host(const regex_t *regex, const char *value)
{
	regmatch_t match[2];

	if (strnlen(value, FORMAT_VALUE_MAX_LEN + 1) > FORMAT_VALUE_MAX_LEN ||
	    regexec(regex, value, N_ELEMENTS(match), match, 0) != 0 ||
	    match[0].rm_so != 0 || value[match[0].rm_eo] != '\0' ||
	    match[1].rm_so < 0)
		return NULL;
	return t_strdup_until(value + match[1].rm_so, value + match[1].rm_eo);
}

static const char *
rule_apply(const struct format_rule *rule, const char *value,
	   const char *domain)
{
	const char *host = value;

	if (rule->url)
		return url_get_host(value);
	if (rule->regex != NULL)
		host = regex_get_host(rule->regex, value);
	if (rule->template == NULL || host == NULL)
		return host;
	/* what is more than a label has its domain already */
	if (rule->regex == NULL && strpbrk(host, ".:[]") != NULL)
		return NULL;
	return template_expand(rule->template, host, domain);
}

bool referral_hostformat_uses_domain(const struct referral_hostformat *format)
{
	const struct format_rule *rule;

	array_foreach(&format->rules, rule) {
		if (rule->template != NULL &&
		    strstr(rule->template, FORMAT_DOMAIN) != NULL)
			return TRUE;
	}
	return FALSE;
}

const char *referral_hostformat_apply(const struct referral_hostformat *format,
				      const char *value, const char *domain)
{
	const struct format_rule *rule;
	const char *host;

	array_foreach(&format->rules, rule) {
		host = rule_apply(rule, value, domain);
		if (host != NULL && is_host(host))
			return host;
	}
	return NULL;
}
