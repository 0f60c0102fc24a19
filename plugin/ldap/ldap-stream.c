/* The life of a stream: see ldap-stream.h */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "llist.h"
#include "ldap-client-private.h"
#include "ldap-stream-private.h"

static void stream_connect_next(struct referral_ldap_stream *stream);

static void stream_free(struct referral_ldap_stream *stream)
{
	char *uri;

	DLLIST_REMOVE(&stream->client->streams, stream);
	timeout_remove(&stream->to_start);
	timeout_remove(&stream->to_idle);
	if (stream->conn != NULL)
		referral_ldap_conn_destroy(&stream->conn);
	pool_unref(&stream->search_pool);
	array_free(&stream->targets);
	array_foreach_elem(&stream->avoid_uris, uri)
		i_free(uri);
	array_free(&stream->avoid_uris);
	i_free(stream->error);
	i_free(stream->only_uri);
	i_free(stream);
}

static void stream_lost(struct referral_ldap_stream *stream, const char *error)
{
	const struct referral_ldap_stream_vfuncs *vfuncs = stream->vfuncs;
	void *context = stream->context;

	/* It may be owned by what is freed. */
	error = t_strdup(error);
	stream_free(stream);
	if (vfuncs != NULL)
		vfuncs->lost(context, error);
}

void referral_ldap_stream_abort(struct referral_ldap_stream *stream,
				const char *error)
{
	stream_lost(stream, error);
}

static void stream_idle(struct referral_ldap_stream *stream)
{
	timeout_remove(&stream->to_idle);
	if (stream->search.ping && !stream->pinging) {
		referral_ldap_stream_ping(stream);
		return;
	}
	referral_ldap_conn_break(stream->conn, t_strdup_printf(
		"nothing came for %u ms", stream->search.idle_msecs));
}

void referral_ldap_stream_watch(struct referral_ldap_stream *stream)
{
	timeout_remove(&stream->to_idle);
	if (stream->search.idle_msecs > 0 && stream->searching &&
	    !stream->paused) {
		stream->to_idle = timeout_add(stream->search.idle_msecs,
					      stream_idle, stream);
	}
}

static void
stream_copy_search(struct referral_ldap_stream *stream,
		   const struct referral_ldap_stream_search *search)
{
	struct referral_ldap_control *controls;
	unsigned int i, count = search->controls_count;
	pool_t pool;

	/* search may point into what was handed out of the old pool */
	pool = pool_alloconly_create("referral ldap stream search", 1024);
	controls = p_new(pool, struct referral_ldap_control, count + 1);
	for (i = 0; i < count; i++) {
		controls[i] = search->controls[i];
		controls[i].oid = p_strdup(pool, controls[i].oid);
		if (controls[i].value != NULL) {
			/* a value may be empty */
			controls[i].value = memcpy(
				p_malloc(pool, controls[i].value_size + 1),
				controls[i].value, controls[i].value_size);
		}
	}
	stream->search = *search;
	stream->search.controls = controls;
	stream->search.params.base = p_strdup(pool, search->params.base);
	stream->search.params.filter = p_strdup(pool, search->params.filter);
	stream->search.params.attributes =
		p_strarray_dup(pool, search->params.attributes);
	pool_unref(&stream->search_pool);
	stream->search_pool = pool;
}

static void stream_conn_ready(struct referral_ldap_conn *conn)
{
	struct referral_ldap_stream *stream =
		referral_ldap_conn_get_context(conn);

	stream->ready = TRUE;
	if (stream->vfuncs == NULL)
		return;
	referral_ldap_servers_bound(stream->client->servers,
				    stream->target_uri, &stream->target_ip,
				    TRUE);
	referral_ldap_stream_send(stream);
	if (stream->vfuncs->started != NULL)
		stream->vfuncs->started(stream->context, stream->target_uri);
}

static void
stream_conn_message(struct referral_ldap_conn *conn, int type,
		    LDAPMessage *msg)
{
	struct referral_ldap_stream *stream =
		referral_ldap_conn_get_context(conn);

	if (stream->vfuncs != NULL)
		referral_ldap_stream_message(stream, type, msg);
}

static bool
stream_conn_resolved(struct referral_ldap_conn *conn ATTR_UNUSED,
		     const struct ip_addr *ips, unsigned int ips_count,
		     struct ip_addr *ip_r)
{
	struct referral_ldap_stream *stream =
		referral_ldap_conn_get_context(conn);
	unsigned int i;

	/* the address that logins use, if the name still has it */
	for (i = 0; i < ips_count; i++) {
		if (net_ip_compare(&ips[i], &stream->target_ip)) {
			*ip_r = ips[i];
			return TRUE;
		}
	}
	*ip_r = ips[0];
	return ips_count > 0;
}

static void stream_conn_dead(struct referral_ldap_conn *conn)
{
	struct referral_ldap_stream *stream =
		referral_ldap_conn_get_context(conn);
	enum referral_server_failure failure;
	const char *error;

	if (stream->vfuncs == NULL) {
		stream_free(stream);
		return;
	}
	(void)referral_ldap_conn_get_end(conn, &failure, &error);
	i_free(stream->error);
	stream->error = i_strdup(error);
	if (stream->ready) {
		stream_lost(stream, stream->error);
		return;
	}
	if (failure == REFERRAL_SERVER_CREDENTIALS) {
		referral_ldap_servers_bound(stream->client->servers,
					    stream->target_uri,
					    &stream->target_ip, FALSE);
	}
	referral_ldap_conn_destroy(&stream->conn);
	stream_connect_next(stream);
}

static const struct referral_ldap_conn_vfuncs stream_conn_vfuncs = {
	.resolved = stream_conn_resolved,
	.ready = stream_conn_ready,
	.message = stream_conn_message,
	.dead = stream_conn_dead,
};

static void stream_connect_next(struct referral_ldap_stream *stream)
{
	const struct referral_ldap_target *target;

	if (stream->next_target == array_count(&stream->targets)) {
		stream_lost(stream, stream->error);
		return;
	}
	target = array_idx(&stream->targets, stream->next_target++);
	stream->target_uri = target->uri->uri;
	stream->target_ip = target->ip;
	stream->conn = referral_ldap_conn_create(stream->client->event,
		&stream->client->set.conn, target->uri, &target->ip,
		&stream_conn_vfuncs, stream);
	referral_ldap_conn_set_turn(stream->conn, stream->turn_max_messages);
	referral_ldap_conn_connect(stream->conn);
}

static bool
stream_avoids(struct referral_ldap_stream *stream, const char *target_uri)
{
	char *uri;

	array_foreach_elem(&stream->avoid_uris, uri) {
		if (strcmp(uri, target_uri) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Leave the targets that are avoided out, if there are others. */
static void stream_filter_targets(struct referral_ldap_stream *stream)
{
	const struct referral_ldap_target *target;
	ARRAY_TYPE(referral_ldap_target) others;

	t_array_init(&others, 8);
	array_foreach(&stream->targets, target) {
		if (!stream_avoids(stream, target->uri->uri))
			array_push_back(&others, target);
	}
	if (array_count(&others) > 0) {
		array_clear(&stream->targets);
		array_append_array(&stream->targets, &others);
	}
}

static const char *
stream_no_target_error(const struct referral_ldap_stream *stream)
{
	uint64_t others;

	if (stream->only_uri == NULL ||
	    referral_ldap_servers_get_others(stream->client->servers,
					     stream->only_uri, &others)) {
		return "ldap search failed: the credentials were refused, and "
			"are not tried again yet (check "
			"referral_ldap_auth_dn_password)";
	}
	return t_strdup_printf("ldap search failed: %s is not in "
			       "referral_ldap_uris", stream->only_uri);
}

static void stream_start(struct referral_ldap_stream *stream)
{
	timeout_remove(&stream->to_start);
	referral_ldap_servers_get_targets(stream->client->servers,
					  stream->only_uri, &stream->targets);
	T_BEGIN {
		stream_filter_targets(stream);
	} T_END;
	if (array_count(&stream->targets) == 0) {
		stream_lost(stream, stream_no_target_error(stream));
		return;
	}
	stream_connect_next(stream);
}

struct referral_ldap_stream *
referral_ldap_stream_start(struct referral_ldap_client *client,
			   const char *uri,
			   const struct referral_ldap_stream_search *search,
			   const struct referral_ldap_stream_vfuncs *vfuncs,
			   void *context)
{
	struct referral_ldap_stream *stream;

	i_assert(!client->deinitializing);

	stream = i_new(struct referral_ldap_stream, 1);
	stream->client = client;
	stream->vfuncs = vfuncs;
	stream->context = context;
	stream->only_uri = i_strdup(uri);
	i_array_init(&stream->targets, 8);
	i_array_init(&stream->avoid_uris, 2);
	stream_copy_search(stream, search);
	stream->to_start = timeout_add_short(0, stream_start, stream);
	DLLIST_PREPEND(&client->streams, stream);
	return stream;
}

void referral_ldap_stream_avoid(struct referral_ldap_stream *stream,
				const char *uri)
{
	char *copy = i_strdup(uri);

	array_push_back(&stream->avoid_uris, &copy);
}

void referral_ldap_stream_search(struct referral_ldap_stream *stream,
	const struct referral_ldap_stream_search *search)
{
	i_assert(stream->ready && !stream->searching);

	stream_copy_search(stream, search);
	referral_ldap_stream_send(stream);
}

void referral_ldap_stream_stop(struct referral_ldap_stream **_stream)
{
	struct referral_ldap_stream *stream = *_stream;

	if (stream == NULL)
		return;
	*_stream = NULL;
	timeout_remove(&stream->to_idle);
	stream->vfuncs = NULL;
	if (stream->conn == NULL) {
		stream_free(stream);
		return;
	}
	/* We may be inside of it. */
	referral_ldap_conn_close(stream->conn, REFERRAL_LDAP_CONN_END_CLOSED,
		REFERRAL_SERVER_UNREACHABLE, "not needed any more");
}

void referral_ldap_stream_set_turn(struct referral_ldap_stream *stream,
				   unsigned int max_messages)
{
	stream->turn_max_messages = max_messages;
	if (stream->conn != NULL)
		referral_ldap_conn_set_turn(stream->conn, max_messages);
}

static void
stream_set_paused(struct referral_ldap_stream *stream, bool paused)
{
	i_assert(stream->ready);

	if (stream->paused == paused)
		return;
	stream->paused = paused;
	referral_ldap_conn_pause(stream->conn, paused);
	referral_ldap_stream_watch(stream);
}

void referral_ldap_stream_pause(struct referral_ldap_stream *stream)
{
	stream_set_paused(stream, TRUE);
}

void referral_ldap_stream_resume(struct referral_ldap_stream *stream)
{
	stream_set_paused(stream, FALSE);
}
