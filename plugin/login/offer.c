/* Action offer: the home server's OK reaches the client with a referral in
   it, on a session that is proxied there. */

#include "login-private.h"
#include "mailhost.h"
#include "referral-fields.h"
#include "compat-login.h"
#include "compat-login-settings.h"

static const char *
offer_line(struct client *client, const char *value, const char *line)
{
	const struct referral_login_settings *set;
	struct referral_host host;
	struct referral_login_target target;
	const char *error;

	if (referral_mailhost_parse(pool_datastack_create(), value, &host,
				    &error) < 0) {
		e_error(client->event, "referral: Can't offer a referral: "
			"passdb field "REFERRAL_FIELD_HOST"=%s: %s",
			referral_mailhost_sanitize(value), error);
		return line;
	}
	if (referral_compat_login_settings_get(client->event, &set,
					       &error) < 0) {
		e_error(client->event, "referral: Can't offer a referral: %s",
			error);
		return line;
	}
	referral_login_target_get(client, set, client->proxy_user, &host,
				  &target);
	referral_compat_login_settings_free(&set);
	return referral_login_protocol->offer(client, line, target.url,
					      target.text);
}

int referral_login_proxy_parse_line(struct client *client, const char *line)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);
	const char *value = referral_args_find(client->auth_passdb_args,
					       REFERRAL_FIELD_HOST);

	/* a proxy of the site's own wants to see a plain OK */
	if (value != NULL && !referral_compat_client_is_trusted(client) &&
	    referral_login_protocol->is_proxy_ok(client, line))
		line = offer_line(client, value, line);
	return rclient->module_ctx.super.proxy_parse_line(client, line);
}
