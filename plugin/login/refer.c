/* Action refer: NO with a referral, then the connection is closed. */

#include "login-private.h"
#include "mailhost.h"
#include "referral-fields.h"
#include "compat-login.h"
#include "compat-login-settings.h"

/* Our auth module names the public host in a field of its own. Without one
   another passdb has set nologin and host, which may be anything. */
static int
refer_get_host(struct client *client, const struct client_auth_reply *reply,
	       struct referral_host *host_r, const char **error_r)
{
	const char *error, *value =
		referral_args_find(client->auth_passdb_args,
				   REFERRAL_FIELD_HOST);
	bool own_field = value != NULL;
	in_port_t port = referral_compat_reply_port(reply);

	if (!own_field)
		value = referral_compat_reply_host(reply);
	if (referral_mailhost_parse(pool_datastack_create(), value, host_r,
				    &error) < 0) {
		*error_r = t_strdup_printf("passdb field %s=%s: %s",
			own_field ? REFERRAL_FIELD_HOST : "host",
			referral_mailhost_sanitize(value), error);
		return -1;
	}
	if (!own_field && host_r->port == 0 &&
	    port != login_binary->default_port)
		host_r->port = port;
	return 0;
}

static void
refer_to_host(struct client *client, const struct client_auth_reply *reply,
	      const struct referral_login_settings *set,
	      const struct referral_host *host)
{
	const struct referral_login_protocol *protocol =
		referral_login_protocol;
	struct referral_login_target target;
	const char *reason;

	referral_login_target_get(client, set,
				  referral_compat_reply_user(reply), host,
				  &target);
	if (target.alert != NULL)
		referral_login_alert(client, target.alert);
	client_send_raw(client, protocol->reply(client, REFERRAL_REPLY_NO,
		target.url, reply->reason != NULL ? reply->reason :
		target.text));
	if (protocol->auth_replied != NULL)
		protocol->auth_replied(client, reply);
	/* a proxy of the site's own may go on with another user */
	if (!set->referral_close || referral_compat_client_is_trusted(client))
		return;

	reason = t_strdup_printf("Referred to %s",
				 referral_host_to_string(host, 0));
	client_send_raw(client, protocol->close_line(client, target.url,
						     reason));
	referral_login_close(client, reason);
}

void referral_login_refer(struct client *client,
			  const struct client_auth_reply *reply)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);
	const struct referral_login_settings *set;
	struct referral_host host;
	const char *error;

	if (refer_get_host(client, reply, &host, &error) < 0 ||
	    referral_compat_login_settings_get(client->event, &set,
					       &error) < 0) {
		e_error(client->event, "referral: Can't refer the client: %s",
			error);
		rclient->module_ctx.super.auth_result(client,
			CLIENT_AUTH_RESULT_TEMPFAIL, reply,
			AUTH_TEMP_FAILED_MSG);
		return;
	}
	refer_to_host(client, reply, set, &host);
	referral_compat_login_settings_free(&set);
}
