/* What a client is told of the host that it is to go to */

#include "login-private.h"
#include "referral-fields.h"
#include "referral-settings.h"
#include "url.h"
#include "text.h"

void referral_login_target_get(struct client *client,
			       const struct referral_login_settings *set,
			       const char *user,
			       const struct referral_host *host,
			       struct referral_login_target *target_r)
{
	const struct referral_login_protocol *protocol =
		referral_login_protocol;
	/* a master user's login */
	const char *login_user = referral_args_find(client->auth_passdb_args,
						    REFERRAL_FIELD_USER);
	const struct referral_url_params params = {
		.scheme = protocol->scheme,
		.user = login_user != NULL ? login_user : user,
		.auth = referral_reply_auth(set->referral_url_auth,
					    protocol->get_mechanism(client)),
		.host = *host,
	};

	target_r->url = referral_url_create(&params);
	if (user == NULL)
		user = "";
	target_r->text = referral_text_expand(set->referral_text, user,
					      host->name);
	target_r->alert = *set->referral_alert_text == '\0' ? NULL :
		referral_text_expand(set->referral_alert_text, user,
				     host->name);
}
