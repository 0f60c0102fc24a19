/* The bind: who we are (RFC 4511 section 4.2, RFC 4513 section 5). */

#include "lib.h"
#include "sasl.h"
#include "ldap-conn-private.h"

static bool conn_binds_simply(const struct referral_ldap_conn *conn)
{
	return *conn->set->sasl_mechanism == '\0';
}

static void
conn_bind_send(struct referral_ldap_conn *conn, const char *dn,
	       const char *mechanism, const void *data, size_t size)
{
	struct berval cred = {
		.bv_len = size,
		.bv_val = (char *)data,
	};
	int ret;

	ret = ldap_sasl_bind(conn->ld, dn, mechanism, &cred, NULL, NULL,
			     &conn->phase_msgid);
	if (ret != LDAP_SUCCESS) {
		referral_ldap_conn_phase_fail(conn,
			REFERRAL_SERVER_UNREACHABLE, ldap_err2string(ret),
			NULL);
		return;
	}
	referral_ldap_conn_sent(conn);
}

/* What we have to say is no secret's fault: the server is not to be trusted, or
   asks for what we don't do. */
static void
conn_bind_fail_sasl(struct referral_ldap_conn *conn, const char *error)
{
	referral_ldap_conn_phase_fail(conn, REFERRAL_SERVER_UNUSABLE, error,
				      "referral_ldap_sasl_mechanism");
}

static void conn_bind_sasl(struct referral_ldap_conn *conn)
{
	const struct referral_ldap_conn_settings *set = conn->set;
	const unsigned char *response;
	const char *error;
	size_t size;

	conn->sasl = referral_sasl_client_init(set->sasl_mechanism,
					       set->auth_dn,
					       set->auth_dn_password);
	if (referral_sasl_client_start(conn->sasl, &response, &size,
				       &error) < 0)
		conn_bind_fail_sasl(conn, error);
	else {
		conn_bind_send(conn, NULL, set->sasl_mechanism, response,
			       size);
	}
}

void referral_ldap_conn_bind(struct referral_ldap_conn *conn)
{
	const struct referral_ldap_conn_settings *set = conn->set;

	referral_ldap_conn_set_state(conn, REFERRAL_LDAP_CONN_BINDING);
	if (conn_binds_simply(conn)) {
		conn_bind_send(conn, set->auth_dn, LDAP_SASL_SIMPLE,
			       set->auth_dn_password,
			       strlen(set->auth_dn_password));
	} else if (set->sasl_password) {
		conn_bind_sasl(conn);
	} else {
		/* RFC 4422 appendix A: EXTERNAL's initial response is an
		   authorization identity. An empty one asks for the one that
		   belongs to the credentials; without any the server would
		   send a challenge. */
		conn_bind_send(conn, NULL, set->sasl_mechanism, "", 0);
	}
}

/* Is it the server or our connection to it, not who we say we are? */
static bool
bind_code_is_server(int code, enum referral_server_failure *failure_r,
		    const char **setting_r)
{
	*failure_r = REFERRAL_SERVER_UNUSABLE;
	switch (code) {
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
	case LDAP_TIMELIMIT_EXCEEDED:
	case LDAP_OTHER:
		*failure_r = REFERRAL_SERVER_UNREACHABLE;
		*setting_r = NULL;
		return TRUE;
	case LDAP_CONFIDENTIALITY_REQUIRED:
	case LDAP_STRONG_AUTH_REQUIRED:
		*setting_r = "referral_ldap_starttls";
		return TRUE;
	case LDAP_UNWILLING_TO_PERFORM:
		/* 389-ds: a connection that is too weak, or an account that is
		   locked */
		*setting_r = "referral_ldap_starttls and referral_ldap_auth_dn";
		return TRUE;
	default:
		*setting_r = "the directory server";
		return TRUE;
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_CONSTRAINT_VIOLATION:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_AUTH_METHOD_NOT_SUPPORTED:
		break;
	}
	return FALSE;
}

/* Only what may count as a wrong password is tried so rarely. */
static void
conn_get_bind_failure(const struct referral_ldap_conn *conn, int code,
		      enum referral_server_failure *failure_r,
		      const char **setting_r)
{
	if (bind_code_is_server(code, failure_r, setting_r))
		return;
	switch (code) {
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_NO_SUCH_OBJECT:
	case LDAP_INSUFFICIENT_ACCESS:
		*setting_r = "referral_ldap_auth_dn";
		return;
	case LDAP_AUTH_METHOD_NOT_SUPPORTED:
		*setting_r = "referral_ldap_sasl_mechanism";
		return;
	default:
		break;
	}
	*failure_r = REFERRAL_SERVER_CREDENTIALS;
	if (conn_binds_simply(conn) && *conn->set->auth_dn == '\0')
		*setting_r = "referral_ldap_auth_dn";
	else if (!conn_binds_simply(conn) && !conn->set->sasl_password)
		*setting_r = "referral_ldap_sasl_mechanism";
	else
		*setting_r = "referral_ldap_auth_dn_password";
}

static void
conn_bind_fail(struct referral_ldap_conn *conn, int code, const char *error)
{
	enum referral_server_failure failure;
	const char *setting;

	conn_get_bind_failure(conn, code, &failure, &setting);
	referral_ldap_conn_phase_fail(conn, failure, error, setting);
}

static void
conn_bind_challenge(struct referral_ldap_conn *conn, const struct berval *data)
{
	const unsigned char *response;
	const char *error;
	size_t size;

	if (referral_sasl_client_challenge(conn->sasl,
			data == NULL ? uchar_empty_ptr :
			(const unsigned char *)data->bv_val,
			data == NULL ? 0 : data->bv_len,
			&response, &size, &error) < 0) {
		conn_bind_fail_sasl(conn, t_strdup_printf(
			"the server's challenge: %s", error));
		return;
	}
	conn_bind_send(conn, NULL, conn->set->sasl_mechanism, response, size);
}

static void
conn_bind_succeed(struct referral_ldap_conn *conn, const struct berval *data)
{
	const char *error;

	if (conn->sasl != NULL &&
	    referral_sasl_client_success(conn->sasl,
			data == NULL ? NULL :
			(const unsigned char *)data->bv_val,
			data == NULL ? 0 : data->bv_len, &error) < 0) {
		conn_bind_fail_sasl(conn, error);
		return;
	}
	referral_sasl_client_deinit(&conn->sasl);
	referral_ldap_conn_set_ready(conn);
}

void referral_ldap_conn_bind_message(struct referral_ldap_conn *conn,
				     LDAPMessage *msg)
{
	struct berval *data = NULL;
	char *diagnostic = NULL;
	int ret, code = LDAP_OTHER;

	ret = ldap_parse_result(conn->ld, msg, &code, NULL, &diagnostic,
				NULL, NULL, 0);
	if (ret != LDAP_SUCCESS)
		code = ret;
	else if (conn->sasl != NULL &&
		 (code == LDAP_SUCCESS || code == LDAP_SASL_BIND_IN_PROGRESS) &&
		 (ret = ldap_parse_sasl_bind_result(conn->ld, msg, &data,
						    0)) != LDAP_SUCCESS &&
		 ret != LDAP_SASL_BIND_IN_PROGRESS)
		code = ret;

	if (code == LDAP_SUCCESS)
		conn_bind_succeed(conn, data);
	else if (code == LDAP_SASL_BIND_IN_PROGRESS && conn->sasl != NULL)
		conn_bind_challenge(conn, data);
	else {
		conn_bind_fail(conn, code,
			       referral_ldap_strerror(code, diagnostic));
	}
	ldap_memfree(diagnostic);
	ber_bvfree(data);
}
