/* Cache of lookup results. A user costs one small record: users share few
   answers, so these are kept once and counted. */

#include "lib.h"
#include "hash.h"
#include "llist.h"
#include "primes.h"
#include "keyhash.h"
#include "cache.h"

/* What an allocation of glibc's malloc() takes from memory */
#define CACHE_ALLOC_SIZE(size) \
	I_MAX(((size) + sizeof(size_t) + 15) & ~(size_t)15, 32)
/* libdovecot's hash: a slot holds one node; a collision allocates another */
#define CACHE_SLOT_SIZE (3 * sizeof(void *))
#define CACHE_NODE_SIZE CACHE_ALLOC_SIZE(CACHE_SLOT_SIZE)
#define CACHE_MIN_SLOTS 67
/* One slot for this many bytes of the cache: so few that empty slots cost
   little, so many that the table never grows, which would be a pause. */
#define CACHE_BYTES_PER_SLOT 192
/* An answer larger than this part of the cache is not worth keeping. */
#define CACHE_MAX_SHARE 8

/* An answer, shared by all users that have it. */
struct cache_value {
	unsigned int refcount;
	unsigned int hash;
	enum referral_lookup_status status;
	/* as in struct referral_lookup_result; they point behind this struct */
	const char *const *mailhosts;
	const char *action;
	/* the strings, each with its NUL */
	const char *strings;
	size_t strings_size;
	size_t alloc_size;
};

struct cache_entry {
	/* the most recently used one is the first */
	struct cache_entry *prev, *next;
	struct cache_value *value;
	/* truncated: see cache_entry_get_age() */
	uint32_t created;
	char key[];
};

struct referral_cache {
	struct referral_cache_settings set;
	struct referral_cache_stats stats;

	HASH_TABLE(char *, struct cache_entry *) entries;
	struct cache_entry *head, *tail;
	HASH_TABLE(struct cache_value *, struct cache_value *) values;
};

static unsigned int cache_value_hash(const struct cache_value *value)
{
	return value->hash;
}

static int cache_value_cmp(const struct cache_value *value1,
			   const struct cache_value *value2)
{
	if (value1->status != value2->status ||
	    (value1->action == NULL) != (value2->action == NULL) ||
	    value1->strings_size != value2->strings_size)
		return 1;
	return memcmp(value1->strings, value2->strings, value1->strings_size);
}

struct referral_cache *
referral_cache_create(const struct referral_cache_settings *set)
{
	struct referral_cache *cache;
	unsigned int slots;

	slots = I_MIN(set->max_bytes / CACHE_BYTES_PER_SLOT, UINT_MAX / 4);
	cache = i_new(struct referral_cache, 1);
	cache->set = *set;
	hash_table_create(&cache->entries, default_pool, slots,
			  referral_keyhash_str, strcmp);
	hash_table_create(&cache->values, default_pool, 0,
			  cache_value_hash, cache_value_cmp);
	slots = I_MAX(primes_closest(slots), CACHE_MIN_SLOTS);
	cache->stats.bytes = CACHE_ALLOC_SIZE(slots * CACHE_SLOT_SIZE);
	return cache;
}

static size_t cache_value_get_cost(const struct cache_value *value)
{
	/* this table does grow: it can be a third full */
	return CACHE_ALLOC_SIZE(value->alloc_size) +
		CACHE_NODE_SIZE + 4 * CACHE_SLOT_SIZE;
}

/* Fill in the strings behind value; mailhosts' pointers come first. */
static void
cache_value_fill(struct cache_value *value, unsigned int mailhosts_count,
		 const struct referral_lookup_result *result)
{
	const char **mailhosts = PTR_OFFSET(value, sizeof(*value));
	char *dest = PTR_OFFSET(mailhosts, sizeof(*mailhosts) *
				(mailhosts_count + 1));
	size_t size;

	value->strings = dest;
	for (unsigned int i = 0; i < mailhosts_count; i++) {
		size = strlen(result->mailhosts[i]) + 1;
		memcpy(dest, result->mailhosts[i], size);
		mailhosts[i] = dest;
		dest += size;
	}
	mailhosts[mailhosts_count] = NULL;
	if (result->mailhosts != NULL)
		value->mailhosts = mailhosts;
	if (result->action != NULL) {
		memcpy(dest, result->action, strlen(result->action) + 1);
		value->action = dest;
	}
}

static struct cache_value *
cache_value_create(const struct referral_lookup_result *result)
{
	struct cache_value *value;
	unsigned int i, count = 0;
	size_t strings_size = 0, alloc_size;

	if (result->mailhosts != NULL)
		count = str_array_length(result->mailhosts);
	for (i = 0; i < count; i++)
		strings_size += strlen(result->mailhosts[i]) + 1;
	if (result->action != NULL)
		strings_size += strlen(result->action) + 1;
	alloc_size = sizeof(*value) + sizeof(char *) * (count + 1) +
		strings_size;

	value = i_malloc(alloc_size);
	value->refcount = 1;
	value->status = result->status;
	value->strings_size = strings_size;
	value->alloc_size = alloc_size;
	cache_value_fill(value, count, result);
	value->hash = referral_keyhash_data(value->strings, strings_size);
	return value;
}

/* Returns the kept answer that equals result, with a reference for the
   caller. */
static struct cache_value *
cache_value_intern(struct referral_cache *cache,
		   const struct referral_lookup_result *result)
{
	struct cache_value *value, *old_value;

	value = cache_value_create(result);
	old_value = hash_table_lookup(cache->values, value);
	if (old_value != NULL) {
		i_free(value);
		old_value->refcount++;
		return old_value;
	}
	hash_table_insert(cache->values, value, value);
	cache->stats.bytes += cache_value_get_cost(value);
	return value;
}

static void
cache_value_unref(struct referral_cache *cache, struct cache_value *value)
{
	i_assert(value->refcount > 0);
	if (--value->refcount > 0)
		return;
	cache->stats.bytes -= cache_value_get_cost(value);
	hash_table_remove(cache->values, value);
	i_free(value);
}

static size_t cache_entry_get_alloc_size(const char *key)
{
	return offsetof(struct cache_entry, key) + strlen(key) + 1;
}

static size_t cache_entry_get_cost(const char *key)
{
	return CACHE_ALLOC_SIZE(cache_entry_get_alloc_size(key)) +
		CACHE_NODE_SIZE;
}

static void
cache_entry_free(struct referral_cache *cache, struct cache_entry *entry)
{
	char *key = entry->key;

	hash_table_remove(cache->entries, key);
	DLLIST2_REMOVE(&cache->head, &cache->tail, entry);
	cache->stats.bytes -= cache_entry_get_cost(entry->key);
	cache->stats.entries--;
	cache_value_unref(cache, entry->value);
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
	cache->stats.entries++;
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
	hash_table_destroy(&cache->entries);
	hash_table_destroy(&cache->values);
	i_free(cache);
}

/* Negative if the clock was set back; good for 68 years. */
static int32_t
cache_entry_get_age(const struct cache_entry *entry, time_t now)
{
	return (int32_t)((uint32_t)now - entry->created);
}

static bool
cache_lookup(struct referral_cache *cache, const char *key, time_t now,
	     bool stale, struct referral_lookup_result *result_r)
{
	struct cache_entry *entry = hash_table_lookup(cache->entries, key);
	bool positive;
	int64_t age, max_age;

	if (entry == NULL)
		return FALSE;
	age = cache_entry_get_age(entry, now);
	positive = entry->value->status == REFERRAL_LOOKUP_HOSTS;
	max_age = positive ? cache->set.ttl_secs : cache->set.negative_ttl_secs;
	if (stale && positive)
		max_age += cache->set.stale_ttl_secs;
	if (age >= max_age || (age < 0 && !(stale && positive)))
		return FALSE;

	if (cache->head != entry) {
		DLLIST2_REMOVE(&cache->head, &cache->tail, entry);
		DLLIST2_PREPEND(&cache->head, &cache->tail, entry);
	}
	i_zero(result_r);
	result_r->status = entry->value->status;
	result_r->source = stale ? REFERRAL_SOURCE_STALE :
		REFERRAL_SOURCE_CACHE;
	result_r->mailhosts = entry->value->mailhosts;
	result_r->action = entry->value->action;
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

void referral_cache_update(struct referral_cache *cache, const char *key,
			   time_t now,
			   const struct referral_lookup_result *result)
{
	struct cache_entry *entry;
	struct cache_value *value;

	if (result->status == REFERRAL_LOOKUP_UNAVAILABLE)
		return;
	entry = hash_table_lookup(cache->entries, key);
	if (!cache_want(cache, result->status)) {
		if (entry != NULL)
			cache_entry_free(cache, entry);
		return;
	}

	value = cache_value_intern(cache, result);
	if (entry == NULL)
		entry = cache_entry_create(cache, key);
	else
		cache_value_unref(cache, entry->value);
	entry->value = value;
	entry->created = (uint32_t)now;

	if (cache_entry_get_cost(key) + cache_value_get_cost(value) >
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

const struct referral_cache_stats *
referral_cache_get_stats(const struct referral_cache *cache)
{
	return &cache->stats;
}
