#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "ioloop.h"
#include "fake-ldap-stream.h"

struct referral_ldap_stream *fake_ldap_stream;

struct referral_ldap_stream *
referral_ldap_stream_start(struct referral_ldap_client *client ATTR_UNUSED,
			   const char *uri,
			   const struct referral_ldap_stream_search *search,
			   const struct referral_ldap_stream_vfuncs *vfuncs,
			   void *context)
{
	struct referral_ldap_stream *stream;

	i_assert(fake_ldap_stream == NULL);
	i_assert(search->controls_count == 1 && search->controls[0].critical);
	stream = i_new(struct referral_ldap_stream, 1);
	stream->uri = i_strdup(uri);
	stream->base = i_strdup(search->params.base);
	stream->filter = i_strdup(search->params.filter);
	stream->attributes =
		i_strdup(t_strarray_join(search->params.attributes, " "));
	stream->control_oid = i_strdup(search->controls[0].oid);
	stream->control_value = buffer_create_dynamic(default_pool, 64);
	buffer_append(stream->control_value, search->controls[0].value,
		      search->controls[0].value_size);
	stream->avoided = str_new(default_pool, 64);
	stream->vfuncs = vfuncs;
	stream->context = context;
	fake_ldap_stream = stream;
	io_loop_stop(current_ioloop);
	return stream;
}

void referral_ldap_stream_avoid(struct referral_ldap_stream *stream,
				const char *uri)
{
	str_printfa(stream->avoided, "%s ", uri);
}

void referral_ldap_stream_stop(struct referral_ldap_stream **_stream)
{
	struct referral_ldap_stream *stream = *_stream;

	i_assert(stream == fake_ldap_stream);
	*_stream = fake_ldap_stream = NULL;
	i_free(stream->uri);
	i_free(stream->base);
	i_free(stream->filter);
	i_free(stream->attributes);
	i_free(stream->control_oid);
	buffer_free(&stream->control_value);
	str_free(&stream->avoided);
	i_free(stream);
}

void fake_ldap_stream_lost(const char *error)
{
	struct referral_ldap_stream *stream = fake_ldap_stream;
	const struct referral_ldap_stream_vfuncs *vfuncs = stream->vfuncs;
	void *context = stream->context;

	referral_ldap_stream_stop(&stream);
	vfuncs->lost(context, error);
}
