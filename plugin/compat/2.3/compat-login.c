/* Dovecot 2.3: what is particular to its login processes */

#include "login-common.h"
#include "client-common.h"
#include "compat-login.h"

const char *
referral_compat_reply_host(const struct client_auth_reply *reply)
{
	return reply->host;
}

in_port_t referral_compat_reply_port(const struct client_auth_reply *reply)
{
	return reply->port;
}

const char *
referral_compat_reply_user(const struct client_auth_reply *reply)
{
	return reply->destuser;
}

bool referral_compat_client_is_trusted(const struct client *client)
{
	return client->trusted;
}

void referral_compat_client_set_reason_complete(struct client *client,
						bool complete)
{
	client->no_extra_disconnect_reason = complete;
}

void referral_compat_client_login_refused(struct client *client)
{
	/* more successes than logins would be an "internal failure" */
	client->auth_successes--;
}
