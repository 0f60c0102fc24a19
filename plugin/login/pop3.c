/* POP3 has no referrals. That a mailbox is being moved it can say. */

#include "login-private.h"

void referral_login_pop3_auth_result(struct client *client,
				     enum client_auth_result result,
				     const struct client_auth_reply *reply,
				     const char *text)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	text = referral_login_refuse(client, result, reply, FALSE, text);
	rclient->module_ctx.super.auth_result(client, result, reply, text);
}

const struct referral_login_protocol referral_login_pop3 = {
	.name = "pop3",
};
