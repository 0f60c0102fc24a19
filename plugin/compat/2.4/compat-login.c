/* Dovecot 2.4: what is particular to its login processes */

#include "login-common.h"
#include "client-common.h"
#include "compat-login.h"

const char *
referral_compat_reply_host(const struct client_auth_reply *reply)
{
	return reply->proxy.host;
}

in_port_t referral_compat_reply_port(const struct client_auth_reply *reply)
{
	return reply->proxy.port;
}

const char *
referral_compat_reply_user(const struct client_auth_reply *reply)
{
	return reply->proxy.username;
}

bool referral_compat_client_is_trusted(const struct client *client)
{
	return client->connection_trusted;
}

void referral_compat_client_set_reason_complete(
	struct client *client ATTR_UNUSED, bool complete ATTR_UNUSED)
{
	/* it knows of referrals itself: auth_nologin_referral */
}

void referral_compat_client_login_refused(struct client *client ATTR_UNUSED)
{
	/* it looks at why a login failed first */
}
