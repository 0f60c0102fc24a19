/* One synchronisation after the other: see mirror-private.h */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "str.h"
#include "time-util.h"
#include "ldap-stream.h"
#include "mirror-private.h"

/* A server that stays silent in a refresh for so long will say no more. */
#define REFRESH_SILENCE_MSECS (120 * 1000)
/* A server that has nothing to tell is asked after so long whether it is still
   there. As long again, and what it has told is old. */
#define IDLE_MSECS (10 * 1000)
/* A connection that was lost is often back at once. */
#define RETRY_MIN_MSECS 100
/* ... and a server, in the end */
#define RETRY_MAX_MSECS (30 * 1000)
/* A full refresh of everything that ends in nothing is dear. */
#define DISTRUST_MIN_MSECS (5 * 1000)
#define DISTRUST_MAX_MSECS (10 * 60 * 1000)
/* Somebody has to change something first. */
#define REFUSED_MSECS (10 * 60 * 1000)
/* A refresh that shows much less than before is tried again. */
#define DOUBT_MSECS (10 * 60 * 1000)

static void mirror_sync_start(struct referral_mirror *mirror)
{
	timeout_remove(&mirror->to_retry);
	mirror->state = REFERRAL_MIRROR_STATE_CONNECTING;
	if (mirror->rules_known)
		referral_mirror_sync_begin(mirror);
	else
		referral_mirror_rules_ask(mirror);
}

void referral_mirror_sync_schedule(struct referral_mirror *mirror,
				   unsigned int msecs)
{
	i_assert(mirror->state == REFERRAL_MIRROR_STATE_WAITING);
	timeout_remove(&mirror->to_retry);
	mirror->to_retry = timeout_add_short(msecs, mirror_sync_start, mirror);
}

/* Wait, longer each time, but never so that all servers of a site come back
   in the same moment. */
static void
mirror_sync_retry(struct referral_mirror *mirror, unsigned int min_msecs,
		  unsigned int max_msecs)
{
	mirror->retry_msecs = I_MIN(I_MAX(mirror->retry_msecs * 2, min_msecs),
				    max_msecs);
	referral_mirror_sync_schedule(mirror,
		mirror->retry_msecs * 3 / 4 +
		i_rand_limit(mirror->retry_msecs / 2 + 1));
}

void referral_mirror_sync_stop(struct referral_mirror *mirror)
{
	if (mirror->state == REFERRAL_MIRROR_STATE_FOLLOWING)
		mirror->contact = ioloop_time;
	mirror->state = REFERRAL_MIRROR_STATE_WAITING;
	if (mirror->rules_request != NULL)
		referral_ldap_search_cancel(&mirror->rules_request);
	if (mirror->stream != NULL)
		referral_ldap_stream_stop(&mirror->stream);
	if (mirror->copy != NULL)
		referral_mirror_copy_end(mirror->copy);
	timeout_remove(&mirror->to_retry);
	timeout_remove(&mirror->to_silence);
	timeout_remove(&mirror->to_work);
	timeout_remove(&mirror->to_doubt);
}

/* Each kind is logged once, until all is well again. */
static void mirror_sync_failed(struct referral_mirror *mirror,
			       enum referral_mirror_failure failure,
			       const char *error)
{
	bool refused = failure == REFERRAL_MIRROR_FAILURE_REFUSED;
	struct event_passthrough *e =
		event_create_passthrough(mirror->event)->
		set_name(refused ? "login_referral_mirror_refused" :
			 "login_referral_mirror_lost")->
		add_str("error", error);
	unsigned int age_secs;

	if (referral_mirror_get_age(mirror, &age_secs))
		e->add_int("age", age_secs);
	if (failure == mirror->failure)
		e_debug(e->event(), "mirror: still not in sync: %s", error);
	else if (refused) {
		e_warning(e->event(), "mirror: not possible: %s; "
			  "the directory is asked instead", error);
	} else {
		e_warning(e->event(), "mirror: not in sync: %s; "
			  "the directory is asked until it is", error);
	}
	i_free(mirror->error);
	mirror->error = i_strdup(error);
	mirror->failure = failure;
}

void referral_mirror_sync_forgive(struct referral_mirror *mirror)
{
	char *uri;

	array_foreach_elem(&mirror->refused_servers, uri)
		i_free(uri);
	array_clear(&mirror->refused_servers);
}

static bool
mirror_sync_is_refused(const struct referral_mirror *mirror, const char *server)
{
	char *uri;

	array_foreach_elem(&mirror->refused_servers, uri) {
		if (strcmp(uri, server) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Is there a server that has not failed? */
static bool mirror_sync_has_others(const struct referral_mirror *mirror)
{
	struct referral_ldap_client_status status;
	bool ret = FALSE;

	T_BEGIN {
		referral_ldap_client_get_status(mirror->client, &status);
		for (unsigned int i = 0; i < status.servers_count; i++) {
			if (!mirror_sync_is_refused(mirror,
						    status.servers[i].uri))
				ret = TRUE;
		}
	} T_END;
	return ret;
}

/* Others are asked first for a while. Returns FALSE if there are none. */
static bool mirror_sync_leave_server(struct referral_mirror *mirror)
{
	char *uri = i_strdup(mirror->server);

	if (array_count(&mirror->refused_servers) == 0)
		mirror->refused_at = ioloop_time;
	array_push_back(&mirror->refused_servers, &uri);
	if (mirror_sync_has_others(mirror))
		return TRUE;
	referral_mirror_sync_forgive(mirror);
	return FALSE;
}

void referral_mirror_sync_lost(struct referral_mirror *mirror,
			       const char *error)
{
	error = t_strdup(error);
	if (mirror->state == REFERRAL_MIRROR_STATE_FOLLOWING)
		mirror->counters.lost++;
	else if (mirror->state == REFERRAL_MIRROR_STATE_REFRESHING)
		(void)mirror_sync_leave_server(mirror);
	referral_mirror_sync_stop(mirror);
	mirror_sync_failed(mirror, REFERRAL_MIRROR_FAILURE_LOST, error);
	mirror_sync_retry(mirror, RETRY_MIN_MSECS, RETRY_MAX_MSECS);
}

void referral_mirror_sync_distrust(struct referral_mirror *mirror,
				   const char *error)
{
	error = t_strdup_printf("%s: %s", mirror->server, error);
	referral_mirror_sync_stop(mirror);
	referral_mirror_copy_forget_cookie(mirror->copy);
	(void)mirror_sync_leave_server(mirror);
	mirror_sync_failed(mirror, REFERRAL_MIRROR_FAILURE_DISTRUSTED, error);
	mirror_sync_retry(mirror, DISTRUST_MIN_MSECS, DISTRUST_MAX_MSECS);
}

void referral_mirror_sync_refuse(struct referral_mirror *mirror,
				 const char *error)
{
	error = t_strdup(error);
	referral_mirror_sync_stop(mirror);
	/* there will be none soon: give the memory back */
	if (mirror->copy != NULL)
		referral_mirror_copy_destroy(&mirror->copy);
	mirror->have_copy = FALSE;
	mirror_sync_failed(mirror, REFERRAL_MIRROR_FAILURE_REFUSED, error);
	referral_mirror_sync_schedule(mirror, REFUSED_MSECS);
}

void referral_mirror_sync_refuse_server(struct referral_mirror *mirror,
					const char *error)
{
	error = t_strdup(error);
	referral_mirror_sync_stop(mirror);
	/* what is known is kept, for when nobody can be asked */
	referral_mirror_copy_forget_cookie(mirror->copy);
	mirror_sync_failed(mirror, REFERRAL_MIRROR_FAILURE_REFUSED, error);
	referral_mirror_sync_schedule(mirror,
		mirror_sync_leave_server(mirror) ? RETRY_MIN_MSECS :
		REFUSED_MSECS);
}

static void mirror_sync_silence(struct referral_mirror *mirror)
{
	referral_mirror_sync_lost(mirror, t_strdup_printf(
		"nothing came for %u s in the middle of a refresh",
		REFRESH_SILENCE_MSECS / 1000));
}

static void mirror_sync_doubt(struct referral_mirror *mirror)
{
	referral_mirror_sync_stop(mirror);
	referral_mirror_sync_schedule(mirror, 0);
}

static void mirror_sync_doubtful(struct referral_mirror *mirror)
{
	unsigned int seen, expected;

	referral_mirror_copy_get_shrunk(mirror->copy, &seen, &expected);
	mirror_sync_failed(mirror, REFERRAL_MIRROR_FAILURE_DOUBTFUL,
		t_strdup_printf("%s has shown %u users, where %u were: it is "
			"tried again in %u minutes, and then believed (check "
			"that referral_ldap_auth_dn may read all of them)",
			mirror->server, seen, expected,
			DOUBT_MSECS / 1000 / 60));
	mirror->to_doubt = timeout_add(DOUBT_MSECS, mirror_sync_doubt, mirror);
}

static void mirror_sync_completed(struct referral_mirror *mirror)
{
	const struct referral_mirror_stats *stats =
		referral_mirror_table_get_stats(
			referral_mirror_copy_get_table(mirror->copy));
	long long msecs = timeval_diff_msecs(&ioloop_timeval,
					     &mirror->started);
	struct event_passthrough *e =
		event_create_passthrough(mirror->event)->
		set_name("login_referral_mirror_in_sync")->
		add_str("server", mirror->server)->
		add_int("users", stats->entries)->
		add_int("bytes", stats->bytes)->
		add_int("duration_msecs", msecs);

	e_info(e->event(), "mirror: %sin sync with %s: %u users in "
	       "%lld.%03lld s, %zu KB",
	       mirror->have_copy ? "again " : "", mirror->server,
	       stats->entries, msecs / 1000, msecs % 1000,
	       stats->bytes / 1024);
	mirror->have_copy = TRUE;
	mirror->counters.completed++;
	mirror->retry_msecs = 0;
	i_free(mirror->error);
	mirror->failure = REFERRAL_MIRROR_FAILURE_NONE;
}

static void mirror_sync_work(struct referral_mirror *mirror)
{
	if (referral_mirror_copy_work(mirror->copy))
		return;
	timeout_remove(&mirror->to_work);
	mirror_sync_completed(mirror);
}

/* The refresh is done. */
static void mirror_sync_follow(struct referral_mirror *mirror)
{
	mirror->state = REFERRAL_MIRROR_STATE_FOLLOWING;
	timeout_remove(&mirror->to_silence);
	switch (referral_mirror_copy_get_state(mirror->copy)) {
	case REFERRAL_MIRROR_COPY_INCOMPLETE:
		i_unreached();
	case REFERRAL_MIRROR_COPY_SWEEPING:
		mirror->to_work = timeout_add_short(0, mirror_sync_work,
						    mirror);
		break;
	case REFERRAL_MIRROR_COPY_IN_SYNC:
		mirror_sync_completed(mirror);
		break;
	case REFERRAL_MIRROR_COPY_DOUBTFUL:
		mirror_sync_doubtful(mirror);
		break;
	}
}

void referral_mirror_sync_update(struct referral_mirror *mirror)
{
	if (mirror->state != REFERRAL_MIRROR_STATE_REFRESHING)
		return;
	if (referral_mirror_copy_get_state(mirror->copy) !=
	    REFERRAL_MIRROR_COPY_INCOMPLETE)
		mirror_sync_follow(mirror);
	else
		timeout_reset(mirror->to_silence);
}

static void mirror_stream_started(void *context, const char *uri)
{
	struct referral_mirror *mirror = context;

	i_free(mirror->server);
	mirror->server = i_strdup(uri);
	mirror->started = ioloop_timeval;
	mirror->state = REFERRAL_MIRROR_STATE_REFRESHING;
	mirror->to_silence = timeout_add(REFRESH_SILENCE_MSECS,
					 mirror_sync_silence, mirror);
}

static void
mirror_stream_entry(void *context,
		    const struct referral_ldap_stream_entry *entry)
{
	referral_mirror_message_entry(context, entry);
}

static void
mirror_stream_intermediate(
	void *context, const struct referral_ldap_stream_intermediate *message)
{
	referral_mirror_message_info(context, message);
}

static void
mirror_stream_done(void *context, const struct referral_ldap_stream_done *done)
{
	referral_mirror_message_done(context, done->code, done->text);
}

static void mirror_stream_lost(void *context, const char *error)
{
	struct referral_mirror *mirror = context;

	mirror->stream = NULL;
	if (mirror->resuming &&
	    mirror->state == REFERRAL_MIRROR_STATE_CONNECTING) {
		/* Another server: what it has may be older or newer, and it
		   may not know the cookie. */
		referral_mirror_copy_end(mirror->copy);
		referral_mirror_copy_forget_cookie(mirror->copy);
		referral_mirror_sync_begin(mirror);
		return;
	}
	referral_mirror_sync_lost(mirror, error);
}

static const struct referral_ldap_stream_vfuncs mirror_stream_vfuncs = {
	.started = mirror_stream_started,
	.entry = mirror_stream_entry,
	.intermediate = mirror_stream_intermediate,
	.done = mirror_stream_done,
	.lost = mirror_stream_lost,
};

static void
mirror_copy_changed(const struct referral_mirror_key *keys,
		    unsigned int keys_count,
		    const struct referral_lookup_result *old_answer,
		    const struct referral_lookup_result *new_answer,
		    void *context)
{
	struct referral_mirror *mirror = context;

	referral_mirror_tell_changed(mirror, keys, keys_count, old_answer,
				     new_answer);
}

void referral_mirror_sync_begin(struct referral_mirror *mirror)
{
	struct referral_ldap_control control = {
		.oid = REFERRAL_SYNC_REQUEST_OID,
		.critical = TRUE,
	};
	struct referral_ldap_stream_search search = {
		.params = mirror->search,
		.controls = &control,
		.controls_count = 1,
		.idle_msecs = IDLE_MSECS,
		.ping = TRUE,
	};
	const struct referral_sync_cookie *cookie;
	string_t *value = t_str_new(256);
	char *uri;

	if (mirror->copy == NULL) {
		mirror->copy = referral_mirror_copy_create(
			mirror->rules, mirror->attributes_count,
			mirror_copy_changed, mirror);
	}
	cookie = referral_mirror_copy_begin(mirror->copy);
	mirror->resuming = cookie->data != NULL;
	referral_sync_request_append(value, cookie);
	control.value = str_data(value);
	control.value_size = str_len(value);
	mirror->stream = referral_ldap_stream_start(mirror->client,
		mirror->resuming ? mirror->server : NULL, &search,
		&mirror_stream_vfuncs, mirror);
	if (ioloop_time - mirror->refused_at > REFUSED_MSECS / 1000)
		referral_mirror_sync_forgive(mirror);
	array_foreach_elem(&mirror->refused_servers, uri)
		referral_ldap_stream_avoid(mirror->stream, uri);
}
