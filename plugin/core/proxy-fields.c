/* Split and check referral_proxy_fields. */

#include "lib.h"
#include "net.h"
#include "mailhost.h"
#include "proxy-fields.h"

static const struct proxy_field {
	const char *key;
	/* key is only how the field's name begins */
	bool prefix;
	bool needs_value;
} proxy_fields[] = {
	{ "port", FALSE, TRUE },
	{ "ssl", FALSE, TRUE },
	{ "starttls", FALSE, TRUE },
	{ "source_ip", FALSE, TRUE },
	{ "master", FALSE, TRUE },
	{ "pass", FALSE, TRUE },
	{ "proxy_mech", FALSE, TRUE },
	{ "proxy_timeout", FALSE, TRUE },
	{ "proxy_refresh", FALSE, TRUE },
	{ "proxy_host_immediate_failure_after", FALSE, TRUE },
	{ "proxy_nopipelining", FALSE, FALSE },
	{ "proxy_no_multiplex", FALSE, FALSE },
	{ "proxy_not_trusted", FALSE, FALSE },
	{ "forward_", TRUE, FALSE },
};

const char *const *referral_proxy_fields_split(const char *str)
{
	return t_strsplit_spaces(str, " \t");
}

static bool has_key(const char *const *fields, const char *key)
{
	size_t len = strlen(key);

	for (; *fields != NULL; fields++) {
		if (strncmp(*fields, key, len) == 0 && (*fields)[len] == '=')
			return TRUE;
	}
	return FALSE;
}

bool referral_proxy_fields_have_credentials(const char *str)
{
	return has_key(referral_proxy_fields_split(str), "pass");
}

static const struct proxy_field *find_field(const char *key)
{
	const struct proxy_field *field;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(proxy_fields); i++) {
		field = &proxy_fields[i];
		if (field->prefix ?
		    strncmp(key, field->key, strlen(field->key)) == 0 :
		    strcmp(key, field->key) == 0)
			return field;
	}
	return NULL;
}

/* Returns what is wrong with it, NULL if nothing. */
static const char *field_error(const char *str)
{
	const char *value = strchr(str, '=');
	const char *key = value == NULL ? str : t_strdup_until(str, value++);
	const struct proxy_field *field = find_field(key);
	in_port_t port;

	if (field == NULL && value == NULL) {
		/* It may be the rest of a password: do not show it. */
		return "a word is no known field (a value cannot hold spaces)";
	}
	if (field == NULL) {
		return t_strdup_printf("\"%s\" cannot be set here",
				       referral_mailhost_sanitize(key));
	}
	if (field->needs_value && (value == NULL || *value == '\0'))
		return t_strdup_printf("%s needs a value", key);
	if (strcmp(key, "port") == 0 && net_str2port(value, &port) < 0)
		return "port is not a number between 1 and 65535";
	return NULL;
}

int referral_proxy_fields_check(const char *str, const char **error_r)
{
	const char *const *fields = referral_proxy_fields_split(str);
	const char *error = NULL;
	unsigned int i;

	for (i = 0; fields[i] != NULL && error == NULL; i++)
		error = field_error(fields[i]);
	/* The master user's name with the user's own password opens nothing. */
	if (error == NULL && has_key(fields, "master") &&
	    !has_key(fields, "pass"))
		error = "master needs pass, the master user's password";
	if (error != NULL) {
		*error_r = t_strconcat("referral_proxy_fields: ", error, NULL);
		return -1;
	}
	return 0;
}
