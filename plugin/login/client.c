/* The vfuncs that ask first whether a client may stay */

#include "login-private.h"
#include "referral-fields.h"
#include "compat-login.h"

static bool is_closing(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	return rclient->close_reason != NULL;
}

void referral_login_notify_auth_ready(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	if (!is_closing(client))
		referral_login_drain(client);
	if (is_closing(client))
		return;
	if (referral_compat_client_is_trusted(client)) {
		client_add_forward_field(client, REFERRAL_FORWARD_TRUSTED,
					 "yes");
	}
	rclient->module_ctx.super.notify_auth_ready(client);
}

void referral_login_input(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	/* Before the greeting Dovecot only fills its buffer, and disconnects
	   when that is full: a client that is to go needs not wait for auth. */
	if (!is_closing(client) && !client->notified_auth_ready)
		referral_login_drain(client);
	if (is_closing(client))
		referral_login_close_input(client);
	else
		rclient->module_ctx.super.input(client);
}

void referral_login_destroy(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	referral_login_close_abort(client);
	if (rclient->module_ctx.super.destroy != NULL)
		rclient->module_ctx.super.destroy(client);
}
