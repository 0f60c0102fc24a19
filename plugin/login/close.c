/* Closing a connection so that its last line arrives. */

#include "login-private.h"
#include "compat-login.h"
#include "ioloop.h"
#include "istream.h"
#include "ostream.h"
#include "iostream-ssl.h"

static bool close_is_handshaking(struct client *client)
{
	return client->ssl_iostream != NULL &&
		!ssl_iostream_is_handshaked(client->ssl_iostream);
}

static void close_try(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	timeout_remove(&rclient->to_close);
	if (o_stream_flush(client->output) < 0) {
		client_destroy(client, rclient->close_reason);
		return;
	}
	if (o_stream_get_buffer_used_size(client->output) == 0) {
		/* the kernel has it all */
		referral_login_linger(client, rclient->close_had_input,
				      rclient->close_reason);
		return;
	}
	if (client->io == NULL) {
		client->io = io_add_istream(client->input, client_input,
					    client);
	}
	/* during a handshake the client's next message brings us back */
	if (!close_is_handshaking(client))
		o_stream_set_flush_pending(client->output, TRUE);
}

static void close_schedule(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	if (rclient->to_close == NULL)
		rclient->to_close = timeout_add_short(0, close_try, client);
}

static int close_output(struct client *client)
{
	int ret = o_stream_flush(client->output);

	if (ret < 0 || o_stream_get_buffer_used_size(client->output) == 0)
		close_schedule(client);
	return ret;
}

void referral_login_close(struct client *client, const char *reason)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	i_assert(rclient->close_reason == NULL);

	rclient->close_reason = p_strdup(client->pool, reason);
	referral_compat_client_set_reason_complete(client, TRUE);
	/* the client has been told: no second BYE when it is killed */
	client->notified_disconnect = TRUE;
	o_stream_set_flush_callback(client->output, close_output, client);
	close_schedule(client);
}

void referral_login_close_input(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);
	const unsigned char *data;
	size_t size;

	/* nothing is answered any more, but reading drives the TLS handshake */
	if (i_stream_read_more(client->input, &data, &size) < 0) {
		client_destroy(client, rclient->close_reason);
		return;
	}
	if (size > 0)
		rclient->close_had_input = TRUE;
	i_stream_skip(client->input, size);
	close_schedule(client);
}

void referral_login_close_abort(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	timeout_remove(&rclient->to_close);
}
