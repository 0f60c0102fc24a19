/* One search and everyone who waits for its answer. */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "llist.h"
#include "str-sanitize.h"
#include "time-util.h"
#include "cache.h"
#include "words.h"
#include "ldap-client.h"
#include "question.h"
#include "lookup-private.h"

struct lookup_flight {
	struct referral_lookup *lookup;
	char *key;
	/* who was the first to ask */
	char *user;
	struct event *event;
	struct timeval started;
	struct referral_ldap_request *search;
	/* without an LDAP client: the failure, told from the ioloop */
	struct timeout *to;
	struct referral_lookup_request *requests_head, *requests_tail;
	/* a login has asked, not only somebody who wants to know */
	bool login;
	/* flushed meanwhile */
	bool forget;
};

struct referral_lookup_request {
	struct referral_lookup_request *prev, *next;
	struct lookup_flight *flight;

	referral_lookup_callback_t *callback;
	void *context;
};

/* Tell everyone who waits. A callback may start lookups and cancel others,
   also of this flight. */
static void
lookup_flight_finish(struct lookup_flight *flight,
		     const struct referral_lookup_result *result)
{
	struct referral_lookup_request *request;

	hash_table_remove(flight->lookup->flights, flight->key);
	if (flight->search != NULL)
		referral_ldap_search_cancel(&flight->search);
	timeout_remove(&flight->to);

	while ((request = flight->requests_head) != NULL) {
		referral_lookup_callback_t *callback = request->callback;
		void *context = request->context;

		DLLIST2_REMOVE(&flight->requests_head, &flight->requests_tail,
			       request);
		i_free(request);
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

void referral_lookup_flights_abort(struct referral_lookup *lookup)
{
	struct hash_iterate_context *iter;
	struct lookup_flight *flight;
	char *key;

	while (hash_table_count(lookup->flights) > 0) {
		iter = hash_table_iterate_init(lookup->flights);
		if (!hash_table_iterate(iter, lookup->flights, &key, &flight))
			i_unreached();
		hash_table_iterate_deinit(&iter);
		lookup_flight_fail(flight, "lookup aborted: shutting down");
	}
}

void referral_lookup_flights_forget(struct referral_lookup *lookup,
				    const char *key)
{
	struct hash_iterate_context *iter;
	struct lookup_flight *flight;
	char *flight_key;

	if (key != NULL) {
		flight = hash_table_lookup(lookup->flights, key);
		if (flight != NULL)
			flight->forget = TRUE;
		return;
	}
	iter = hash_table_iterate_init(lookup->flights);
	while (hash_table_iterate(iter, lookup->flights, &flight_key, &flight))
		flight->forget = TRUE;
	hash_table_iterate_deinit(&iter);
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

	if (lookup->changed_callback == NULL ||
	    !referral_cache_get_last(lookup->cache, flight->key, &last) ||
	    (last.status == result->status &&
	     null_strcmp(last.action, result->action) == 0 &&
	     lookup_strings_equal(last.mailhosts, result->mailhosts)))
		return;
	lookup->changed_callback(flight->user, &last, result,
				 lookup->changed_context);
}

static bool
lookup_flight_mirror_stale(struct lookup_flight *flight,
			   struct referral_lookup_result *result)
{
	struct referral_lookup *lookup = flight->lookup;

	return lookup->mirror != NULL &&
		lookup->mirror->lookup_stale(lookup->mirror_context,
					     flight->user, result);
}

static void
lookup_flight_answered(struct lookup_flight *flight,
		       struct referral_lookup_result *result)
{
	struct referral_lookup *lookup = flight->lookup;
	const char *error = result->error;

	if (result->status != REFERRAL_LOOKUP_UNAVAILABLE) {
		lookup_flight_tell_changed(flight, result);
		if (!flight->forget) {
			referral_cache_update(lookup->cache, flight->key,
					      ioloop_time, result);
		}
	} else if (lookup_flight_mirror_stale(flight, result)) {
		result->error = error;
	} else if (flight->login ?
		   referral_cache_lookup_stale(lookup->cache, flight->key,
					       ioloop_time, result) :
		   referral_cache_peek(lookup->cache, flight->key, ioloop_time,
				       TRUE, result)) {
		result->error = error;
	}
	lookup_flight_send_event(flight, result);
	lookup_flight_finish(flight, result);
}

static void lookup_search_callback(const struct referral_ldap_result *search,
				   void *context)
{
	struct lookup_flight *flight = context;
	struct referral_lookup_result result;

	flight->search = NULL;
	referral_question_get_result(flight->lookup->question, search,
				     &result);
	lookup_flight_answered(flight, &result);
}

static void lookup_no_client_timeout(struct lookup_flight *flight)
{
	lookup_flight_fail(flight, "no directory to ask: referral_ldap_uris "
		"is empty, and no passdb has set the field that "
		"referral_mailhost_field names");
}

static void lookup_flight_search(struct lookup_flight *flight)
{
	struct referral_lookup *lookup = flight->lookup;
	struct referral_ldap_search_params params;

	if (lookup->client == NULL) {
		flight->to = timeout_add_short(0, lookup_no_client_timeout,
					       flight);
		return;
	}
	referral_question_get_search(lookup->question, flight->user, &params);
	flight->search = referral_ldap_search(lookup->client, &params,
					      lookup_search_callback, flight);
}

static struct lookup_flight *
lookup_flight_create(struct referral_lookup *lookup, const char *key,
		     const char *user)
{
	struct lookup_flight *flight;

	flight = i_new(struct lookup_flight, 1);
	flight->lookup = lookup;
	flight->key = i_strdup(key);
	flight->user = i_strdup(user);
	flight->started = ioloop_timeval;
	flight->event = event_create(lookup->event);
	hash_table_insert(lookup->flights, flight->key, flight);

	T_BEGIN {
		lookup_flight_search(flight);
	} T_END;
	return flight;
}

struct referral_lookup_request *
referral_lookup_start(struct referral_lookup *lookup, const char *user,
		      enum referral_lookup_flags flags,
		      referral_lookup_callback_t *callback, void *context)
{
	struct referral_lookup_request *request;
	struct lookup_flight *flight;
	const char *key = referral_question_get_key(lookup->question, user);

	flight = hash_table_lookup(lookup->flights, key);
	if (flight == NULL)
		flight = lookup_flight_create(lookup, key, user);
	if ((flags & REFERRAL_LOOKUP_FLAG_EXPLAIN) == 0)
		flight->login = TRUE;

	request = i_new(struct referral_lookup_request, 1);
	request->flight = flight;
	request->callback = callback;
	request->context = context;
	DLLIST2_APPEND(&flight->requests_head, &flight->requests_tail,
		       request);
	return request;
}

void referral_lookup_cancel(struct referral_lookup_request **_request)
{
	struct referral_lookup_request *request = *_request;
	struct lookup_flight *flight;

	*_request = NULL;
	if (request == NULL)
		return;
	flight = request->flight;
	DLLIST2_REMOVE(&flight->requests_head, &flight->requests_tail,
		       request);
	i_free(request);
	/* a search that nobody waits for any more still fills the cache */
}
