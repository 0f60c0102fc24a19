/* lookup.c: merging, cancelling, caching, shutting down */

#include "lib.h"
#include "ioloop.h"
#include "str.h"
#include "strescape.h"
#include "cache.h"
#include "fake-ldap-client.h"
#include "test-lookup.h"
#include "test-lookup-caller.h"

void test_lookup_merge(void)
{
	struct test_caller callers[100];
	unsigned int i;

	test_begin("lookup merge");
	test_lookup_start_default();
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_ask(&callers[i], i % 2 == 0 ? "even" : "odd");
	test_assert(fake_ldap_search_count == 2);
	test_answer_host("h");
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == (i % 2 == 0 ? 1 : 0), i);
		if (i % 2 == 0)
			test_assert_strcmp_idx(callers[i].mailhosts, "h", i);
	}
	/* not merged with what is over, but with what is not */
	test_ask(&callers[0], "even");
	test_ask(&callers[2], "odd");
	test_assert(fake_ldap_search_count == 3);
	fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
	test_answer_host("h");
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == (i == 0 || i == 2 ? 2 : 1),
				i);
		test_assert_idx(callers[i].status == (i % 2 == 0 && i != 2 ?
				REFERRAL_LOOKUP_HOSTS :
				REFERRAL_LOOKUP_NO_ENTRY), i);
		test_caller_free(&callers[i]);
	}
	test_lookup_stop();
	test_end();
}

void test_lookup_cancel(void)
{
	/* a bit for each of three who ask the same */
	unsigned int cancelled, i;

	test_begin("lookup cancel");
	for (cancelled = 0; cancelled < 8; cancelled++) {
		struct test_caller callers[3];

		test_lookup_start_default();
		i_zero(&callers);
		for (i = 0; i < N_ELEMENTS(callers); i++)
			test_ask(&callers[i], "user");
		for (i = 0; i < N_ELEMENTS(callers); i++) {
			if ((cancelled & (1 << i)) != 0)
				referral_lookup_cancel(&callers[i].request);
		}
		/* no one need wait for the answer to be kept */
		test_assert_idx(fake_ldap_search_count == 1, cancelled);
		test_answer_host("h");
		for (i = 0; i < N_ELEMENTS(callers); i++) {
			test_assert_idx(callers[i].calls ==
				((cancelled & (1 << i)) != 0 ? 0 : 1),
				cancelled);
			test_caller_free(&callers[i]);
		}
		test_assert_idx(test_cached("user"), cancelled);
		test_lookup_stop();
	}

	/* cancelled by everyone, then asked again: still one search */
	struct test_caller caller = { .calls = 0 };

	test_lookup_start_default();
	test_ask(&caller, "user");
	referral_lookup_cancel(&caller.request);
	referral_lookup_cancel(&caller.request);
	test_ask(&caller, "user");
	test_assert(fake_ldap_search_count == 1);
	test_answer_host("h");
	test_assert(caller.calls == 1);
	/* cancelled, then the end */
	test_ask(&caller, "user");
	referral_lookup_cancel(&caller.request);
	test_lookup_stop();
	test_assert(caller.calls == 1);
	test_caller_free(&caller);
	test_end();
}

static struct test_caller *test_other;

static void test_hook_cancel_other(struct test_caller *caller ATTR_UNUSED)
{
	referral_lookup_cancel(&test_other->request);
}

static void test_hook_ask_again(struct test_caller *caller)
{
	caller->hook = NULL;
	test_ask(caller, "user");
}

/* Callbacks that call us */
void test_lookup_reentrant(void)
{
	struct test_caller callers[3];
	unsigned int i;

	test_begin("lookup reentrant");
	test_lookup_start_default();
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_ask(&callers[i], "user");
	callers[0].hook = test_hook_cancel_other;
	test_other = &callers[1];
	callers[2].hook = test_hook_ask_again;
	test_answer_host("h1");
	test_assert(callers[0].calls == 1);
	test_assert(callers[1].calls == 0);
	test_assert(callers[2].calls == 1);
	test_assert_strcmp(callers[2].mailhosts, "h1");
	test_assert(fake_ldap_search_count == 2);
	test_answer_host("h2");
	test_assert(callers[0].calls == 1);
	test_assert(callers[1].calls == 0);
	test_assert(callers[2].calls == 2);
	test_assert_strcmp(callers[2].mailhosts, "h2");

	/* the last one waiting is cancelled by the one before */
	callers[0].hook = test_hook_cancel_other;
	test_ask(&callers[0], "user");
	test_ask(&callers[1], "user");
	test_answer_host("h3");
	test_assert(callers[0].calls == 2);
	test_assert(callers[1].calls == 0);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_caller_free(&callers[i]);
	test_lookup_stop();
	test_end();
}

void test_lookup_cache(void)
{
	struct test_caller caller = { .calls = 0 };
	const struct referral_cache_stats *stats;
	const char *error;

	test_begin("lookup cache");
	test_lookup_start_default();
	test_assert(!test_cached("user"));
	test_ask(&caller, "user");
	test_assert(!test_cached("user"));
	/* fresh from the answer on, not from the question */
	ioloop_time += 2;
	test_answer_host("h");
	ioloop_time += 59;
	test_assert(test_cached("user"));
	ioloop_time += 1;
	test_assert(!test_cached("user"));

	test_ask(&caller, "user");
	fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
	ioloop_time += 9;
	test_assert(test_cached("user"));
	ioloop_time += 1;
	test_assert(!test_cached("user"));
	/* asked although fresh: the newest answer counts */
	test_ask(&caller, "user");
	test_answer_host("h");
	test_ask(&caller, "user");
	fake_ldap_answer(REFERRAL_LDAP_SEVERAL_ENTRIES, NULL);
	test_assert(!test_cached("user"));

	stats = referral_lookup_get_cache_stats(test_lookup);
	test_assert(stats->entries == 0);
	test_lookup_stop();

	/* without a cache */
	test_set = test_default_set;
	test_set.referral_cache_ttl = 0;
	test_set.referral_cache_negative_ttl = 0;
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
	test_ask(&caller, "user");
	test_answer_host("h");
	test_assert(!test_cached("user"));
	test_ask(&caller, "user");
	fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
	test_assert(caller.status == REFERRAL_LOOKUP_UNAVAILABLE);
	test_caller_free(&caller);
	test_lookup_stop();
	test_end();
}

void test_lookup_stale(void)
{
	static const struct {
		/* the older answer; "" = no entry */
		const char *host;
		int age;
		bool stale;
	} tests[] = {
		{ "h", 0, TRUE },
		{ "h", 60, TRUE },
		{ "h", 60 + 3599, TRUE },
		{ "h", 60 + 3600, FALSE },
		{ "", 10, FALSE },
		{ NULL, 0, FALSE },
	};
	unsigned int i;

	test_begin("lookup stale");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct test_caller callers[2];

		test_lookup_start_default();
		i_zero(&callers);
		if (tests[i].host != NULL) {
			test_ask(&callers[0], "user");
			if (tests[i].host[0] != '\0')
				test_answer_host(tests[i].host);
			else
				fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
		}
		ioloop_time += tests[i].age;
		test_ask(&callers[0], "user");
		test_ask(&callers[1], "user");
		fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
		for (unsigned int j = 0; j < N_ELEMENTS(callers); j++) {
			if (!tests[i].stale) {
				test_assert_idx(callers[j].status ==
					REFERRAL_LOOKUP_UNAVAILABLE, i);
				test_assert_idx(callers[j].error != NULL, i);
				test_assert_idx(callers[j].source ==
						REFERRAL_SOURCE_LDAP, i);
			} else {
				test_assert_idx(callers[j].status ==
						REFERRAL_LOOKUP_HOSTS, i);
				test_assert_idx(callers[j].source ==
						REFERRAL_SOURCE_STALE, i);
				test_assert_strcmp_idx(callers[j].mailhosts,
						       tests[i].host, i);
			}
		}
		/* the stale answer has not become a fresh one */
		test_assert_idx(test_cached("user") == (tests[i].age == 0 &&
				tests[i].host != NULL), i);

		/* LDAP is back: nothing stale any more */
		test_ask(&callers[0], "user");
		test_answer_host("new");
		test_assert_strcmp_idx(callers[0].mailhosts, "new", i);
		test_assert_idx(callers[0].source == REFERRAL_SOURCE_LDAP, i);
		test_caller_free(&callers[0]);
		test_caller_free(&callers[1]);
		test_lookup_stop();
	}
	test_end();
}

static void test_hook_stop(struct test_caller *caller ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

void test_lookup_no_uris(void)
{
	struct test_caller callers[3];
	const char *error;
	unsigned int i;

	test_begin("lookup no uris");
	test_set = test_default_set;
	test_set.referral_ldap_uris = " ";
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
	test_assert(!fake_ldap_is_init);
	test_assert(!test_cached("user"));
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_ask(&callers[i], "user");
	referral_lookup_cancel(&callers[0].request);
	callers[2].hook = test_hook_stop;
	io_loop_run(test_ioloop);
	test_assert(callers[0].calls == 0);
	for (i = 1; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == 1, i);
		test_assert_idx(callers[i].status ==
				REFERRAL_LOOKUP_UNAVAILABLE, i);
		test_assert_idx(strstr(callers[i].error,
				       "referral_ldap_uris") != NULL, i);
	}
	/* pending at the end */
	callers[2].hook = NULL;
	test_ask(&callers[2], "user");
	test_lookup_stop();
	test_assert(callers[2].calls == 2);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_caller_free(&callers[i]);
	test_end();
}

void test_lookup_deinit(void)
{
	struct test_caller callers[10];
	unsigned int i;

	test_begin("lookup deinit");
	test_lookup_start_default();
	i_zero(&callers);
	/* an older answer does not hide the end */
	test_ask(&callers[0], "user0");
	test_answer_host("h");
	callers[0].calls = 0;
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_ask(&callers[i], t_strdup_printf("user%u", i / 2));
	callers[0].hook = test_hook_cancel_other;
	test_other = &callers[1];
	test_lookup_stop();
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == (i == 1 ? 0 : 1), i);
		test_assert_idx(i == 1 || callers[i].status ==
				REFERRAL_LOOKUP_UNAVAILABLE, i);
		test_assert_idx(i == 1 || callers[i].error != NULL, i);
		test_caller_free(&callers[i]);
	}
	/* searches were taken back, not answered */
	test_assert(fake_ldap_cancel_count == N_ELEMENTS(callers) / 2);
	test_end();
}
