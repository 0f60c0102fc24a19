#ifndef REFERRAL_CACHE_H
#define REFERRAL_CACHE_H

/* What the directory said, for a while. Bounded in memory, least recently used
   first out. No clock: the time is an argument. */

#include "referral-decision.h"

struct referral_cache;
struct referral_key;

struct referral_cache_settings {
	/* how long _HOSTS is fresh; 0 = not kept at all */
	unsigned int ttl_secs;
	/* how long _NO_ENTRY and _NO_VALUE are fresh; 0 = not kept */
	unsigned int negative_ttl_secs;
	/* how much longer _HOSTS may be used while no server can answer.
	   What the directory did not know has no such second life: its
	   answers change soonest, and may mean a local session. */
	unsigned int stale_ttl_secs;
	/* for all of it, tables and malloc()'s overhead too; a growing
	   cache never pauses, and takes memory as it grows */
	size_t max_bytes;
};

struct referral_cache_stats {
	/* logins: see referral_cache_count(); misses are those for which the
	   directory was asked */
	uint64_t hits, misses, stale;
	uint64_t evictions;
	/* without those that are forgotten and only keep their place */
	unsigned int entries;
	size_t bytes;
};

struct referral_cache *
referral_cache_create(const struct referral_cache_settings *set);
void referral_cache_destroy(struct referral_cache **cache);

/* Returns TRUE and result_r (source _CACHE) if there is a fresh answer. It is
   valid until the next update. An answer from the future, because the clock
   was set back, is not fresh. */
bool referral_cache_lookup(struct referral_cache *cache,
			   const struct referral_key *key, time_t now,
			   struct referral_lookup_result *result_r);
/* The same (source _STALE) for an answer that is fresh or stale: only for
   when no server can answer. */
bool referral_cache_lookup_stale(struct referral_cache *cache,
				 const struct referral_key *key, time_t now,
				 struct referral_lookup_result *result_r);
/* What was kept last, however old, forgotten or not: only to see what has
   changed since. */
bool referral_cache_get_last(struct referral_cache *cache,
			     const struct referral_key *key,
			     struct referral_lookup_result *result_r);
/* Keep a new answer in place of an older one. _SEVERAL_ENTRIES is not kept,
   but the older answer is forgotten; with _UNAVAILABLE it stays. If the answer
   is kept, result points into it afterwards, with its hosts parsed, until the
   next update. */
void referral_cache_update(struct referral_cache *cache,
			   const struct referral_key *key, time_t now,
			   struct referral_lookup_result *result);

/* The answers for key, or for all keys, are used no more, not even as stale
   ones. Takes the same short time for all of them as for one. Returns how many
   there were. */
unsigned int referral_cache_forget(struct referral_cache *cache,
				   const struct referral_key *key);
unsigned int referral_cache_forget_all(struct referral_cache *cache);

/* A login has used an answer from there. */
void referral_cache_count(struct referral_cache *cache,
			  enum referral_lookup_source source);
const struct referral_cache_stats *
referral_cache_get_stats(const struct referral_cache *cache);

#endif
