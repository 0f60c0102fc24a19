/* Checks at start what sessions will be proxied with. */

#include "auth-common.h"
#include "array.h"
#include "str.h"
#include "auth.h"
#include "policy.h"
#include "proxy-fields.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-check-proxying.h"

static bool
referral_may_proxy_logins(const struct referral_auth_protocol *protocol)
{
	return protocol->policy != NULL &&
		referral_protocol_has_logins(protocol->name) &&
		referral_policy_may_proxy(protocol->policy);
}

static void referral_add_name(string_t *names, const char *name)
{
	if (str_len(names) > 0)
		str_append(names, ", ");
	str_append(names, name);
}

static void
referral_check_encryption(const struct referral_auth_config *config)
{
	string_t *names = t_str_new(64);
	struct referral_auth_protocol *protocol;

	array_foreach_elem(&config->protocols, protocol) {
		if (referral_may_proxy_logins(protocol) &&
		    !protocol->proxy_tls &&
		    !referral_proxy_fields_mean_plaintext(
			protocol->proxy_fields))
			referral_add_name(names, protocol->name);
	}
	if (str_len(names) == 0)
		return;
	e_warning(config->event, "proxied sessions have no TLS, so passwords "
		  "can be read on the way: set starttls=yes or ssl=yes in "
		  "referral_proxy_fields, or ssl=no if that is meant "
		  "(protocol %s)", str_c(names));
}

/* The mechanisms of protocol, or of all. */
static const struct auth *referral_auth_find(const char *protocol)
{
	const struct auth *found = NULL;
	struct auth *auth;
	const char *name;

	array_foreach_elem(&auths, auth) {
		name = referral_compat_auth_protocol(auth);
		if (name == NULL ? found == NULL : strcmp(name, protocol) == 0)
			found = auth;
	}
	return found;
}

/* Returns "" if there are none. */
static const char *
referral_mechs_without_secret(const struct referral_auth_protocol *protocol)
{
	const struct auth *auth = referral_auth_find(protocol->name);
	string_t *names = t_str_new(64);
	const char *const *mechs;

	if (auth == NULL || protocol->proxy_credentials ||
	    !referral_may_proxy_logins(protocol))
		return "";
	for (mechs = referral_compat_auth_mechanisms(auth); *mechs != NULL;
	     mechs++) {
		if (!referral_mech_leaves_secret(*mechs) &&
		    /* gets no decision */
		    strcasecmp(*mechs, "ANONYMOUS") != 0)
			referral_add_name(names, t_str_ucase(*mechs));
	}
	return str_c(names);
}

/* Clients choose these by themselves where they are announced. */
static void
referral_check_mechanisms(const struct referral_auth_config *config)
{
	string_t *names = t_str_new(64);
	struct referral_auth_protocol *protocol;
	const char *mechs, *all_mechs = "";

	array_foreach_elem(&config->protocols, protocol) {
		mechs = referral_mechs_without_secret(protocol);
		if (*mechs == '\0')
			continue;
		if (strlen(mechs) > strlen(all_mechs))
			all_mechs = mechs;
		referral_add_name(names, protocol->name);
	}
	if (*all_mechs == '\0')
		return;
	e_warning(config->event, "%s leave no password to proxy with: clients "
		  "that use them are referred in place of an offer, else "
		  "refused. Take them out of auth_mechanisms, or set master= "
		  "and pass= in referral_proxy_fields (protocol %s)",
		  all_mechs, str_c(names));
}

void referral_auth_check_proxying(const struct referral_auth_config *config)
{
	T_BEGIN {
		referral_check_encryption(config);
		referral_check_mechanisms(config);
	} T_END;
}
