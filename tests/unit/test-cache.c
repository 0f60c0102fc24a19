/* cache.c: what is fresh, and for how long */

#include "lib.h"
#include "cache.h"
#include "keyhash.h"
#include "test-core.h"
#include "test-cache.h"

#define NOW TEST_CACHE_NOW

const struct referral_cache_settings test_cache_set = {
	.ttl_secs = 60,
	.negative_ttl_secs = 10,
	.stale_ttl_secs = 3600,
	.max_bytes = 1024 * 1024,
};

static const char *const test_hosts[] = { "h1.example.com", "h2", NULL };
static const char *const test_hosts2[] = { "h1.example.com", NULL };
static const char *const test_hosts_empty[] = { "", NULL };
static const char *const test_hosts_empty2[] = { "", "", NULL };

static const struct referral_lookup_result results[] = {
	{ .status = REFERRAL_LOOKUP_HOSTS, .mailhosts = test_hosts },
	{ .status = REFERRAL_LOOKUP_HOSTS, .mailhosts = test_hosts2,
	  .action = "proxy" },
	{ .status = REFERRAL_LOOKUP_HOSTS, .mailhosts = test_hosts2 },
	/* the same strings, cut otherwise */
	{ .status = REFERRAL_LOOKUP_HOSTS, .mailhosts = test_hosts2,
	  .action = "h2" },
	{ .status = REFERRAL_LOOKUP_HOSTS, .mailhosts = test_hosts_empty },
	{ .status = REFERRAL_LOOKUP_HOSTS, .mailhosts = test_hosts_empty2 },
	{ .status = REFERRAL_LOOKUP_HOSTS, .mailhosts = test_hosts_empty,
	  .action = "" },
	{ .status = REFERRAL_LOOKUP_NO_ENTRY },
	{ .status = REFERRAL_LOOKUP_NO_VALUE },
	{ .status = REFERRAL_LOOKUP_NO_VALUE, .action = "local" },
	{ .status = REFERRAL_LOOKUP_NO_VALUE, .action = "" },
};

static bool
test_strings_equal(const char *const *strings1, const char *const *strings2)
{
	if (strings1 == NULL || strings2 == NULL)
		return strings1 == strings2;
	while (*strings1 != NULL && null_strcmp(*strings1, *strings2) == 0) {
		strings1++;
		strings2++;
	}
	return *strings1 == *strings2;
}

static bool
test_result_equals(const struct referral_lookup_result *result1,
		   const struct referral_lookup_result *result2)
{
	return result1->status == result2->status &&
		null_strcmp(result1->action, result2->action) == 0 &&
		test_strings_equal(result1->mailhosts, result2->mailhosts);
}

bool test_cache_lookup(struct referral_cache *cache, const char *str,
		       time_t now, struct referral_lookup_result *result_r)
{
	const struct referral_key key = referral_key(str);

	return referral_cache_lookup(cache, &key, now, result_r);
}

static bool
test_cache_lookup_stale(struct referral_cache *cache, const char *str,
			time_t now, struct referral_lookup_result *result_r)
{
	const struct referral_key key = referral_key(str);

	return referral_cache_lookup_stale(cache, &key, now, result_r);
}

static bool
test_cache_get_last(struct referral_cache *cache, const char *str,
		    struct referral_lookup_result *result_r)
{
	const struct referral_key key = referral_key(str);

	return referral_cache_get_last(cache, &key, result_r);
}

static unsigned int
test_cache_forget_one(struct referral_cache *cache, const char *str)
{
	const struct referral_key key = referral_key(str);

	return referral_cache_forget(cache, &key);
}

void test_cache_update(struct referral_cache *cache, const char *str,
		       time_t now, const struct referral_lookup_result *result)
{
	const struct referral_key key = referral_key(str);
	struct referral_lookup_result kept = *result;

	referral_cache_update(cache, &key, now, &kept);
	test_assert(test_result_equals(&kept, result));
}

size_t test_cache_bytes(const struct referral_cache *cache)
{
	return referral_cache_get_stats(cache)->bytes;
}

unsigned int test_cache_entries(const struct referral_cache *cache)
{
	return referral_cache_get_stats(cache)->entries;
}

void test_cache_results(void)
{
	struct referral_cache *cache;
	struct referral_lookup_result result;
	const struct referral_cache_stats *stats;
	unsigned int i;
	size_t empty_bytes;

	test_begin("cache results");
	cache = referral_cache_create(&test_cache_set);
	empty_bytes = test_cache_bytes(cache);
	for (i = 0; i < N_ELEMENTS(results); i++) {
		test_cache_update(cache, t_strdup_printf("user%u", i), NOW,
				  &results[i]);
	}
	for (i = 0; i < N_ELEMENTS(results); i++) {
		test_assert_idx(test_cache_lookup(cache,
			t_strdup_printf("user%u", i), NOW, &result), i);
		test_assert_idx(test_result_equals(&result, &results[i]), i);
		test_assert_idx(result.source == REFERRAL_SOURCE_CACHE, i);
		test_assert_idx(result.error == NULL, i);
	}
	test_assert(!test_cache_lookup(cache, "user", NOW, &result));
	test_assert(!test_cache_lookup(cache, "", NOW, &result));
	test_assert(!test_cache_lookup(cache, "USER0", NOW, &result));

	/* one user through all results */
	for (i = 0; i < N_ELEMENTS(results); i++) {
		test_cache_update(cache, "", NOW, &results[i]);
		test_assert_idx(test_cache_lookup(cache, "", NOW, &result) &&
				test_result_equals(&result, &results[i]), i);
	}

	stats = referral_cache_get_stats(cache);
	test_assert(stats->evictions == 0);
	test_assert(stats->entries == N_ELEMENTS(results) + 1);
	test_assert(stats->bytes > empty_bytes);
	test_assert(stats->bytes < empty_bytes + 5000);
	referral_cache_destroy(&cache);
	test_assert(cache == NULL);
	referral_cache_destroy(&cache);
	test_end();
}

void test_cache_ttl(void)
{
	static const struct {
		const char *what;
		unsigned int ttl, negative_ttl, stale_ttl;
		enum referral_lookup_status status;
		int age;
		bool fresh, stale;
	} tests[] = {
		{ "positive", 60, 10, 100, REFERRAL_LOOKUP_HOSTS,
		  0, TRUE, TRUE },
		{ "last fresh second", 60, 10, 100, REFERRAL_LOOKUP_HOSTS,
		  59, TRUE, TRUE },
		{ "first stale second", 60, 10, 100, REFERRAL_LOOKUP_HOSTS,
		  60, FALSE, TRUE },
		{ "last stale second", 60, 10, 100, REFERRAL_LOOKUP_HOSTS,
		  159, FALSE, TRUE },
		{ "too old", 60, 10, 100, REFERRAL_LOOKUP_HOSTS,
		  160, FALSE, FALSE },
		{ "no stale", 60, 10, 0, REFERRAL_LOOKUP_HOSTS,
		  60, FALSE, FALSE },
		{ "set back", 60, 10, 100, REFERRAL_LOOKUP_HOSTS,
		  -1, FALSE, TRUE },
		{ "far back", 60, 10, 100, REFERRAL_LOOKUP_HOSTS,
		  -100000, FALSE, TRUE },
		{ "longest", UINT_MAX, 10, UINT_MAX, REFERRAL_LOOKUP_HOSTS,
		  INT_MAX, TRUE, TRUE },
		{ "no cache", 0, 10, 100, REFERRAL_LOOKUP_HOSTS,
		  0, FALSE, FALSE },
		{ "no entry", 60, 10, 100, REFERRAL_LOOKUP_NO_ENTRY,
		  9, TRUE, TRUE },
		{ "no entry, old", 60, 10, 100, REFERRAL_LOOKUP_NO_ENTRY,
		  10, FALSE, FALSE },
		{ "no entry, set back", 60, 10, 100, REFERRAL_LOOKUP_NO_ENTRY,
		  -1, FALSE, FALSE },
		{ "no value", 60, 10, 100, REFERRAL_LOOKUP_NO_VALUE,
		  9, TRUE, TRUE },
		{ "no value, old", 60, 10, 100, REFERRAL_LOOKUP_NO_VALUE,
		  10, FALSE, FALSE },
		{ "no negative cache", 60, 0, 100, REFERRAL_LOOKUP_NO_ENTRY,
		  0, FALSE, FALSE },
		{ "several", 60, 10, 100, REFERRAL_LOOKUP_SEVERAL_ENTRIES,
		  0, FALSE, FALSE },
		{ "unavailable", 60, 10, 100, REFERRAL_LOOKUP_UNAVAILABLE,
		  0, FALSE, FALSE },
	};
	/* also where 32 bits overflow */
	static const time_t nows[] = { NOW, UINT32_MAX, 0 };
	unsigned int i, j;

	test_begin("cache ttl");
	for (i = 0; i < N_ELEMENTS(tests) * N_ELEMENTS(nows); i++) {
		struct referral_cache_settings set = test_cache_set;
		struct referral_lookup_result result = { .error = NULL };
		struct referral_cache *cache;
		time_t now = nows[i / N_ELEMENTS(tests)];

		j = i % N_ELEMENTS(tests);
		set.ttl_secs = tests[j].ttl;
		set.negative_ttl_secs = tests[j].negative_ttl;
		set.stale_ttl_secs = tests[j].stale_ttl;
		cache = referral_cache_create(&set);
		result.status = tests[j].status;
		if (result.status == REFERRAL_LOOKUP_HOSTS)
			result.mailhosts = test_hosts;
		test_cache_update(cache, "user", now, &result);

		now += tests[j].age;
		test_assert_idx(test_cache_lookup(cache, "user", now,
				&result) == tests[j].fresh, i);
		test_assert_idx(test_cache_lookup_stale(cache, "user", now,
				&result) == tests[j].stale, i);
		if (tests[j].stale) {
			test_assert_idx(result.source ==
					REFERRAL_SOURCE_STALE, i);
		}
		referral_cache_destroy(&cache);
	}
	test_end();
}

/* What a newer result does to an older answer */
void test_cache_replace(void)
{
	static const struct {
		enum referral_lookup_status status;
		/* is the older answer still there? */
		bool kept;
	} tests[] = {
		{ REFERRAL_LOOKUP_UNAVAILABLE, TRUE },
		{ REFERRAL_LOOKUP_SEVERAL_ENTRIES, FALSE },
		{ REFERRAL_LOOKUP_NO_ENTRY, FALSE },
		{ REFERRAL_LOOKUP_NO_VALUE, FALSE },
	};
	struct referral_cache_settings set = test_cache_set;
	struct referral_cache *cache;
	struct referral_lookup_result result;
	unsigned int i;
	size_t empty_bytes;

	test_begin("cache replace");
	set.negative_ttl_secs = 0;
	cache = referral_cache_create(&set);
	empty_bytes = test_cache_bytes(cache);
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_cache_update(cache, "user", NOW, &results[0]);
		i_zero(&result);
		result.status = tests[i].status;
		test_cache_update(cache, "user", NOW + 100, &result);
		test_assert_idx(test_cache_lookup_stale(cache, "user",
			NOW + 100, &result) == tests[i].kept, i);
		test_assert_idx((test_cache_entries(cache) == 1) ==
				tests[i].kept, i);
		test_assert_idx((test_cache_bytes(cache) > empty_bytes) ==
				tests[i].kept, i);
	}
	/* made fresh again */
	test_cache_update(cache, "user", NOW, &results[0]);
	test_cache_update(cache, "user", NOW + 100, &results[0]);
	test_assert(test_cache_lookup(cache, "user", NOW + 159, &result));
	test_assert(!test_cache_lookup(cache, "user", NOW + 160, &result));
	test_assert(test_cache_entries(cache) == 1);
	referral_cache_destroy(&cache);
	test_end();
}

/* What keeps its place but is not used any more */
void test_cache_forget(void)
{
	static const struct referral_lookup_result several = {
		.status = REFERRAL_LOOKUP_SEVERAL_ENTRIES,
	};
	struct referral_lookup_result result = results[2], last;
	struct referral_cache *cache;
	unsigned int i;

	test_begin("cache forget");
	cache = referral_cache_create(&test_cache_set);
	result.server = "ldap://one";
	test_cache_update(cache, "a", NOW, &result);
	result.server = "ldap://two";
	test_cache_update(cache, "b", NOW, &result);
	result.server = NULL;
	test_cache_update(cache, "c", NOW, &result);
	test_assert(test_cache_entries(cache) == 3);

	test_assert(test_cache_lookup(cache, "a", NOW + 59, &result));
	test_assert(result.age_secs == 59);
	test_assert_strcmp(result.server, "ldap://one");
	test_assert(result.source == REFERRAL_SOURCE_CACHE);
	test_assert(!test_cache_lookup(cache, "a", NOW + 60, &result));
	test_assert(test_cache_lookup_stale(cache, "b", NOW + 60, &result));
	test_assert_strcmp(result.server, "ldap://two");
	test_assert(result.source == REFERRAL_SOURCE_STALE);
	test_assert(test_cache_lookup_stale(cache, "c", NOW - 5, &result));
	test_assert(result.age_secs == 0);
	test_assert(result.server == NULL);

	test_assert(test_cache_forget_one(cache, "x") == 0);
	test_assert(test_cache_forget_one(cache, "a") == 1);
	test_assert(test_cache_forget_one(cache, "a") == 0);
	test_assert(!test_cache_lookup_stale(cache, "a", NOW, &result));
	test_assert(test_cache_get_last(cache, "a", &last));
	test_assert(test_result_equals(&last, &results[2]));
	test_assert(!test_cache_get_last(cache, "x", &last));
	test_assert(test_cache_entries(cache) == 2);
	test_assert(referral_cache_forget_all(cache) == 2);
	test_assert(referral_cache_forget_all(cache) == 0);
	test_assert(!test_cache_lookup_stale(cache, "b", NOW, &result));
	test_assert(test_cache_forget_one(cache, "b") == 0);
	test_assert(test_cache_entries(cache) == 0);

	/* known again */
	test_cache_update(cache, "a", NOW, &results[0]);
	test_cache_update(cache, "a", NOW, &results[0]);
	test_assert(test_cache_lookup(cache, "a", NOW, &result));
	test_assert(!test_cache_lookup(cache, "b", NOW, &result));
	test_assert(test_cache_entries(cache) == 1);
	test_cache_update(cache, "a", NOW, &several);
	test_cache_update(cache, "b", NOW, &several);
	test_assert(test_cache_entries(cache) == 0);

	/* what was forgotten stays so, however often all the rest is */
	test_cache_update(cache, "a", NOW, &results[0]);
	test_assert(test_cache_forget_one(cache, "a") == 1);
	for (i = 0; i < 1U << 24; i++) {
		(void)referral_cache_forget_all(cache);
		if (test_cache_lookup(cache, "a", NOW, &result))
			break;
	}
	test_assert(i == 1U << 24);

	/* more servers than can be told apart */
	for (i = 0; i < 300; i++) {
		const char *server = t_strdup_printf("ldap://%u", i);

		result = results[2];
		result.server = server;
		test_cache_update(cache, "a", NOW, &result);
		test_assert_idx(test_cache_lookup(cache, "a", NOW,
						      &result), i);
		test_assert_idx(null_strcmp(result.server, i + 2 < UINT8_MAX ?
					    server : NULL) == 0, i);
	}
	referral_cache_destroy(&cache);
	test_end();
}
