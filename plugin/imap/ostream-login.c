/* An output stream that puts a referral into the reply to a login */

#include "lib.h"
#include "str.h"
#include "ostream-private.h"
#include "reply.h"
#include "ostream-login.h"

struct referral_ostream_login {
	struct ostream_private ostream;

	char *url, *text;
	/* or will not be */
	bool first_sent:1;
};

static ssize_t
ostream_login_send_first(struct referral_ostream_login *stream,
			 const struct const_iovec *iov, unsigned int iov_count)
{
	string_t *input = t_str_new(512), *output = t_str_new(512);
	unsigned int i;
	ssize_t ret;

	stream->first_sent = TRUE;
	for (i = 0; i < iov_count; i++)
		str_append_data(input, iov[i].iov_base, iov[i].iov_len);
	if (!referral_reply_imap_login(str_c(input), stream->url, stream->text,
				       output))
		return o_stream_sendv(stream->ostream.parent, iov, iov_count);

	ret = o_stream_send(stream->ostream.parent, str_data(output),
			    str_len(output));
	if (ret < 0)
		return -1;
	i_assert((size_t)ret == str_len(output));
	return str_len(input);
}

static ssize_t
ostream_login_sendv(struct ostream_private *ostream,
		    const struct const_iovec *iov, unsigned int iov_count)
{
	struct referral_ostream_login *stream =
		container_of(ostream, struct referral_ostream_login, ostream);
	ssize_t ret;

	if (stream->first_sent)
		ret = o_stream_sendv(ostream->parent, iov, iov_count);
	else T_BEGIN {
		ret = ostream_login_send_first(stream, iov, iov_count);
	} T_END;
	if (ret < 0) {
		o_stream_copy_error_from_parent(ostream);
		return -1;
	}
	ostream->ostream.offset += ret;
	return ret;
}

static void ostream_login_destroy(struct iostream_private *iostream)
{
	struct referral_ostream_login *stream =
		container_of(iostream, struct referral_ostream_login,
			     ostream.iostream);

	o_stream_unref(&stream->ostream.parent);
	i_free(stream->url);
	i_free(stream->text);
}

struct ostream *
referral_ostream_login_create(struct ostream *output, const char *url,
			      const char *text)
{
	struct referral_ostream_login *stream;
	struct ostream *ret;

	stream = i_new(struct referral_ostream_login, 1);
	stream->url = i_strdup(url);
	stream->text = i_strdup(text);
	stream->ostream.sendv = ostream_login_sendv;
	stream->ostream.iostream.destroy = ostream_login_destroy;
	ret = o_stream_create(&stream->ostream, output,
			      o_stream_get_fd(output));
	/* the client handles the errors of its output itself */
	o_stream_set_no_error_handling(ret, TRUE);
	o_stream_set_name(ret, o_stream_get_name(output));
	return ret;
}

void referral_ostream_login_finish(struct ostream *output)
{
	struct referral_ostream_login *stream =
		container_of(output->real_stream, struct referral_ostream_login,
			     ostream);

	stream->first_sent = TRUE;
}
