/* IMAP's ways to say it */

#include "login-private.h"
#include "imap-login-client.h"

static struct imap_client *imap_client_get(struct client *client)
{
	return container_of(client, struct imap_client, common);
}

static const char *imap_get_mechanism(struct client *client)
{
	const char *cmd_name = imap_client_get(client)->cmd_name;

	/* the LOGIN command is PLAIN inside Dovecot only */
	return cmd_name != NULL && strcasecmp(cmd_name, "AUTHENTICATE") == 0 ?
		client->auth_mech_name : NULL;
}

static const char *
imap_reply(struct client *client, enum referral_reply reply, const char *url,
	   const char *text)
{
	return referral_reply_imap(reply, imap_client_get(client)->cmd_tag,
				   url, text);
}

static const char *
imap_close_line(struct client *client ATTR_UNUSED,
		const char *url ATTR_UNUSED, const char *text)
{
	/* the tagged NO has said where to go */
	return referral_reply_imap(REFERRAL_REPLY_BYE, NULL, NULL, text);
}

/* "L" is the tag of the proxy's own login */
static bool
imap_is_proxy_ok(struct client *client ATTR_UNUSED, const char *line)
{
	return strncmp(line, "L OK ", 5) == 0;
}

static const char *
imap_offer(struct client *client, const char *line, const char *url,
	   const char *text)
{
	struct imap_client *imap_client = imap_client_get(client);
	const char *resp_text = line + 5;
	const char *capability = referral_reply_imap_capability(resp_text);

	/* a reply has one code */
	if (referral_reply_imap_has_code(resp_text)) {
		client_send_raw(client,
				t_strconcat("* OK ", resp_text, "\r\n", NULL));
	}
	/* The proxy sends the capabilities it knows of in an untagged line to
	   clients that seem not to look at the response code, and leaves the
	   code of this line alone then. */
	imap_client->client_ignores_capability_resp_code = TRUE;
	if (capability != NULL) {
		i_free(imap_client->proxy_backend_capability);
		imap_client->proxy_backend_capability = i_strdup(capability);
	}
	return t_strcut(referral_reply_imap(REFERRAL_REPLY_OK, "L", url, text),
			'\r');
}

const struct referral_login_protocol referral_login_imap = {
	.name = "imap",
	.scheme = "imap",
	.client_size = sizeof(struct imap_client),
	.get_mechanism = imap_get_mechanism,
	.reply = imap_reply,
	.close_line = imap_close_line,
	.alert = referral_reply_imap_alert,
	.is_proxy_ok = imap_is_proxy_ok,
	.offer = imap_offer,
};
