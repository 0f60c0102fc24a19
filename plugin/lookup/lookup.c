/* The public calls: see lookup.h */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "restrict-process-size.h"
#include "referral-settings.h"
#include "bounce.h"
#include "cache.h"
#include "keyhash.h"
#include "ldap-client.h"
#include "question.h"
#include "lookup-compare.h"
#include "lookup-probe.h"
#include "lookup-private.h"

/* Users sent away within referral_bounce_time: a memory of 1 MB */
#define LOOKUP_MAX_BOUNCES 65536
/* How long after a change a copy of the directory that is late, or another of
   our servers, may have another answer. */
#define LOOKUP_CHANGING_SECS 300
/* A directory that restarts keeps as many waiting at a site of any size. */
#define LOOKUP_FEW_WAITING 1000

static int
lookup_init_client(struct referral_lookup *lookup,
		   const struct referral_directory_settings *set,
		   const char *dns_client_socket_path, const char **error_r)
{
	if (*t_strsplit_spaces(set->referral_ldap_uris, " \t") == NULL)
		return 0;
	if (referral_ldap_client_init(lookup->event, set,
				      dns_client_socket_path,
				      &lookup->client, error_r) < 0)
		return -1;
	lookup->uris = (const char *const *)
		p_strsplit_spaces(lookup->pool, set->referral_ldap_uris, " \t");
	referral_ldap_client_set_late_callback(lookup->client,
					       referral_lookup_late, lookup);
	referral_ldap_client_limit_waiting(lookup->client,
					   lookup->memory.waiting);
	return referral_lookup_servers_init(lookup->event, set,
					    dns_client_socket_path,
					    &lookup->servers, error_r);
}

static void
lookup_init_memory(struct referral_lookup *lookup,
		   const struct referral_directory_settings *set,
		   unsigned int directories)
{
	struct referral_memory memory = {
		.directories = directories,
		.cache_size = set->referral_cache_size,
		.mirror = set->referral_mirror,
	};
	rlim_t limit;

	if (restrict_get_process_size(&limit) == 0 && limit != RLIM_INFINITY)
		memory.limit = limit;
	referral_memory_share_out(&memory, &lookup->memory);
	if (lookup->memory.cache_bytes < set->referral_cache_size) {
		e_warning(lookup->event,
			  "referral_cache_size (%"PRIuUOFF_T"M) is more than "
			  "the auth process (%"PRIu64"M) has to spare: %zuM "
			  "are used (raise vsz_limit of service auth)",
			  set->referral_cache_size / (1024*1024),
			  memory.limit / (1024*1024),
			  lookup->memory.cache_bytes / (1024*1024));
	}
	if (lookup->memory.waiting < LOOKUP_FEW_WAITING) {
		e_warning(lookup->event, "the auth process (%"PRIu64"M) has "
			  "no memory for more than %u logins that wait for "
			  "the directory at a time (raise vsz_limit of "
			  "service auth)", memory.limit / (1024*1024),
			  lookup->memory.waiting);
	}
}

static void
lookup_init_cache(struct referral_lookup *lookup,
		  const struct referral_directory_settings *set)
{
	const struct referral_cache_settings cache_set = {
		.ttl_secs = set->referral_cache_ttl,
		.negative_ttl_secs = set->referral_cache_negative_ttl,
		.stale_ttl_secs = set->referral_cache_stale_ttl,
		.max_bytes = lookup->memory.cache_bytes,
	};

	lookup->home_ttl_secs = set->referral_cache_home_ttl;
	lookup->stale_home_ttl_secs = set->referral_cache_stale_home_ttl;
	lookup->away_ttl_secs = set->referral_cache_away_ttl;
	lookup->cache = referral_cache_create(&cache_set);
	lookup->bounces = referral_bounces_create(set->referral_bounce_time,
						  LOOKUP_MAX_BOUNCES);
}

int referral_lookup_init(struct event *event_parent,
			 const struct referral_directory_settings *set,
			 const char *dns_client_socket_path,
			 unsigned int directories,
			 struct referral_lookup **lookup_r,
			 const char **error_r)
{
	struct referral_lookup *lookup;
	pool_t pool;

	pool = pool_alloconly_create("referral lookup", 1024);
	lookup = p_new(pool, struct referral_lookup, 1);
	lookup->pool = pool;
	lookup->event = event_create(event_parent);
	hash_table_create(&lookup->flights, default_pool, 0,
			  referral_keyhash_str, strcmp);
	hash_table_create(&lookup->compares, default_pool, 0,
			  referral_keyhash_str, strcmp);
	lookup_init_memory(lookup, set, directories);
	lookup_init_cache(lookup, set);

	if (referral_question_create(pool, set, &lookup->question,
				     error_r) < 0 ||
	    lookup_init_client(lookup, set, dns_client_socket_path,
			       error_r) < 0) {
		referral_lookup_deinit(&lookup);
		return -1;
	}
	*lookup_r = lookup;
	return 0;
}

void referral_lookup_probe(struct referral_lookup *lookup)
{
	if (lookup->client != NULL) T_BEGIN {
		lookup->probe = referral_lookup_probe_start(lookup->event,
			lookup->client, lookup->question);
	} T_END;
}

void referral_lookup_deinit(struct referral_lookup **_lookup)
{
	struct referral_lookup *lookup = *_lookup;

	*_lookup = NULL;
	if (lookup == NULL)
		return;
	referral_lookup_probe_stop(&lookup->probe);
	referral_lookup_flights_abort(lookup);
	if (lookup->client != NULL)
		referral_ldap_client_deinit(&lookup->client);
	referral_lookup_servers_deinit(&lookup->servers);
	hash_table_destroy(&lookup->flights);
	hash_table_destroy(&lookup->compares);
	referral_bounces_destroy(&lookup->bounces);
	referral_cache_destroy(&lookup->cache);
	referral_question_deinit(&lookup->question);
	event_unref(&lookup->event);
	pool_unref(&lookup->pool);
}

enum referral_mirror_reply
referral_lookup_mirrored(struct referral_lookup *lookup, const char *user,
			 struct referral_lookup_result *result_r)
{
	if (lookup->mirror == NULL)
		return REFERRAL_MIRROR_NOT_IN_SYNC;
	i_zero(result_r);
	result_r->source = REFERRAL_SOURCE_MIRROR;
	return lookup->mirror->lookup(lookup->mirror_context, user, result_r);
}

bool referral_lookup_cached(struct referral_lookup *lookup,
			    const struct referral_user *user, bool *again_r,
			    struct referral_lookup_result *result_r)
{
	const struct referral_key key = referral_key(
		referral_question_get_key(lookup->question, user));
	enum referral_bounce bounce =
		referral_bounces_get(lookup->bounces, &key, ioloop_time);
	enum referral_mirror_reply reply = REFERRAL_MIRROR_NOT_IN_SYNC;

	*again_r = bounce != REFERRAL_BOUNCE_NONE;
	/* what the mirror says is true now, but another server may know
	   better */
	if (bounce != REFERRAL_BOUNCE_COMPARE || lookup->servers == NULL)
		reply = referral_lookup_mirrored(lookup, user->name, result_r);
	if (reply == REFERRAL_MIRROR_ANSWER)
		return TRUE;
	return !*again_r &&
		referral_cache_lookup(lookup->cache, &key, ioloop_time,
				      result_r) &&
		/* A home that the mirror does not know of (any more) is no
		   home. */
		(reply == REFERRAL_MIRROR_NOT_IN_SYNC ||
		 result_r->status != REFERRAL_LOOKUP_HOSTS);
}

bool referral_lookup_is_fresh(const struct referral_lookup *lookup,
			      const struct referral_lookup_result *result,
			      bool away)
{
	switch (result->source) {
	case REFERRAL_SOURCE_CACHE:
		return result->age_secs < (away ? lookup->away_ttl_secs :
					   lookup->home_ttl_secs);
	case REFERRAL_SOURCE_STALE:
		return away || result->age_secs < lookup->stale_home_ttl_secs;
	case REFERRAL_SOURCE_MIRROR:
	case REFERRAL_SOURCE_FIELD:
	case REFERRAL_SOURCE_LDAP:
		break;
	}
	return TRUE;
}

bool referral_lookup_is_changing(const struct referral_lookup *lookup)
{
	return lookup->changed_at != 0 &&
		ioloop_time - lookup->changed_at < LOOKUP_CHANGING_SECS;
}

static enum referral_bounce_answer
lookup_result_to_bounce(const struct referral_lookup_result *result)
{
	if (result->compared)
		return REFERRAL_BOUNCE_ANSWER_COMPARED;
	return result->source == REFERRAL_SOURCE_LDAP ||
		result->source == REFERRAL_SOURCE_MIRROR ?
		REFERRAL_BOUNCE_ANSWER_FRESH : REFERRAL_BOUNCE_ANSWER_KEPT;
}

void referral_lookup_used(struct referral_lookup *lookup,
			  const struct referral_user *user,
			  const struct referral_lookup_result *result,
			  bool sent_away)
{
	struct referral_key key;

	referral_cache_count(lookup->cache, result->source);
	if (result->status != REFERRAL_LOOKUP_DISAGREE && !sent_away)
		return;
	key = referral_key(referral_question_get_key(lookup->question, user));
	if (result->status == REFERRAL_LOOKUP_DISAGREE) {
		referral_bounces_disagreed(lookup->bounces, &key, ioloop_time);
	} else {
		referral_bounces_sent(lookup->bounces, &key, ioloop_time,
				      lookup_result_to_bounce(result));
	}
}

unsigned int referral_lookup_flush(struct referral_lookup *lookup,
				   const char *user)
{
	const struct referral_user who = { .name = user };
	struct referral_key key;

	if (user == NULL || !referral_question_key_is_name(lookup->question)) {
		referral_lookup_flights_forget(lookup, NULL);
		return referral_cache_forget_all(lookup->cache);
	}
	key = referral_key(referral_question_get_key(lookup->question, &who));
	referral_lookup_flights_forget(lookup, key.str);
	return referral_cache_forget(lookup->cache, &key);
}

void referral_lookup_set_mirror(struct referral_lookup *lookup,
				const struct referral_mirror_vfuncs *v,
				void *context)
{
	lookup->mirror = v;
	lookup->mirror_context = context;
}

void referral_lookup_mirror_changed(
	struct referral_lookup *lookup, const char *user,
	const struct referral_lookup_result *old_result,
	const struct referral_lookup_result *new_result)
{
	lookup->changed_at = ioloop_time;
	(void)referral_lookup_flush(lookup, user);
	if (lookup->changed_callback != NULL) {
		lookup->changed_callback(user, old_result, new_result,
					 lookup->changed_context);
	}
}

void referral_lookup_set_changed(struct referral_lookup *lookup,
				 referral_lookup_changed_t *callback,
				 void *context)
{
	lookup->changed_callback = callback;
	lookup->changed_context = context;
}

struct referral_ldap_client *
referral_lookup_get_client(struct referral_lookup *lookup)
{
	return lookup->client;
}

void referral_lookup_result_dup(pool_t pool,
				const struct referral_lookup_result *src,
				struct referral_lookup_result *dest_r)
{
	*dest_r = *src;
	if (src->mailhosts != NULL)
		dest_r->mailhosts = p_strarray_dup(pool, src->mailhosts);
	dest_r->hosts = NULL;
	dest_r->action = p_strdup(pool, src->action);
	dest_r->error = p_strdup(pool, src->error);
	dest_r->late = p_strdup(pool, src->late);
	dest_r->server = p_strdup(pool, src->server);
}

const struct referral_cache_stats *
referral_lookup_get_cache_stats(const struct referral_lookup *lookup)
{
	return referral_cache_get_stats(lookup->cache);
}

unsigned int
referral_lookup_get_searches_count(const struct referral_lookup *lookup)
{
	return hash_table_count(lookup->flights) +
		hash_table_count(lookup->compares);
}

bool referral_lookup_get_servers(const struct referral_lookup *lookup,
				 struct referral_ldap_client_status *status_r)
{
	if (lookup->client == NULL)
		return FALSE;
	referral_ldap_client_get_status(lookup->client, status_r);
	return TRUE;
}
