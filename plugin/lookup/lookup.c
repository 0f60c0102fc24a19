/* The public calls: see lookup.h */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "referral-settings.h"
#include "cache.h"
#include "keyhash.h"
#include "ldap-client.h"
#include "question.h"
#include "lookup-private.h"

static int
lookup_init_client(struct referral_lookup *lookup,
		   const struct referral_directory_settings *set,
		   const char *dns_client_socket_path, const char **error_r)
{
	if (*t_strsplit_spaces(set->referral_ldap_uris, " \t") == NULL)
		return 0;
	return referral_ldap_client_init(lookup->event, set,
					 dns_client_socket_path,
					 &lookup->client, error_r);
}

static void
lookup_init_cache(struct referral_lookup *lookup,
		  const struct referral_directory_settings *set)
{
	const struct referral_cache_settings cache_set = {
		.ttl_secs = set->referral_cache_ttl,
		.negative_ttl_secs = set->referral_cache_negative_ttl,
		.stale_ttl_secs = set->referral_cache_stale_ttl,
		.max_bytes = I_MIN(set->referral_cache_size, SIZE_MAX),
	};

	lookup->cache = referral_cache_create(&cache_set);
}

int referral_lookup_init(struct event *event_parent,
			 const struct referral_directory_settings *set,
			 const char *dns_client_socket_path,
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

void referral_lookup_deinit(struct referral_lookup **_lookup)
{
	struct referral_lookup *lookup = *_lookup;

	*_lookup = NULL;
	if (lookup == NULL)
		return;
	referral_lookup_flights_abort(lookup);
	if (lookup->client != NULL)
		referral_ldap_client_deinit(&lookup->client);
	hash_table_destroy(&lookup->flights);
	referral_cache_destroy(&lookup->cache);
	referral_question_deinit(&lookup->question);
	event_unref(&lookup->event);
	pool_unref(&lookup->pool);
}

static enum referral_mirror_reply
lookup_mirrored(struct referral_lookup *lookup, const char *user,
		struct referral_lookup_result *result_r)
{
	if (lookup->mirror == NULL)
		return REFERRAL_MIRROR_NOT_IN_SYNC;
	i_zero(result_r);
	result_r->source = REFERRAL_SOURCE_MIRROR;
	return lookup->mirror->lookup(lookup->mirror_context, user, result_r);
}

bool referral_lookup_cached(struct referral_lookup *lookup, const char *user,
			    enum referral_lookup_flags flags,
			    struct referral_lookup_result *result_r)
{
	enum referral_mirror_reply reply =
		lookup_mirrored(lookup, user, result_r);
	const char *key;
	bool found;

	if (reply == REFERRAL_MIRROR_ANSWER)
		return TRUE;
	key = referral_question_get_key(lookup->question, user);
	if ((flags & REFERRAL_LOOKUP_FLAG_EXPLAIN) != 0) {
		found = referral_cache_peek(lookup->cache, key, ioloop_time,
					    FALSE, result_r);
	} else {
		found = referral_cache_lookup(lookup->cache, key, ioloop_time,
					      result_r);
	}
	/* A home that the mirror does not know of (any more) is no home. */
	return found && (reply == REFERRAL_MIRROR_NOT_IN_SYNC ||
			 result_r->status != REFERRAL_LOOKUP_HOSTS);
}

unsigned int referral_lookup_flush(struct referral_lookup *lookup,
				   const char *user)
{
	const char *key = NULL;

	if (user != NULL)
		key = referral_question_get_key(lookup->question, user);
	referral_lookup_flights_forget(lookup, key);
	return key == NULL ? referral_cache_forget_all(lookup->cache) :
		referral_cache_forget(lookup->cache, key);
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

const struct referral_cache_stats *
referral_lookup_get_cache_stats(const struct referral_lookup *lookup)
{
	return referral_cache_get_stats(lookup->cache);
}

unsigned int
referral_lookup_get_searches_count(const struct referral_lookup *lookup)
{
	return hash_table_count(lookup->flights);
}
