/* lookup.c: what is forgotten, explained, told and mirrored */

#include "lib.h"
#include "ioloop.h"
#include "str.h"
#include "cache.h"
#include "fake-ldap-client.h"
#include "lookup-mirror.h"
#include "test-lookup.h"
#include "test-lookup-caller.h"

static void test_learn(const char *user, const char *host)
{
	struct test_caller caller = { .calls = 0 };

	test_ask(&caller, user);
	if (host == NULL)
		fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
	else
		test_answer_host(host);
	test_caller_free(&caller);
}

/* Does a stale answer help? */
static bool test_has_stale(const char *user)
{
	struct test_caller caller = { .calls = 0 };
	bool stale;

	test_ask(&caller, user);
	fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
	stale = caller.source == REFERRAL_SOURCE_STALE;
	test_assert(stale == (caller.status == REFERRAL_LOOKUP_HOSTS));
	/* why it had to */
	test_assert_strcmp(caller.error, "fake error");
	test_caller_free(&caller);
	return stale;
}

/* An answer that came when nobody waited any more */
void test_lookup_late(void)
{
	static const char *const hosts[] = { "h", NULL };
	static const char *const *const values[] = { hosts, NULL };
	const struct referral_ldap_result late = {
		.status = REFERRAL_LDAP_ENTRY,
		.values = values,
	};

	test_begin("lookup late");
	test_lookup_start_default();
	test_assert(!test_cached("a"));
	fake_ldap_late_callback("a", &late, fake_ldap_late_context);
	test_assert(test_cached("a"));
	/* asked before the flush, perhaps */
	test_assert(referral_lookup_flush(test_lookup, "a") == 1);
	fake_ldap_late_callback("a", &late, fake_ldap_late_context);
	test_assert(!test_cached("a"));
	ioloop_time += 180;
	fake_ldap_late_callback("a", &late, fake_ldap_late_context);
	test_assert(test_cached("a"));
	test_lookup_stop();
	test_end();
}

void test_lookup_flush(void)
{
	struct test_caller callers[2];
	unsigned int i;

	test_begin("lookup flush");
	test_lookup_start_default();
	test_assert(referral_lookup_flush(test_lookup, "a") == 0);
	test_assert(referral_lookup_flush(test_lookup, NULL) == 0);
	test_learn("a", "h");
	test_learn("b", "h");
	test_learn("c", NULL);
	test_assert(referral_lookup_flush(test_lookup, "a") == 1);
	test_assert(referral_lookup_flush(test_lookup, "a") == 0);
	test_assert(!test_cached("a"));
	test_assert(!test_has_stale("a"));
	test_assert(test_cached("b"));
	test_assert(test_has_stale("b"));
	test_learn("a", "h2");
	test_assert(test_cached("a"));
	test_assert(referral_lookup_flush(test_lookup, NULL) == 3);
	test_assert(!test_cached("a") && !test_has_stale("a"));
	test_assert(!test_cached("b") && !test_has_stale("b"));
	test_assert(!test_cached("c"));
	test_learn("b", "h");
	test_assert(test_cached("b"));

	/* under way: those who wait are told, nothing is kept */
	i_zero(&callers);
	test_ask(&callers[0], "a");
	test_ask(&callers[1], "d");
	test_assert(referral_lookup_get_searches_count(test_lookup) == 2);
	(void)referral_lookup_flush(test_lookup, "a");
	test_answer_host("old");
	test_answer_host("new");
	test_assert(!test_cached("a"));
	test_assert(test_cached("d"));
	test_ask(&callers[0], "a");
	test_ask(&callers[1], "e");
	(void)referral_lookup_flush(test_lookup, NULL);
	test_answer_host("old");
	test_answer_host("old");
	test_assert(!test_cached("a"));
	test_assert(!test_cached("e"));
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == 2, i);
		test_assert_strcmp_idx(callers[i].mailhosts, "old", i);
		test_caller_free(&callers[i]);
	}
	/* the next one is kept again */
	test_learn("a", "h");
	test_assert(test_cached("a"));
	test_assert(referral_lookup_get_searches_count(test_lookup) == 0);
	test_lookup_stop();
	test_end();
}

/* What answers tell of themselves, and what is counted */
void test_lookup_counts(void)
{
	static const enum referral_lookup_source sources[] = {
		REFERRAL_SOURCE_CACHE, REFERRAL_SOURCE_CACHE,
		REFERRAL_SOURCE_CACHE, REFERRAL_SOURCE_LDAP,
		REFERRAL_SOURCE_LDAP, REFERRAL_SOURCE_STALE,
		REFERRAL_SOURCE_MIRROR,
	};
	const struct referral_cache_stats *stats;
	struct referral_lookup_result result;
	unsigned int i;

	test_begin("lookup counts");
	test_lookup_start_default();
	stats = referral_lookup_get_cache_stats(test_lookup);
	test_learn("a", "h");
	ioloop_time += 59;
	test_assert(test_cached_result("a", &result));
	test_assert(result.source == REFERRAL_SOURCE_CACHE);
	test_assert(result.age_secs == 59);
	test_assert(!result.compared);
	test_assert_strcmp(result.server, FAKE_LDAP_SERVER);
	test_assert_strcmp(result.mailhosts[0], "h");
	test_assert_strcmp(result.hosts[0].name, "h");
	ioloop_time++;
	test_assert(!test_cached_result("a", &result));
	test_assert(test_has_stale("a"));
	/* nobody has logged in so far */
	test_assert(stats->hits == 0);
	test_assert(stats->misses == 0);
	test_assert(stats->stale == 0);
	for (i = 0; i < N_ELEMENTS(sources); i++) {
		result.source = sources[i];
		referral_lookup_used(test_lookup, TEST_USER("a"), &result,
				     FALSE);
	}
	test_assert(stats->hits == 3);
	test_assert(stats->misses == 2);
	test_assert(stats->stale == 1);
	test_assert(stats->entries == 1);
	test_lookup_stop();
	test_end();
}

static string_t *test_changes;

static const char *test_result_word(const struct referral_lookup_result *result)
{
	return result->mailhosts == NULL ? "-" : result->mailhosts[0];
}

static void
test_changed(const char *user, const struct referral_lookup_result *old_result,
	     const struct referral_lookup_result *new_result, void *context)
{
	test_assert(context == &test_changes);
	str_printfa(test_changes, "%s:%s>%s ", user,
		    test_result_word(old_result), test_result_word(new_result));
	/* the old answer is of no use to anybody */
	(void)referral_lookup_flush(test_lookup, user);
}

void test_lookup_changed(void)
{
	test_begin("lookup changed");
	test_changes = t_str_new(128);
	test_lookup_start_default();
	test_learn("a", "h1");
	/* nobody wants to know */
	test_learn("a", "h2");
	referral_lookup_set_changed(test_lookup, test_changed, &test_changes);
	/* nothing is known yet */
	test_learn("b", "h1");
	test_learn("b", "h1");
	test_assert_strcmp(str_c(test_changes), "");
	test_learn("b", "h2");
	test_assert_strcmp(str_c(test_changes), "b:h1>h2 ");
	/* test_changed() has flushed it: the older answer is compared, since
	   the newer one was not kept */
	test_assert(!test_cached("b"));
	test_learn("b", "h2");
	test_assert_strcmp(str_c(test_changes), "b:h1>h2 b:h1>h2 ");
	str_truncate(test_changes, 0);

	/* flushed or far too old */
	(void)referral_lookup_flush(test_lookup, NULL);
	ioloop_time += 100000;
	test_learn("a", NULL);
	test_assert_strcmp(str_c(test_changes), "a:h2>- ");
	str_truncate(test_changes, 0);
	/* what can't be told is no change */
	test_has_stale("a");
	test_assert_strcmp(str_c(test_changes), "");
	referral_lookup_set_changed(test_lookup, NULL, NULL);
	test_learn("a", "h3");
	test_assert_strcmp(str_c(test_changes), "");
	test_lookup_stop();
	test_end();
}

static enum referral_mirror_reply test_mirror_reply;
static bool test_mirror_has_stale;

static enum referral_mirror_reply
test_mirror_lookup(void *context, const char *user,
		   struct referral_lookup_result *result_r)
{
	static const char *const hosts[] = { "m", NULL };

	test_assert(context == &test_mirror_reply);
	test_assert_strcmp(user, "a@example.com");
	test_assert(result_r->source == REFERRAL_SOURCE_MIRROR);
	result_r->mailhosts = hosts;
	return test_mirror_reply;
}

static bool
test_mirror_lookup_stale(void *context, const char *user,
			 struct referral_lookup_result *result_r)
{
	test_assert(context == &test_mirror_reply);
	test_assert_strcmp(user, "a@example.com");
	if (!test_mirror_has_stale)
		return FALSE;
	result_r->status = REFERRAL_LOOKUP_HOSTS;
	result_r->source = REFERRAL_SOURCE_STALE;
	return TRUE;
}

void test_lookup_mirror(void)
{
	static const struct referral_mirror_vfuncs v = {
		.lookup = test_mirror_lookup,
		.lookup_stale = test_mirror_lookup_stale,
	};
	static const struct referral_lookup_result none = {
		.status = REFERRAL_LOOKUP_NO_ENTRY,
	};
	struct referral_lookup_result result;
	const char *user = "a@example.com";

	test_begin("lookup mirror");
	test_changes = t_str_new(128);
	test_lookup_start_default();
	test_learn(user, "h");
	referral_lookup_set_mirror(test_lookup, &v, &test_mirror_reply);
	test_mirror_reply = REFERRAL_MIRROR_ANSWER;
	test_assert(test_cached_result(user, &result));
	test_assert(result.source == REFERRAL_SOURCE_MIRROR);
	test_assert_strcmp(result.mailhosts[0], "m");
	test_mirror_reply = REFERRAL_MIRROR_NOT_IN_SYNC;
	test_assert(test_cached_result(user, &result));
	test_assert(result.source == REFERRAL_SOURCE_CACHE);
	test_assert_strcmp(result.mailhosts[0], "h");
	/* a home that the mirror does not know of is none any more; that the
	   directory does not know the user either is remembered */
	test_mirror_reply = REFERRAL_MIRROR_UNKNOWN;
	test_assert(!test_cached_result(user, &result));
	test_learn(user, NULL);
	test_assert(test_cached_result(user, &result));
	test_assert(result.source == REFERRAL_SOURCE_CACHE);
	test_assert(result.status == REFERRAL_LOOKUP_NO_ENTRY);
	/* where nobody can be asked, the mirror has the last word */
	test_mirror_has_stale = TRUE;
	test_assert(test_has_stale(user));
	test_mirror_has_stale = FALSE;
	test_mirror_reply = REFERRAL_MIRROR_NOT_IN_SYNC;
	test_learn(user, "h");

	/* a change is told, and what the cache has is no answer any more */
	referral_lookup_mirror_changed(test_lookup, user, &result, &none);
	test_assert(!test_cached_result(user, &result));
	test_learn(user, "h");
	referral_lookup_set_changed(test_lookup, test_changed, &test_changes);
	(void)test_cached_result(user, &result);
	referral_lookup_mirror_changed(test_lookup, user, &result, &none);
	test_assert_strcmp(str_c(test_changes), "a@example.com:h>- ");
	test_assert(!test_cached_result(user, &result));

	referral_lookup_set_mirror(test_lookup, NULL, NULL);
	test_assert(!test_cached_result("b", &result));
	test_lookup_stop();
	test_end();
}
