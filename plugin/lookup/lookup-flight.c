/* One search and everyone who waits for its answer. */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "llist.h"
#include "str-sanitize.h"
#include "time-util.h"
#include "bounce.h"
#include "cache.h"
#include "keyhash.h"
#include "words.h"
#include "ldap-client.h"
#include "question.h"
#include "lookup-ask.h"
#include "lookup-compare.h"
#include "lookup-private.h"

/* No answer is later than this. */
#define LOOKUP_LATE_MAX_SECS 180
/* How long an impatient one waits: a server that is well and not busy takes a
   few milliseconds, and half a second is what users notice. */
#define LOOKUP_PATIENCE_MSECS 200

struct lookup_flight {
	struct referral_lookup *lookup;
	char *key;
	/* the same, for what is kept */
	struct referral_key kept;
	/* all servers are asked */
	bool all;
	/* all that there are: that is what the answer has to be of */
	bool compared;
	/* who was the first to ask */
	char *user;
	struct event *event;
	struct timeval started;
	struct lookup_ask *ask;
	struct lookup_compare *compare;
	/* without an LDAP client: the failure, told from the ioloop */
	struct timeout *to;
	struct referral_lookup_request *requests_head, *requests_tail;
	/* flushed meanwhile */
	bool forget;
};

struct referral_lookup_request {
	struct referral_lookup_request *prev, *next;
	struct lookup_flight *flight;
	/* impatient */
	struct timeout *to;

	referral_lookup_callback_t *callback;
	void *context;
};

/* The search goes on without it. */
static void lookup_request_free(struct referral_lookup_request *request)
{
	struct lookup_flight *flight = request->flight;

	DLLIST2_REMOVE(&flight->requests_head, &flight->requests_tail,
		       request);
	timeout_remove(&request->to);
	i_free(request);
}

/* Tell everyone who waits. A callback may start lookups and cancel others,
   also of this flight. */
static void
lookup_flight_finish(struct lookup_flight *flight,
		     const struct referral_lookup_result *result)
{
	struct referral_lookup_request *request;

	if (flight->all)
		hash_table_remove(flight->lookup->compares, flight->key);
	else
		hash_table_remove(flight->lookup->flights, flight->key);
	referral_lookup_ask_cancel(&flight->ask);
	referral_lookup_compare_cancel(&flight->compare);
	timeout_remove(&flight->to);

	while ((request = flight->requests_head) != NULL) {
		referral_lookup_callback_t *callback = request->callback;
		void *context = request->context;

		lookup_request_free(request);
		callback(result, context);
	}
	event_unref(&flight->event);
	i_free(flight->user);
	i_free(flight->key);
	i_free(flight);
}

static void
lookup_flight_fail(struct lookup_flight *flight, const char *error)
{
	const struct referral_lookup_result result = {
		.status = REFERRAL_LOOKUP_UNAVAILABLE,
		.source = REFERRAL_SOURCE_LDAP,
		.error = error,
	};
	lookup_flight_finish(flight, &result);
}

/* Those that are under way, in no order; from the data stack. A callback may
   make some of them end. */
static struct lookup_flight **
lookup_get_flights(struct referral_lookup *lookup)
{
	struct hash_iterate_context *iter;
	struct lookup_flight *flight, **flights;
	unsigned int count = 0;
	char *key;

	flights = t_new(struct lookup_flight *,
			hash_table_count(lookup->flights) +
			hash_table_count(lookup->compares) + 1);
	iter = hash_table_iterate_init(lookup->flights);
	while (hash_table_iterate(iter, lookup->flights, &key, &flight))
		flights[count++] = flight;
	hash_table_iterate_deinit(&iter);
	iter = hash_table_iterate_init(lookup->compares);
	while (hash_table_iterate(iter, lookup->compares, &key, &flight))
		flights[count++] = flight;
	hash_table_iterate_deinit(&iter);
	return flights;
}

void referral_lookup_flights_abort(struct referral_lookup *lookup)
{
	struct lookup_flight *flight;

	do T_BEGIN {
		flight = *lookup_get_flights(lookup);
		if (flight != NULL) {
			lookup_flight_fail(flight,
				"lookup aborted: shutting down");
		}
	} T_END; while (flight != NULL);
}

void referral_lookup_flights_forget(struct referral_lookup *lookup,
				    const char *key)
{
	struct lookup_flight *flight;

	lookup->flushed_at = ioloop_time;
	if (key == NULL) T_BEGIN {
		struct lookup_flight **flights = lookup_get_flights(lookup);

		for (; *flights != NULL; flights++)
			(*flights)->forget = TRUE;
	} T_END; else {
		flight = hash_table_lookup(lookup->flights, key);
		if (flight != NULL)
			flight->forget = TRUE;
		flight = hash_table_lookup(lookup->compares, key);
		if (flight != NULL)
			flight->forget = TRUE;
	}
}

static void
lookup_flight_send_event(struct lookup_flight *flight,
			 const struct referral_lookup_result *result)
{
	const char *status = referral_status_to_string(result->status);
	const char *source = referral_source_to_string(result->source);
	struct timeval now;
	long long usecs;
	struct event_passthrough *e =
		event_create_passthrough(flight->event)->
		set_name("login_referral_lookup_finished")->
		add_str("user", flight->user)->
		add_str("key", flight->key)->
		add_str("result", status)->
		add_str("source", source);

	if (result->server != NULL)
		e->add_str("server", result->server);
	if (result->error != NULL)
		e->add_str("error", result->error);
	/* the loop's own time may be older than the answer */
	i_gettimeofday(&now);
	usecs = I_MAX(timeval_diff_usecs(&now, &flight->started), 0);
	e_debug(e->event(), "Lookup of %s finished: %s (%s, %lld.%03lld ms)"
		"%s%s", str_sanitize(flight->user, 128), status, source,
		usecs / 1000, usecs % 1000, result->error == NULL ? "" : ": ",
		result->error == NULL ? "" : result->error);
}

static bool
lookup_strings_equal(const char *const *strings1, const char *const *strings2)
{
	if (strings1 == NULL || strings2 == NULL)
		return strings1 == strings2;
	while (*strings1 != NULL && null_strcmp(*strings1, *strings2) == 0) {
		strings1++;
		strings2++;
	}
	return *strings1 == *strings2;
}

/* before the new answer takes the place of the old one */
static void
lookup_flight_tell_changed(struct lookup_flight *flight,
			   const struct referral_lookup_result *result)
{
	struct referral_lookup *lookup = flight->lookup;
	struct referral_lookup_result last;

	if (!referral_cache_get_last(lookup->cache, &flight->kept, &last) ||
	    (last.status == result->status &&
	     null_strcmp(last.action, result->action) == 0 &&
	     lookup_strings_equal(last.mailhosts, result->mailhosts)))
		return;
	lookup->changed_at = ioloop_time;
	if (lookup->changed_callback != NULL) {
		lookup->changed_callback(flight->user, &last, result,
					 lookup->changed_context);
	}
}

static void
lookup_flight_keep(struct lookup_flight *flight,
		   struct referral_lookup_result *result)
{
	struct referral_lookup *lookup = flight->lookup;

	if (result->status == REFERRAL_LOOKUP_DISAGREE) {
		lookup->changed_at = ioloop_time;
		/* nobody else is sent away on it */
		(void)referral_cache_forget(lookup->cache, &flight->kept);
		return;
	}
	if (result->late != NULL)
		lookup->changed_at = ioloop_time;
	lookup_flight_tell_changed(flight, result);
	if (!flight->forget) {
		referral_cache_update(lookup->cache, &flight->kept, ioloop_time,
				      result);
	}
}

/* No server can answer. Returns FALSE if nothing else can. */
static bool
lookup_flight_get_older(struct lookup_flight *flight,
			struct referral_lookup_result *result_r)
{
	struct referral_lookup *lookup = flight->lookup;

	if (referral_lookup_mirrored(lookup, flight->user, result_r) ==
	    REFERRAL_MIRROR_ANSWER)
		return TRUE;
	i_zero(result_r);
	if (lookup->mirror != NULL &&
	    lookup->mirror->lookup_stale(lookup->mirror_context, flight->user,
					 result_r))
		return TRUE;
	return referral_cache_lookup_stale(lookup->cache, &flight->kept,
					   ioloop_time, result_r);
}

static void
lookup_flight_answered(struct lookup_flight *flight,
		       struct referral_lookup_result *result)
{
	struct referral_lookup_result older;

	if (result->status != REFERRAL_LOOKUP_UNAVAILABLE) {
		lookup_flight_keep(flight, result);
		result->compared = flight->compared || flight->all;
	} else if (lookup_flight_get_older(flight, &older)) {
		older.error = result->error;
		*result = older;
	}
	lookup_flight_send_event(flight, result);
	lookup_flight_finish(flight, result);
}

static void
lookup_ask_callback(struct referral_lookup_result *result,
		    const struct referral_ldap_result *search ATTR_UNUSED,
		    void *context)
{
	struct lookup_flight *flight = context;

	flight->ask = NULL;
	lookup_flight_answered(flight, result);
}

/* Who asked was told that nobody answers, but the next one need not ask. */
void referral_lookup_late(const char *key,
			  const struct referral_ldap_result *search,
			  void *context)
{
	struct referral_lookup *lookup = context;
	const struct referral_key kept = referral_key(key);
	struct referral_lookup_result result;

	if (ioloop_time - lookup->flushed_at < LOOKUP_LATE_MAX_SECS) {
		/* It may have been asked before that. */
		return;
	}
	if (!referral_question_is_answer(lookup->question, search))
		return;
	referral_question_get_result(lookup->question, NULL, search, &result);
	referral_cache_update(lookup->cache, &kept, ioloop_time, &result);
}

static void lookup_no_client_timeout(struct lookup_flight *flight)
{
	lookup_flight_fail(flight, "no directory to ask: referral_ldap_uris "
		"is empty, and no passdb has set the field that "
		"referral_mailhost_field names");
}

static void
lookup_compare_callback(struct referral_lookup_result *result, void *context)
{
	struct lookup_flight *flight = context;

	flight->compare = NULL;
	lookup_flight_answered(flight, result);
}

static void lookup_flight_search(struct lookup_flight *flight,
				 const struct referral_user *user)
{
	struct referral_lookup *lookup = flight->lookup;

	if (lookup->client == NULL) {
		flight->to = timeout_add_short(0, lookup_no_client_timeout,
					       flight);
		return;
	}
	if (flight->all) {
		flight->compare = referral_lookup_compare_start(lookup->servers,
			lookup->question, user,
			lookup_compare_callback, flight);
	} else {
		const struct lookup_ask_params params = {
			.client = lookup->client,
			.uris = lookup->uris,
			.question = lookup->question,
			.user = user,
			.key = flight->key,
		};
		flight->ask = referral_lookup_ask_start(&params,
			lookup_ask_callback, flight);
	}
}

static struct lookup_flight *
lookup_flight_create(struct referral_lookup *lookup,
		     const struct referral_key *key,
		     const struct referral_user *user, bool all)
{
	struct lookup_flight *flight;

	flight = i_new(struct lookup_flight, 1);
	flight->lookup = lookup;
	flight->key = i_strdup(key->str);
	flight->kept = *key;
	flight->kept.str = flight->key;
	flight->user = i_strdup(user->name);
	flight->all = all;
	flight->started = ioloop_timeval;
	flight->event = event_create(lookup->event);
	if (all)
		hash_table_insert(lookup->compares, flight->key, flight);
	else
		hash_table_insert(lookup->flights, flight->key, flight);

	T_BEGIN {
		lookup_flight_search(flight, user);
	} T_END;
	return flight;
}

/* One that is under way, or a new one */
static struct lookup_flight *
lookup_flight_get(struct referral_lookup *lookup,
		  const struct referral_user *user)
{
	const struct referral_key key = referral_key(
		referral_question_get_key(lookup->question, user));
	struct lookup_flight *flight;
	bool all, compared;

	/* what all say is good for everyone */
	flight = hash_table_lookup(lookup->compares, key.str);
	if (flight != NULL)
		return flight;
	compared = referral_bounces_get(lookup->bounces, &key, ioloop_time) ==
		REFERRAL_BOUNCE_COMPARE;
	all = (compared || referral_lookup_is_changing(lookup)) &&
		lookup->servers != NULL;
	if (!all)
		flight = hash_table_lookup(lookup->flights, key.str);
	if (flight == NULL)
		flight = lookup_flight_create(lookup, &key, user, all);
	if (compared)
		flight->compared = TRUE;
	return flight;
}

static void lookup_request_timeout(struct referral_lookup_request *request)
{
	struct lookup_flight *flight = request->flight;
	referral_lookup_callback_t *callback = request->callback;
	void *context = request->context;
	struct referral_lookup_result result;

	timeout_remove(&request->to);
	if (!referral_cache_lookup(flight->lookup->cache, &flight->kept,
				   ioloop_time, &result))
		return;
	lookup_request_free(request);
	callback(&result, context);
}

struct referral_lookup_request *
referral_lookup_start(struct referral_lookup *lookup,
		      const struct referral_user *user,
		      bool impatient,
		      referral_lookup_callback_t *callback, void *context)
{
	struct referral_lookup_request *request;
	struct lookup_flight *flight = lookup_flight_get(lookup, user);

	request = i_new(struct referral_lookup_request, 1);
	request->flight = flight;
	request->callback = callback;
	request->context = context;
	if (impatient) {
		request->to = timeout_add_short(LOOKUP_PATIENCE_MSECS,
						lookup_request_timeout,
						request);
	}
	DLLIST2_APPEND(&flight->requests_head, &flight->requests_tail,
		       request);
	return request;
}

void referral_lookup_cancel(struct referral_lookup_request **_request)
{
	struct referral_lookup_request *request = *_request;

	*_request = NULL;
	/* a search that nobody waits for any more still fills the cache */
	if (request != NULL)
		lookup_request_free(request);
}
