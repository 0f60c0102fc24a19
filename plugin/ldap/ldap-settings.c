/* Settings of servers and connections: see ldap-settings.h */

#include "lib.h"
#include "array.h"
#include "sasl.h"
#include "compat-ssl.h"
#include "referral-settings.h"
#include "ldap-tls.h"
#include "ldap-settings.h"

/* When the next server is tried as well, however long the timeout is: one that
   has not become ready, one that does not answer. */
#define STAGGER_MAX_MSECS 250
#define SUSPECT_MAX_MSECS 400

static int
settings_get_deref(const char *name, int *deref_r, const char **error_r)
{
	/* the index is LDAP_DEREF_* */
	static const char *const names[] = {
		"never", "searching", "finding", "always"
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		if (strcmp(names[i], name) == 0) {
			*deref_r = i;
			return 0;
		}
	}
	*error_r = t_strdup_printf("referral_ldap_deref: unknown '%s'", name);
	return -1;
}

static bool
settings_need_tls(const struct referral_directory_settings *set,
		  const ARRAY_TYPE(referral_ldap_uri) *uris)
{
	const struct referral_ldap_uri *uri;

	array_foreach(uris, uri) {
		switch (uri->scheme) {
		case REFERRAL_LDAP_SCHEME_LDAPS:
			return TRUE;
		case REFERRAL_LDAP_SCHEME_LDAP:
			if (set->referral_ldap_starttls)
				return TRUE;
			break;
		case REFERRAL_LDAP_SCHEME_LDAPI:
			break;
		}
	}
	return FALSE;
}

/* A file's last line has an end, the password in it has not. */
static const char *settings_dup_password(pool_t pool, const char *password)
{
	size_t len = strlen(password);

	while (len > 0 && (password[len-1] == '\n' || password[len-1] == '\r'))
		len--;
	return p_strndup(pool, password, len);
}

static int
settings_init_auth(pool_t pool,
		   const struct referral_directory_settings *set,
		   struct referral_ldap_conn_settings *conn_set,
		   const char **error_r)
{
	const char *mechanism = set->referral_ldap_sasl_mechanism, *error;

	conn_set->auth_dn = p_strdup(pool, set->referral_ldap_auth_dn);
	conn_set->auth_dn_password = settings_dup_password(pool,
		set->referral_ldap_auth_dn_password);
	/* as the server knows it */
	conn_set->sasl_mechanism = p_strdup(pool, t_str_ucase(mechanism));

	if (*mechanism != '\0' &&
	    referral_sasl_mechanism_check(mechanism, &conn_set->sasl_password,
					  &error) < 0) {
		*error_r = t_strdup_printf("referral_ldap_sasl_mechanism: %s",
					   error);
		return -1;
	}
	/* RFC 4513 section 5.1.2: servers take a name without a password for
	   anonymous, and the administrator would wonder. */
	if (*mechanism == '\0' && *conn_set->auth_dn != '\0' &&
	    *conn_set->auth_dn_password == '\0') {
		*error_r = "referral_ldap_auth_dn_password: "
			"referral_ldap_auth_dn needs one";
		return -1;
	}
	return 0;
}

int referral_ldap_settings_init(pool_t pool,
				const struct referral_directory_settings *set,
				const char *dns_client_socket_path,
				struct referral_ldap_servers_settings *set_r,
				const char **error_r)
{
	struct referral_ldap_conn_settings *conn_set = &set_r->conn;
	unsigned int timeout = set->referral_ldap_timeout;

	i_zero(set_r);
	set_r->stagger_msecs = I_MIN(timeout / 8, STAGGER_MAX_MSECS);

	conn_set->starttls = set->referral_ldap_starttls;
	conn_set->dns_client_socket_path =
		p_strdup(pool, dns_client_socket_path);
	conn_set->phase_msecs = set->referral_ldap_connect_timeout;
	conn_set->suspect_msecs = I_MAX(I_MIN(timeout / 5, SUSPECT_MAX_MSECS),
					1);
	conn_set->stall_msecs = timeout;
	conn_set->time_limit_secs = I_MAX((timeout + 999) / 1000, 1);
	if (settings_get_deref(set->referral_ldap_deref, &conn_set->deref,
			       error_r) < 0)
		return -1;
	if (settings_init_auth(pool, set, conn_set, error_r) < 0)
		return -1;

	p_array_init(&set_r->uris, pool, 4);
	if (referral_ldap_uris_parse(pool, set->referral_ldap_uris, &set_r->uris,
				     error_r) < 0)
		return -1;
	if (array_count(&set_r->uris) == 0) {
		*error_r = "referral_ldap_uris: no server is named";
		return -1;
	}
	if (!settings_need_tls(set, &set_r->uris))
		return 0;
	conn_set->tls_limited = referral_ldap_tls_is_limited(set);
	return referral_ldap_tls_init(set, &conn_set->ssl_ctx, error_r);
}

void referral_ldap_settings_deinit(struct referral_ldap_servers_settings *set)
{
	if (set->conn.ssl_ctx != NULL)
		referral_ssl_context_destroy(&set->conn.ssl_ctx);
}
