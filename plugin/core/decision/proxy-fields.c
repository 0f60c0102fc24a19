/* Split and check referral_proxy_fields. */

#include "lib.h"
#include "array.h"
#include "net.h"
#include "strnum.h"
#include "dsasl-client.h"
#include "mailhost.h"
#include "args.h"
#include "str.h"
#include "template.h"
#include "proxy-fields.h"

#include <ctype.h>

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

/* Dovecot's login process of 2.3 dies of one that it has not. */
static const char *check_mech(const char *value)
{
	bool known;

	dsasl_clients_init();
	known = dsasl_client_mech_find(value) != NULL;
	dsasl_clients_deinit();
	return known ? NULL :
		"is not a mechanism that this Dovecot can log in with";
}

static const struct proxy_field {
	const char *key;
	/* key is only how the field's name begins */
	bool prefix;
	bool needs_value;
	/* its value is a template */
	bool expands;
	value_check_t *check;
} proxy_fields[] = {
	{ "port", FALSE, TRUE, FALSE, check_port },
	{ "ssl", FALSE, TRUE, FALSE, NULL },
	{ "starttls", FALSE, TRUE, FALSE, NULL },
	{ "source_ip", FALSE, TRUE, FALSE, check_ip },
	{ "master", FALSE, TRUE, TRUE, NULL },
	{ "pass", FALSE, TRUE, FALSE, NULL },
	{ "proxy_mech", FALSE, TRUE, FALSE, check_mech },
	{ "proxy_timeout", FALSE, TRUE, FALSE, check_secs },
	{ "proxy_refresh", FALSE, TRUE, FALSE, check_secs },
	{ "proxy_host_immediate_failure_after", FALSE, TRUE, FALSE,
	  check_interval },
	{ "proxy_nopipelining", FALSE, FALSE, FALSE, NULL },
	{ "proxy_no_multiplex", FALSE, FALSE, FALSE, NULL },
	{ "proxy_not_trusted", FALSE, FALSE, FALSE, NULL },
	{ "forward_", TRUE, FALSE, TRUE, NULL },
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

bool referral_mech_leaves_token(const char *mech_name)
{
	return strcasecmp(mech_name, "OAUTHBEARER") == 0 ||
		strcasecmp(mech_name, "XOAUTH2") == 0;
}

bool referral_mech_leaves_secret(const char *mech_name)
{
	return referral_mech_leaves_token(mech_name) ||
		strcasecmp(mech_name, "PLAIN") == 0 ||
		strcasecmp(mech_name, "LOGIN") == 0;
}

static bool have_tls(const char *const *fields, const char *key)
{
	const char *value = referral_args_find(fields, key);

	return value != NULL && strcmp(value, "no") != 0;
}

bool referral_proxy_fields_have_tls(const char *const *fields)
{
	return have_tls(fields, "ssl") || have_tls(fields, "starttls");
}

bool referral_proxy_fields_mean_plaintext(const char *const *fields)
{
	return !referral_proxy_fields_have_tls(fields) &&
		(referral_args_find(fields, "ssl") != NULL ||
		 referral_args_find(fields, "starttls") != NULL);
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
		return have_tls(fields, "ssl") && !have_tls(fields, "starttls") ?
			proxy_protocols[i].ssl_port : proxy_protocols[i].port;
	}
	return 0;
}

static bool is_field(const char *field, const char *key)
{
	size_t len = strlen(key);

	return strncmp(field, key, len) == 0 &&
		(field[len] == '\0' || field[len] == '=');
}

static bool is_imap_port(const char *value)
{
	in_port_t port;

	return net_str2port(value, &port) == 0 &&
		(port == REFERRAL_IMAP_PORT || port == REFERRAL_IMAPS_PORT);
}

const char *const *
referral_proxy_fields_for(const char *const *fields, const char *protocol,
			  const struct referral_host *home)
{
	bool imap = strcmp(protocol, "imap") == 0;
	bool imaps = imap && home->port == REFERRAL_IMAPS_PORT;
	bool port = home->port != 0 && home->port != REFERRAL_IMAP_PORT;
	const char *tls = "yes", *field, *value;
	ARRAY_TYPE(const_string) out;

	t_array_init(&out, 16);
	for (; *fields != NULL; fields++) {
		if (is_field(*fields, "port") &&
		    (port || (!imap && is_imap_port(*fields + 5))))
			continue;
		if (is_field(*fields, "ssl") || is_field(*fields, "starttls")) {
			value = strchr(*fields, '=') + 1;
			if (strcmp(value, "no") == 0)
				continue;
			if (imaps) {
				tls = value;
				continue;
			}
		}
		array_push_back(&out, fields);
	}
	if (port) {
		field = t_strdup_printf("port=%u", home->port);
		array_push_back(&out, &field);
	}
	if (imaps) {
		field = t_strconcat("ssl=", tls, NULL);
		array_push_back(&out, &field);
	}
	array_append_zero(&out);
	return array_front(&out);
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

static const char *check_template(const char *value)
{
	struct referral_template *template;
	const char *error;

	return referral_template_create(pool_datastack_create(), value,
					REFERRAL_TEMPLATE_ESCAPE_NONE,
					&template, &error) < 0 ? error : NULL;
}

static const char *
field_expand(const char *str, const struct referral_user *user)
{
	const char *value = strchr(str, '='), *error;
	const struct proxy_field *field;
	struct referral_template *template;
	string_t *dest;

	if (value == NULL || strchr(value, '%') == NULL)
		return str;
	field = find_field(t_strdup_until(str, value++));
	if (field == NULL || !field->expands)
		return str;
	if (referral_template_create(pool_datastack_create(), value,
				     REFERRAL_TEMPLATE_ESCAPE_NONE,
				     &template, &error) < 0) {
		/* it has been checked */
		i_unreached();
	}
	dest = t_str_new(128);
	str_append_data(dest, str, value - str);
	referral_template_expand(template, user, dest);
	return str_c(dest);
}

const char *const *
referral_proxy_fields_expand(const char *const *fields,
			     const struct referral_user *user)
{
	unsigned int i, count = str_array_length(fields);
	const char **expanded = t_new(const char *, count + 1);

	for (i = 0; i < count; i++)
		expanded[i] = field_expand(fields[i], user);
	return expanded;
}

/* What a passdb would expand, and we don't. Only in a password may a % be just
   that. */
static bool has_variable(const struct proxy_field *field, const char *value)
{
	const char *p;

	for (p = strchr(value, '%'); p != NULL; p = strchr(p + 1, '%')) {
		if (p[1] == '{' || (i_isalpha(p[1]) &&
				    strcmp(field->key, "pass") != 0))
			return TRUE;
	}
	return FALSE;
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
	if (field->needs_value && (value == NULL || *value == '\0')) {
		return t_strdup_printf("%s needs a value",
				       referral_mailhost_sanitize(key));
	}
	if (value != NULL && field->expands)
		error = check_template(value);
	else if (value != NULL && has_variable(field, value))
		error = "is the same for all users: it can hold no variable";
	else
		error = field->check == NULL ? NULL : field->check(value);
	return error == NULL ? NULL : t_strdup_printf("%s %s",
		referral_mailhost_sanitize(key), error);
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
