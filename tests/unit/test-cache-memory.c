/* cache.c: what it holds, and who goes first */

#include "lib.h"
#include "cache.h"
#include "test-core.h"
#include "test-cache.h"

#define NOW TEST_CACHE_NOW

static const char *const shared_hosts[] = { "h1.example.com", "h2", NULL };
static const struct referral_lookup_result shared = {
	.status = REFERRAL_LOOKUP_HOSTS,
	.mailhosts = shared_hosts,
};

void test_cache_lru(void)
{
	struct referral_cache_settings set = test_cache_set;
	struct referral_cache *cache;
	struct referral_lookup_result result;
	unsigned int i, count;

	test_begin("cache lru");
	set.max_bytes = 16 * 1024;
	cache = referral_cache_create(&set);
	for (count = 0; referral_cache_get_stats(cache)->evictions == 0;
	     count++) {
		test_cache_update(cache, t_strdup_printf("%u", count), NOW,
				      &shared);
		test_assert_idx(test_cache_bytes(cache) <= set.max_bytes,
				count);
		/* always used */
		test_assert_idx(test_cache_lookup(cache, "0", NOW,
						      &result), count);
	}
	test_assert(count > 50);
	/* 1 was the oldest, then 2; using 2 makes 3 the oldest */
	test_assert(!test_cache_lookup(cache, "1", NOW, &result));
	test_assert(test_cache_lookup(cache, "2", NOW, &result));
	test_cache_update(cache, "x", NOW, &shared);
	test_assert(referral_cache_get_stats(cache)->evictions == 2);
	test_assert(test_cache_lookup(cache, "2", NOW, &result));
	test_assert(!test_cache_lookup(cache, "3", NOW, &result));
	/* an update is a use */
	test_cache_update(cache, "4", NOW, &shared);
	test_cache_update(cache, "y", NOW, &shared);
	test_assert(test_cache_lookup(cache, "4", NOW, &result));
	test_assert(!test_cache_lookup(cache, "5", NOW, &result));

	/* the answers' memory counts too, and is given back */
	for (i = 0; i < 1000; i++) {
		const char *hosts[] = { t_strdup_printf("host%u", i), NULL };

		result.status = REFERRAL_LOOKUP_HOSTS;
		result.mailhosts = hosts;
		test_cache_update(cache, "z", NOW, &result);
		test_assert_idx(test_cache_bytes(cache) <= set.max_bytes, i);
	}
	test_assert(test_cache_entries(cache) > 50);
	test_assert(test_cache_lookup(cache, "x", NOW, &result));
	referral_cache_destroy(&cache);
	test_end();
}

/* What does not fit is not kept, and throws nothing else out. */
void test_cache_too_large(void)
{
	struct referral_cache_settings set = test_cache_set;
	struct referral_cache *cache;
	struct referral_lookup_result result;
	const char *hosts[] = { NULL, NULL };
	unsigned int i;

	test_begin("cache too large");
	cache = referral_cache_create(&set);
	test_cache_update(cache, "user", NOW, &shared);
	hosts[0] = t_strdup_printf("%*s", (int)set.max_bytes / 4, "x");
	i_zero(&result);
	result.mailhosts = hosts;
	result.status = REFERRAL_LOOKUP_HOSTS;
	test_cache_update(cache, "large", NOW, &result);
	/* not even an older answer is left */
	test_cache_update(cache, "user2", NOW, &shared);
	test_cache_update(cache, "user2", NOW, &result);
	test_assert(!test_cache_lookup(cache, "large", NOW, &result));
	test_assert(!test_cache_lookup(cache, "user2", NOW, &result));
	test_assert(test_cache_lookup(cache, "user", NOW, &result));
	test_assert(referral_cache_get_stats(cache)->evictions == 0);
	referral_cache_destroy(&cache);

	/* too small for anything */
	for (i = 0; i < 3000; i += 100) {
		set.max_bytes = i;
		cache = referral_cache_create(&set);
		test_cache_update(cache, "user", NOW, &shared);
		test_assert_idx(test_cache_entries(cache) == 0 ||
				test_cache_bytes(cache) <= i, i);
		referral_cache_destroy(&cache);
	}
	test_end();
}

#define MEMORY_USERS 100000

/* Is our own account that of malloc()? It keeps freed pieces at hand, or gives
   one that is a little too large (glibc 2.41: 3 % more, once they were of many
   sizes); under valgrind and the like it tells nothing. */
static void
test_account(const struct referral_cache *cache, size_t before)
{
	size_t used = test_malloc_bytes() - before;
	size_t bytes = test_cache_bytes(cache);

	if (used > MEMORY_USERS) {
		test_assert(used <= bytes + bytes / 20);
		test_assert(used >= bytes - bytes / 20);
	}
}

static void
test_fill(struct referral_cache *cache, const char *user_prefix,
	  unsigned int hosts_count)
{
	struct referral_lookup_result result;
	unsigned int i;

	for (i = 0; i < MEMORY_USERS; i++) T_BEGIN {
		const char *hosts[] = {
			t_strdup_printf("imap%u.example.com", i % hosts_count),
			NULL
		};

		i_zero(&result);
		result.status = REFERRAL_LOOKUP_HOSTS;
		result.mailhosts = hosts;
		test_cache_update(cache, t_strdup_printf("%s%u@example.com",
						   user_prefix, i),
			    NOW, &result);
	} T_END;
}

/* At most 128 bytes for a user, by our own account and by malloc()'s. */
void test_cache_memory(void)
{
	struct referral_cache_settings set = test_cache_set;
	struct referral_cache *cache;
	size_t before;

	test_begin("cache memory");
	set.max_bytes = 16 * 1024 * 1024;
	before = test_malloc_bytes();
	cache = referral_cache_create(&set);
	test_fill(cache, "firstname.lastname", 20);
	test_assert(test_cache_entries(cache) == MEMORY_USERS);
	test_assert(referral_cache_get_stats(cache)->evictions == 0);
	test_assert(test_cache_bytes(cache) / MEMORY_USERS <= 128);
	test_account(cache, before);

	/* everyone has an answer of his own: these are kept, then thrown out
	   by others that are shared again, and by longer names */
	test_fill(cache, "a", MEMORY_USERS);
	test_assert(test_cache_bytes(cache) <= set.max_bytes);
	test_assert(referral_cache_get_stats(cache)->evictions > 0);
	test_account(cache, before);
	test_fill(cache, "b", 1);
	test_account(cache, before);
	test_fill(cache, t_strdup_printf("%200s", "c"), 20);
	test_assert(test_cache_bytes(cache) <= set.max_bytes);
	test_account(cache, before);
	test_assert(test_cache_entries(cache) < MEMORY_USERS);
	referral_cache_destroy(&cache);
	test_end();
}
