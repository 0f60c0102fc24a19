/* Split and check referral_proxy_fields. */

#include "lib.h"
#include "net.h"
#include "strnum.h"
#include "mailhost.h"
#include "args.h"
#include "proxy-fields.h"

#define MAX_PROXY_SECS (24*60*60)

/* Whoever reads the fields later has no good answer to a value that it can't
   read: LMTP of Dovecot 2.3 delivers the mail here, a login of 2.4 fails. So
   values are checked, each to what all of them understand. Returns what is
   wrong, NULL if nothing. */
typedef const char *value_check_t(const char *value);

static const char *check_port(const char *value)
{
	in_port_t port;

	return net_str2port(value, &port) == 0 ? NULL :
		"is not a number between 1 and 65535";
}

static const char *check_ip(const char *value)
{
	struct ip_addr ip;

	return net_addr2ip(value, &ip) == 0 ? NULL : "is not an IP address";
}

/* LMTP of 2.3 knows no units, and is killed by 0. */
static const char *check_secs(const char *value)
{
	unsigned int secs;

	return str_to_uint(value, &secs) == 0 && secs > 0 &&
		secs <= MAX_PROXY_SECS ? NULL :
		"is not a number of seconds, without a unit, up to a day";
}

/* This one wants a unit. */
static const char *check_interval(const char *value)
{
	static const char *const units[] = {
		"secs", "seconds", "mins", "minutes", "hours", "days"
	};
	const char *unit;
	unsigned int i, num;

	if (str_parse_uint(value, &num, &unit) == 0 && *unit != '\0') {
		for (i = 0; i < N_ELEMENTS(units); i++) {
			if (strncmp(unit, units[i], strlen(unit)) == 0)
				return NULL;
		}
	}
	return "is not a time like 30s or 5min";
}

static const struct proxy_field {
	const char *key;
	/* key is only how the field's name begins */
	bool prefix;
	bool needs_value;
	value_check_t *check;
} proxy_fields[] = {
	{ "port", FALSE, TRUE, check_port },
	{ "ssl", FALSE, TRUE, NULL },
	{ "starttls", FALSE, TRUE, NULL },
	{ "source_ip", FALSE, TRUE, check_ip },
	{ "master", FALSE, TRUE, NULL },
	{ "pass", FALSE, TRUE, NULL },
	{ "proxy_mech", FALSE, TRUE, NULL },
	{ "proxy_timeout", FALSE, TRUE, check_secs },
	{ "proxy_refresh", FALSE, TRUE, check_secs },
	{ "proxy_host_immediate_failure_after", FALSE, TRUE, check_interval },
	{ "proxy_nopipelining", FALSE, FALSE, NULL },
	{ "proxy_no_multiplex", FALSE, FALSE, NULL },
	{ "proxy_not_trusted", FALSE, FALSE, NULL },
	{ "forward_", TRUE, FALSE, NULL },
};

/* Dovecot's login_binary: default_port and default_ssl_port */
static const struct proxy_protocol {
	const char *name;
	in_port_t port, ssl_port;
} proxy_protocols[] = {
	{ "imap", REFERRAL_IMAP_PORT, REFERRAL_IMAPS_PORT },
	{ "pop3", 110, 995 },
	{ "sieve", REFERRAL_SIEVE_PORT, REFERRAL_SIEVE_PORT },
	{ "submission", 587, 587 },
};

const char *const *referral_proxy_fields_split(const char *str)
{
	return t_strsplit_spaces(str, " \t");
}

bool referral_proxy_fields_have_credentials(const char *const *fields)
{
	return referral_args_find(fields, "pass") != NULL;
}

in_port_t referral_proxy_fields_port(const char *const *fields,
				     const char *protocol)
{
	const char *value = referral_args_find(fields, "port");
	in_port_t port;
	unsigned int i;

	if (value != NULL && net_str2port(value, &port) == 0)
		return port;
	for (i = 0; i < N_ELEMENTS(proxy_protocols); i++) {
		if (strcmp(proxy_protocols[i].name, protocol) != 0)
			continue;
		return referral_args_find(fields, "ssl") != NULL &&
			referral_args_find(fields, "starttls") == NULL ?
			proxy_protocols[i].ssl_port : proxy_protocols[i].port;
	}
	return 0;
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
	const char *error;

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
	error = field->check == NULL ? NULL : field->check(value);
	return error == NULL ? NULL : t_strdup_printf("%s %s", key, error);
}

int referral_proxy_fields_check(const char *str, const char **error_r)
{
	const char *const *fields = referral_proxy_fields_split(str);
	const char *error = NULL;
	unsigned int i;

	for (i = 0; fields[i] != NULL && error == NULL; i++)
		error = field_error(fields[i]);
	/* The master user's name with the user's own password opens nothing. */
	if (error == NULL &&
	    referral_args_find(fields, "master") != NULL &&
	    !referral_proxy_fields_have_credentials(fields))
		error = "master needs pass, the master user's password";
	if (error != NULL) {
		*error_r = t_strconcat("referral_proxy_fields: ", error, NULL);
		return -1;
	}
	return 0;
}
