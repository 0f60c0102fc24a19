/* ManageSieve's ways to say it */

#include "login-private.h"

static const char *sieve_get_mechanism(struct client *client)
{
	return client->auth_mech_name;
}

static const char *
sieve_reply(struct client *client ATTR_UNUSED, enum referral_reply reply,
	    const char *url, const char *text)
{
	return referral_reply_sieve(reply, url, text);
}

static const char *
sieve_close_line(struct client *client ATTR_UNUSED, const char *url,
		 const char *text)
{
	/* RFC 5804 section 1.3 knows referrals with BYE */
	return referral_reply_sieve(REFERRAL_REPLY_BYE, url, text);
}

/* Dovecot's resets the parser of what the client sends, after every result, and
   says nothing to a success. */
static void
sieve_auth_replied(struct client *client,
		   const struct client_auth_reply *auth_reply)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	rclient->module_ctx.super.auth_result(client,
		CLIENT_AUTH_RESULT_SUCCESS, auth_reply, NULL);
}

static bool sieve_is_proxy_ok(struct client *client, const char *line)
{
	size_t len = strlen(line);

	/* every command but AUTHENTICATE has been answered */
	return strcmp(client_proxy_get_state(client), "auth") == 0 &&
		strncasecmp(line, "OK", 2) == 0 &&
		(line[2] == '\0' || line[2] == ' ') &&
		/* the rest of a literal would follow on the next line */
		line[len - 1] != '}';
}

static const char *
sieve_offer(struct client *client ATTR_UNUSED,
	    const char *line ATTR_UNUSED, const char *url, const char *text)
{
	return t_strcut(referral_reply_sieve(REFERRAL_REPLY_OK, url, text),
			'\r');
}

const struct referral_login_protocol referral_login_sieve = {
	.name = "sieve",
	.scheme = "sieve",
	.get_mechanism = sieve_get_mechanism,
	.reply = sieve_reply,
	.close_line = sieve_close_line,
	.auth_replied = sieve_auth_replied,
	.is_proxy_ok = sieve_is_proxy_ok,
	.offer = sieve_offer,
};
