#ifndef TEST_CACHE_H
#define TEST_CACHE_H

/* What the tests of cache.c share */

#include "cache.h"

#define TEST_CACHE_NOW 1000000000

/* 60 s, 10 s for what the directory does not know, stale for an hour, 1 MB */
extern const struct referral_cache_settings test_cache_set;

bool test_cache_lookup(struct referral_cache *cache, const char *str,
		       time_t now, struct referral_lookup_result *result_r);
void test_cache_update(struct referral_cache *cache, const char *str,
		       time_t now, const struct referral_lookup_result *result);
size_t test_cache_bytes(const struct referral_cache *cache);
unsigned int test_cache_entries(const struct referral_cache *cache);

#endif
