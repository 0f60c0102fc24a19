/* Settings of servers and connections: see ldap-settings.h */

#include "lib.h"
#include "array.h"
#include "compat-ssl.h"
#include "ldap-tls.h"
#include "ldap-settings.h"

static bool
settings_need_tls(const struct referral_ldap_client_settings *set,
		  const ARRAY_TYPE(referral_ldap_uri) *uris)
{
	const struct referral_ldap_uri *uri;

	array_foreach(uris, uri) {
		switch (uri->scheme) {
		case REFERRAL_LDAP_SCHEME_LDAPS:
			return TRUE;
		case REFERRAL_LDAP_SCHEME_LDAP:
			if (set->starttls)
				return TRUE;
			break;
		case REFERRAL_LDAP_SCHEME_LDAPI:
			break;
		}
	}
	return FALSE;
}

static int
settings_init_auth(pool_t pool,
		   const struct referral_ldap_client_settings *set,
		   struct referral_ldap_conn_settings *conn_set,
		   const char **error_r)
{
	conn_set->auth_dn = p_strdup(pool, set->auth_dn);
	conn_set->auth_dn_password = p_strdup(pool, set->auth_dn_password);
	conn_set->sasl_mechanism = p_strdup(pool, set->sasl_mechanism);

	if (*set->sasl_mechanism != '\0' &&
	    strcasecmp(set->sasl_mechanism, "EXTERNAL") != 0) {
		*error_r = t_strdup_printf("referral_ldap_sasl_mechanism: "
			"%s is not supported (use EXTERNAL, or leave it empty)",
			set->sasl_mechanism);
		return -1;
	}
	/* RFC 4513 section 5.1.2: servers take a name without a password for
	   anonymous, and the administrator would wonder. */
	if (*set->sasl_mechanism == '\0' && *set->auth_dn != '\0' &&
	    *set->auth_dn_password == '\0') {
		*error_r = "referral_ldap_auth_dn_password: "
			"referral_ldap_auth_dn needs one";
		return -1;
	}
	return 0;
}

int referral_ldap_settings_init(pool_t pool,
				const struct referral_ldap_client_settings *set,
				struct referral_ldap_servers_settings *set_r,
				const char **error_r)
{
	struct referral_ldap_conn_settings *conn_set = &set_r->conn;

	i_zero(set_r);
	set_r->timeout_msecs = set->timeout_msecs;
	set_r->stagger_msecs = set->timeout_msecs / 8;

	conn_set->starttls = set->starttls;
	conn_set->dns_client_socket_path =
		p_strdup(pool, set->dns_client_socket_path);
	conn_set->phase_msecs = set->connect_timeout_msecs;
	/* 400 and 800 ms of 2 s, 250 ms of them to become ready */
	conn_set->suspect_msecs = I_MAX(set->timeout_msecs / 5, 1);
	conn_set->stall_msecs = 2 * conn_set->suspect_msecs;
	conn_set->time_limit_secs = I_MAX((set->timeout_msecs + 999) / 1000, 1);
	if (settings_init_auth(pool, set, conn_set, error_r) < 0)
		return -1;

	p_array_init(&set_r->uris, pool, 4);
	if (referral_ldap_uris_parse(pool, set->uris, &set_r->uris,
				     error_r) < 0)
		return -1;
	if (array_count(&set_r->uris) == 0) {
		*error_r = "referral_ldap_uris: no server is named";
		return -1;
	}
	if (!settings_need_tls(set, &set_r->uris))
		return 0;
	return referral_ldap_tls_init(set, &conn_set->ssl_ctx, error_r);
}

void referral_ldap_settings_deinit(struct referral_ldap_servers_settings *set)
{
	if (set->conn.ssl_ctx != NULL)
		referral_ssl_context_destroy(&set->conn.ssl_ctx);
}
