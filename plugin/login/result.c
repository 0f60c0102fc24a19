/* What auth says of a login */

#include "login-private.h"
#include "compat-login.h"

/* The login that has this result: was its password right? What auth says of a
   session in the end, long after, counts as no success here. */
static bool result_is_success(struct client *client,
			     enum client_auth_result result)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);
	/* a proxy that is sent elsewhere asks auth again on its own */
	bool success = client->auth_successes != rclient->auth_successes ||
		client->login_proxy != NULL;

	if (client->auth_successes != rclient->auth_successes &&
	    (result == CLIENT_AUTH_RESULT_REFERRAL_NOLOGIN ||
	     result == CLIENT_AUTH_RESULT_LOGIN_DISABLED))
		referral_compat_client_login_refused(client);
	rclient->auth_successes = client->auth_successes;
	return success;
}

/* A client that has been referred may stay, and try something else. */
static void result_set_referred(struct client *client, bool referred)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	if (rclient->referred != referred) {
		referral_compat_client_set_reason_complete(client, referred);
		rclient->referred = referred;
	}
}

void referral_login_auth_result(struct client *client,
				enum client_auth_result result,
				const struct client_auth_reply *reply,
				const char *text)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);
	bool success = result_is_success(client, result);

	result_set_referred(client, success &&
			   result == CLIENT_AUTH_RESULT_REFERRAL_NOLOGIN);
	if (result == CLIENT_AUTH_RESULT_SUCCESS && client->login_proxy == NULL)
		referral_login_drain_at_home(client);
	if (result != CLIENT_AUTH_RESULT_REFERRAL_NOLOGIN) {
		text = referral_login_refuse(client, result, reply, success,
					     text);
		rclient->module_ctx.super.auth_result(client, result, reply,
						      text);
	} else if (success) {
		referral_login_refer(client, reply);
	} else if (reply->fail_code == CLIENT_AUTH_FAIL_CODE_TEMPFAIL) {
		/* Dovecot refers a failed login as well, if a passdb has set
		   "host" before it saw that the password is wrong: RFC 2221
		   section 6 */
		rclient->module_ctx.super.auth_result(client,
			CLIENT_AUTH_RESULT_TEMPFAIL, reply,
			AUTH_TEMP_FAILED_MSG);
	} else {
		rclient->module_ctx.super.auth_result(client,
			CLIENT_AUTH_RESULT_AUTHFAILED, reply, AUTH_FAILED_MSG);
	}
}
