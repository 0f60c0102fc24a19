/* Cache of lookup results. A user costs one small record: users share few
   answers. */

#include "lib.h"
#include "llist.h"
#include "answer.h"
#include "keyhash.h"
#include "cache.h"

/* An answer larger than this, or than this part of the cache, is not worth
   keeping: valid ones are small, and it would cost many others their place at
   once. */
#define CACHE_MAX_ANSWER_SIZE (8*1024)
#define CACHE_MAX_SHARE 8

struct cache_entry {
	/* data: when it was created, truncated: see cache_entry_get_age() */
	struct referral_table_node node;
	/* the most recently used one is the first */
	struct cache_entry *prev, *next;
	struct referral_answer *answer;
	/* usable if this is the cache's */
	unsigned int epoch:24;
	/* who said so: an index + 1 into servers; 0 = not known */
	unsigned int server:8;
	char key[];
};

struct referral_cache {
	struct referral_cache_settings set;
	struct referral_cache_stats stats;

	struct referral_table entries;
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

	cache = i_new(struct referral_cache, 1);
	cache->set = *set;
	cache->epoch = 1;
	cache->stats.bytes = REFERRAL_ALLOC_SIZE(sizeof(*cache));
	referral_table_init(&cache->entries, &cache->stats.bytes);
	referral_answers_init(&cache->answers, &cache->stats.bytes);
	return cache;
}

static size_t cache_entry_get_alloc_size(const char *key)
{
	return offsetof(struct cache_entry, key) + strlen(key) + 1;
}

static size_t cache_entry_get_size(const char *key)
{
	return REFERRAL_ALLOC_SIZE(cache_entry_get_alloc_size(key));
}

static struct cache_entry *
cache_get_entry(const struct referral_cache *cache,
		const struct referral_key *key)
{
	struct referral_table_node *node;
	struct cache_entry *entry;

	for (node = referral_table_first(&cache->entries, key->hash);
	     node != NULL; node = node->next) {
		entry = container_of(node, struct cache_entry, node);
		if (node->hash == key->hash &&
		    strcmp(entry->key, key->str) == 0)
			return entry;
	}
	return NULL;
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
	referral_table_remove(&cache->entries, &entry->node);
	DLLIST2_REMOVE(&cache->head, &cache->tail, entry);
	cache->stats.bytes -= cache_entry_get_size(entry->key);
	cache_entry_forget(cache, entry);
	referral_answers_unref(&cache->answers, &entry->answer);
	i_free(entry);
}

static struct cache_entry *
cache_entry_create(struct referral_cache *cache,
		   const struct referral_key *key)
{
	struct cache_entry *entry;

	entry = i_malloc(cache_entry_get_alloc_size(key->str));
	memcpy(entry->key, key->str, strlen(key->str) + 1);
	entry->node.hash = key->hash;
	referral_table_insert(&cache->entries, &entry->node);
	DLLIST2_PREPEND(&cache->head, &cache->tail, entry);
	cache->stats.bytes += cache_entry_get_size(key->str);
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
	referral_table_deinit(&cache->entries);
	referral_answers_deinit(&cache->answers);
	i_free(cache);
}

/* Negative if the clock was set back; good for 68 years. */
static int32_t
cache_entry_get_age(const struct cache_entry *entry, time_t now)
{
	return (int32_t)((uint32_t)now - entry->node.data);
}

static void
cache_entry_get_result(const struct referral_cache *cache,
		       const struct cache_entry *entry,
		       struct referral_lookup_result *result_r)
{
	i_zero(result_r);
	referral_answer_get_result(entry->answer, result_r);
	if (entry->server > 0)
		result_r->server = cache->servers[entry->server - 1];
}

static void cache_use(struct referral_cache *cache, struct cache_entry *entry)
{
	if (cache->head != entry) {
		DLLIST2_REMOVE(&cache->head, &cache->tail, entry);
		DLLIST2_PREPEND(&cache->head, &cache->tail, entry);
	}
}

static bool
cache_lookup(struct referral_cache *cache, const struct referral_key *key,
	     time_t now, bool stale, struct referral_lookup_result *result_r)
{
	struct cache_entry *entry = cache_get_entry(cache, key);
	bool positive;
	int64_t age, max_age;

	if (entry == NULL || !cache_entry_is_usable(cache, entry))
		return FALSE;
	age = cache_entry_get_age(entry, now);
	positive = entry->answer->status == REFERRAL_LOOKUP_HOSTS;
	max_age = positive ? cache->set.ttl_secs : cache->set.negative_ttl_secs;
	if (stale && positive)
		max_age += cache->set.stale_ttl_secs;
	if (age >= max_age || (age < 0 && !(stale && positive)))
		return FALSE;

	cache_use(cache, entry);
	cache_entry_get_result(cache, entry, result_r);
	result_r->source = stale ? REFERRAL_SOURCE_STALE :
		REFERRAL_SOURCE_CACHE;
	result_r->age_secs = I_MAX(age, 0);
	return TRUE;
}

bool referral_cache_lookup(struct referral_cache *cache,
			   const struct referral_key *key, time_t now,
			   struct referral_lookup_result *result_r)
{
	return cache_lookup(cache, key, now, FALSE, result_r);
}

bool referral_cache_lookup_stale(struct referral_cache *cache,
				 const struct referral_key *key, time_t now,
				 struct referral_lookup_result *result_r)
{
	return cache_lookup(cache, key, now, TRUE, result_r);
}

void referral_cache_count(struct referral_cache *cache,
			  enum referral_lookup_source source)
{
	switch (source) {
	case REFERRAL_SOURCE_CACHE:
		cache->stats.hits++;
		break;
	case REFERRAL_SOURCE_STALE:
		cache->stats.stale++;
		break;
	case REFERRAL_SOURCE_LDAP:
		cache->stats.misses++;
		break;
	case REFERRAL_SOURCE_MIRROR:
	case REFERRAL_SOURCE_FIELD:
		break;
	}
}

bool referral_cache_get_last(struct referral_cache *cache,
			     const struct referral_key *key,
			     struct referral_lookup_result *result_r)
{
	struct cache_entry *entry = cache_get_entry(cache, key);

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
	case REFERRAL_LOOKUP_DISAGREE:
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

static void
cache_entry_set(struct referral_cache *cache, struct cache_entry *entry,
		time_t now, const struct referral_lookup_result *result)
{
	struct referral_answer *old_answer = entry->answer;

	entry->answer = referral_answers_get(&cache->answers, result);
	if (old_answer != NULL)
		referral_answers_unref(&cache->answers, &old_answer);
	entry->node.data = (uint32_t)now;
	entry->server = cache_get_server(cache, result->server);
	if (!cache_entry_is_usable(cache, entry)) {
		entry->epoch = cache->epoch;
		cache->stats.entries++;
	}
	cache_use(cache, entry);
}

/* Returns FALSE if nothing else is left to be thrown out. */
static bool
cache_make_room(struct referral_cache *cache, const struct cache_entry *entry)
{
	while (cache->stats.bytes > cache->set.max_bytes) {
		if (cache->tail == entry)
			return FALSE;
		cache_entry_free(cache, cache->tail);
		cache->stats.evictions++;
	}
	return TRUE;
}

void referral_cache_update(struct referral_cache *cache,
			   const struct referral_key *key, time_t now,
			   struct referral_lookup_result *result)
{
	struct cache_entry *entry;

	if (result->status == REFERRAL_LOOKUP_UNAVAILABLE)
		return;
	entry = cache_get_entry(cache, key);
	if (!cache_want(cache, result->status) ||
	    cache_entry_get_size(key->str) + referral_answer_get_size(result) >
	    I_MIN(cache->set.max_bytes / CACHE_MAX_SHARE,
		  CACHE_MAX_ANSWER_SIZE)) {
		if (entry != NULL)
			cache_entry_free(cache, entry);
		return;
	}
	if (entry == NULL)
		entry = cache_entry_create(cache, key);
	cache_entry_set(cache, entry, now, result);
	if (!cache_make_room(cache, entry)) {
		cache_entry_free(cache, entry);
		return;
	}
	referral_answer_get_result(entry->answer, result);
}

unsigned int referral_cache_forget(struct referral_cache *cache,
				   const struct referral_key *key)
{
	struct cache_entry *entry = cache_get_entry(cache, key);
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
