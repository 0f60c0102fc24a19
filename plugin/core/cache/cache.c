/* Cache of lookup results. A user costs one small record: users share few
   answers. */

#include "lib.h"
#include "hash.h"
#include "llist.h"
#include "primes.h"
#include "answer.h"
#include "keyhash.h"
#include "cache.h"

#define CACHE_MIN_SLOTS 67
/* One slot for this many bytes of the cache: so few that empty slots cost
   little, so many that the table never grows, which would be a pause. */
#define CACHE_BYTES_PER_SLOT 192
/* An answer larger than this part of the cache is not worth keeping. */
#define CACHE_MAX_SHARE 8

struct cache_entry {
	/* the most recently used one is the first */
	struct cache_entry *prev, *next;
	struct referral_answer *answer;
	/* truncated: see cache_entry_get_age() */
	uint32_t created;
	/* usable if this is the cache's */
	unsigned int epoch:24;
	/* who said so: an index + 1 into servers; 0 = not known */
	unsigned int server:8;
	char key[];
};

struct referral_cache {
	struct referral_cache_settings set;
	struct referral_cache_stats stats;

	HASH_TABLE(char *, struct cache_entry *) entries;
	struct cache_entry *head, *tail;
	struct referral_answers answers;

	/* 0 is no entry's own */
	unsigned int epoch:24;
	char *servers[UINT8_MAX];
	unsigned int servers_count;
};

struct referral_cache *
referral_cache_create(const struct referral_cache_settings *set)
{
	struct referral_cache *cache;
	unsigned int slots;

	slots = I_MIN(set->max_bytes / CACHE_BYTES_PER_SLOT, UINT_MAX / 4);
	cache = i_new(struct referral_cache, 1);
	cache->set = *set;
	cache->epoch = 1;
	hash_table_create(&cache->entries, default_pool, slots,
			  referral_keyhash_str, strcmp);
	referral_answers_init(&cache->answers, &cache->stats.bytes);
	slots = I_MAX(primes_closest(slots), CACHE_MIN_SLOTS);
	cache->stats.bytes =
		REFERRAL_ALLOC_SIZE(slots * REFERRAL_HASH_SLOT_SIZE);
	return cache;
}

static size_t cache_entry_get_alloc_size(const char *key)
{
	return offsetof(struct cache_entry, key) + strlen(key) + 1;
}

static size_t cache_entry_get_cost(const char *key)
{
	return REFERRAL_ALLOC_SIZE(cache_entry_get_alloc_size(key)) +
		REFERRAL_HASH_NODE_SIZE;
}

static bool
cache_entry_is_usable(const struct referral_cache *cache,
		      const struct cache_entry *entry)
{
	return entry->epoch == cache->epoch;
}

static void
cache_entry_forget(struct referral_cache *cache, struct cache_entry *entry)
{
	if (cache_entry_is_usable(cache, entry)) {
		entry->epoch = 0;
		cache->stats.entries--;
	}
}

static void
cache_entry_free(struct referral_cache *cache, struct cache_entry *entry)
{
	char *key = entry->key;

	hash_table_remove(cache->entries, key);
	DLLIST2_REMOVE(&cache->head, &cache->tail, entry);
	cache->stats.bytes -= cache_entry_get_cost(entry->key);
	cache_entry_forget(cache, entry);
	referral_answers_unref(&cache->answers, &entry->answer);
	i_free(entry);
}

static struct cache_entry *
cache_entry_create(struct referral_cache *cache, const char *key)
{
	struct cache_entry *entry;
	char *entry_key;

	entry = i_malloc(cache_entry_get_alloc_size(key));
	entry_key = entry->key;
	memcpy(entry_key, key, strlen(key) + 1);
	hash_table_insert(cache->entries, entry_key, entry);
	DLLIST2_PREPEND(&cache->head, &cache->tail, entry);
	cache->stats.bytes += cache_entry_get_cost(key);
	entry->epoch = 0;
	return entry;
}

void referral_cache_destroy(struct referral_cache **_cache)
{
	struct referral_cache *cache = *_cache;

	*_cache = NULL;
	if (cache == NULL)
		return;
	while (cache->head != NULL)
		cache_entry_free(cache, cache->head);
	for (unsigned int i = 0; i < cache->servers_count; i++)
		i_free(cache->servers[i]);
	hash_table_destroy(&cache->entries);
	referral_answers_deinit(&cache->answers);
	i_free(cache);
}

/* Negative if the clock was set back; good for 68 years. */
static int32_t
cache_entry_get_age(const struct cache_entry *entry, time_t now)
{
	return (int32_t)((uint32_t)now - entry->created);
}

static void
cache_entry_get_result(const struct referral_cache *cache,
		       const struct cache_entry *entry,
		       struct referral_lookup_result *result_r)
{
	i_zero(result_r);
	result_r->status = entry->answer->status;
	result_r->mailhosts = entry->answer->mailhosts;
	result_r->action = entry->answer->action;
	if (entry->server > 0)
		result_r->server = cache->servers[entry->server - 1];
}

static struct cache_entry *
cache_find(struct referral_cache *cache, const char *key, time_t now,
	   bool stale, struct referral_lookup_result *result_r)
{
	struct cache_entry *entry = hash_table_lookup(cache->entries, key);
	bool positive;
	int64_t age, max_age;

	if (entry == NULL || !cache_entry_is_usable(cache, entry))
		return NULL;
	age = cache_entry_get_age(entry, now);
	positive = entry->answer->status == REFERRAL_LOOKUP_HOSTS;
	max_age = positive ? cache->set.ttl_secs : cache->set.negative_ttl_secs;
	if (stale && positive)
		max_age += cache->set.stale_ttl_secs;
	if (age >= max_age || (age < 0 && !(stale && positive)))
		return NULL;

	cache_entry_get_result(cache, entry, result_r);
	result_r->source = stale ? REFERRAL_SOURCE_STALE :
		REFERRAL_SOURCE_CACHE;
	result_r->age_secs = I_MAX(age, 0);
	return entry;
}

static bool
cache_lookup(struct referral_cache *cache, const char *key, time_t now,
	     bool stale, struct referral_lookup_result *result_r)
{
	struct cache_entry *entry;

	entry = cache_find(cache, key, now, stale, result_r);
	if (entry == NULL)
		return FALSE;
	if (cache->head != entry) {
		DLLIST2_REMOVE(&cache->head, &cache->tail, entry);
		DLLIST2_PREPEND(&cache->head, &cache->tail, entry);
	}
	return TRUE;
}

bool referral_cache_lookup(struct referral_cache *cache, const char *key,
			   time_t now, struct referral_lookup_result *result_r)
{
	if (!cache_lookup(cache, key, now, FALSE, result_r)) {
		cache->stats.misses++;
		return FALSE;
	}
	cache->stats.hits++;
	return TRUE;
}

bool referral_cache_lookup_stale(struct referral_cache *cache, const char *key,
				 time_t now,
				 struct referral_lookup_result *result_r)
{
	if (!cache_lookup(cache, key, now, TRUE, result_r))
		return FALSE;
	cache->stats.stale++;
	return TRUE;
}

bool referral_cache_peek(struct referral_cache *cache, const char *key,
			 time_t now, bool stale,
			 struct referral_lookup_result *result_r)
{
	return cache_find(cache, key, now, stale, result_r) != NULL;
}

bool referral_cache_get_last(struct referral_cache *cache, const char *key,
			     struct referral_lookup_result *result_r)
{
	struct cache_entry *entry = hash_table_lookup(cache->entries, key);

	if (entry == NULL)
		return FALSE;
	cache_entry_get_result(cache, entry, result_r);
	return TRUE;
}

static bool
cache_want(const struct referral_cache *cache,
	   enum referral_lookup_status status)
{
	switch (status) {
	case REFERRAL_LOOKUP_HOSTS:
		return cache->set.ttl_secs > 0;
	case REFERRAL_LOOKUP_NO_ENTRY:
	case REFERRAL_LOOKUP_NO_VALUE:
		return cache->set.negative_ttl_secs > 0;
	case REFERRAL_LOOKUP_SEVERAL_ENTRIES:
	case REFERRAL_LOOKUP_UNAVAILABLE:
		break;
	}
	return FALSE;
}

/* A directory has few servers. */
static unsigned int
cache_get_server(struct referral_cache *cache, const char *server)
{
	unsigned int i;

	if (server == NULL)
		return 0;
	for (i = 0; i < cache->servers_count; i++) {
		if (strcmp(cache->servers[i], server) == 0)
			return i + 1;
	}
	if (i == N_ELEMENTS(cache->servers))
		return 0;
	cache->servers[i] = i_strdup(server);
	return ++cache->servers_count;
}

void referral_cache_update(struct referral_cache *cache, const char *key,
			   time_t now,
			   const struct referral_lookup_result *result)
{
	struct cache_entry *entry;
	struct referral_answer *answer;

	if (result->status == REFERRAL_LOOKUP_UNAVAILABLE)
		return;
	entry = hash_table_lookup(cache->entries, key);
	if (!cache_want(cache, result->status)) {
		if (entry != NULL)
			cache_entry_free(cache, entry);
		return;
	}

	answer = referral_answers_get(&cache->answers, result);
	if (entry == NULL)
		entry = cache_entry_create(cache, key);
	else
		referral_answers_unref(&cache->answers, &entry->answer);
	entry->answer = answer;
	entry->created = (uint32_t)now;
	entry->server = cache_get_server(cache, result->server);
	if (!cache_entry_is_usable(cache, entry)) {
		entry->epoch = cache->epoch;
		cache->stats.entries++;
	}

	if (cache_entry_get_cost(key) + referral_answer_get_cost(answer) >
	    cache->set.max_bytes / CACHE_MAX_SHARE) {
		cache_entry_free(cache, entry);
		return;
	}
	DLLIST2_REMOVE(&cache->head, &cache->tail, entry);
	DLLIST2_PREPEND(&cache->head, &cache->tail, entry);
	while (cache->stats.bytes > cache->set.max_bytes &&
	       cache->tail != NULL) {
		cache_entry_free(cache, cache->tail);
		cache->stats.evictions++;
	}
}

unsigned int referral_cache_forget(struct referral_cache *cache,
				   const char *key)
{
	struct cache_entry *entry = hash_table_lookup(cache->entries, key);
	unsigned int count = cache->stats.entries;

	if (entry != NULL)
		cache_entry_forget(cache, entry);
	return count - cache->stats.entries;
}

unsigned int referral_cache_forget_all(struct referral_cache *cache)
{
	unsigned int count = cache->stats.entries;

	cache->stats.entries = 0;
	cache->epoch++;
	if (cache->epoch == 0)
		cache->epoch = 1;
	return count;
}

const struct referral_cache_stats *
referral_cache_get_stats(const struct referral_cache *cache)
{
	return &cache->stats;
}
