/* Logins that are refused although their password was right */

#include "login-private.h"
#include "text.h"
#include "referral-fields.h"
#include "compat-login.h"
#include "compat-login-settings.h"

void referral_login_alert(struct client *client, const char *text)
{
	if (referral_login_protocol->alert != NULL &&
	    !referral_compat_client_is_trusted(client)) {
		client_send_raw(client,
				referral_login_protocol->alert(text));
	}
}

/* Returns NULL if there is nothing to say. */
static const char *
refuse_get_text(struct client *client,
		const struct referral_login_settings *set, const char *refused,
		enum client_auth_result result, bool success, const char *text)
{
	if (result == CLIENT_AUTH_RESULT_LOGIN_DISABLED && success &&
	    strcmp(refused, REFERRAL_REFUSED_REJECT) == 0)
		return text;
	/* auth says so in place of a success */
	if (result == CLIENT_AUTH_RESULT_TEMPFAIL &&
	    strcmp(refused, REFERRAL_REFUSED_MOVING) == 0) {
		return referral_text_expand(set->referral_moving_text,
			client->virtual_user == NULL ? "" :
			client->virtual_user, "");
	}
	return NULL;
}

const char *referral_login_refuse(struct client *client,
				  enum client_auth_result result,
				  const struct client_auth_reply *reply,
				  bool success, const char *text)
{
	const struct referral_login_settings *set;
	const char *refused, *said, *error;

	refused = reply == NULL ? NULL :
		referral_args_find(reply->all_fields, REFERRAL_FIELD_REFUSED);
	if (refused == NULL)
		return text;
	if (referral_compat_login_settings_get(client->event, &set,
					       &error) < 0) {
		e_error(client->event, "referral: Can't say why a login is "
			"refused: %s", error);
		return text;
	}
	said = refuse_get_text(client, set, refused, result, success, text);
	if (said != NULL && *set->referral_alert_text != '\0')
		referral_login_alert(client, said);
	referral_compat_login_settings_free(&set);
	return said == NULL ? text : said;
}
