/* lookup.c: who has been sent away and is here again */

#include "lib.h"
#include "ioloop.h"
#include "cache.h"
#include "fake-ldap-client.h"
#include "test-lookup.h"
#include "test-lookup-caller.h"

#define URI1 "ldap://ldap1.example.com"
#define URI2 "ldaps://ldap2"

static void test_sent(const char *user, enum referral_lookup_source source)
{
	const struct referral_lookup_result result = { .source = source };

	referral_lookup_used(test_lookup, TEST_USER(user), &result, TRUE);
}

static void test_sent_compared(const char *user)
{
	const struct referral_lookup_result result = {
		.source = REFERRAL_SOURCE_LDAP,
		.compared = TRUE,
	};

	referral_lookup_used(test_lookup, TEST_USER(user), &result, TRUE);
}

/* What this server says, if it is asked. csn, modified: NULL = the entry has
   no such attribute. */
static void
test_say_at(const char *uri, const char *host, const char *action,
	    const char *csn, const char *modified)
{
	const char *const values[] = { host, NULL };
	const char *const actions[] = { action, NULL };
	const char *const csns[] = { csn, NULL };
	const char *const times[] = { modified, NULL };
	bool with_action = *test_set.referral_action_attribute != '\0';
	const char *const *const attributes[] = {
		values, with_action ? actions : csns,
		with_action ? csns : times, with_action ? times : NULL, NULL
	};
	struct fake_ldap_search *search = fake_ldap_searches;

	while (search != NULL && strcmp(search->uris, uri) != 0)
		search = search->next;
	test_assert(search != NULL);
	if (search == NULL)
		return;
	if (host == NULL) {
		fake_ldap_answer_search(search, REFERRAL_LDAP_UNAVAILABLE,
					NULL);
	} else if (*host == '\0') {
		fake_ldap_answer_search(search, REFERRAL_LDAP_NO_ENTRY, NULL);
	} else {
		fake_ldap_answer_search(search, REFERRAL_LDAP_ENTRY,
					attributes);
	}
}

static void test_say(const char *uri, const char *host, const char *action)
{
	test_say_at(uri, host, action, NULL, NULL);
}

static void test_lookup_start_two(void)
{
	const char *error;

	test_set = test_default_set;
	test_set.referral_ldap_uris = URI1" "URI2;
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
}

void test_lookup_bounce(void)
{
	struct test_caller caller = { .calls = 0 };
	struct referral_lookup_result result;
	const char *error;
	bool again;

	test_begin("lookup bounce");
	test_lookup_start_two();
	test_ask(&caller, "user");
	test_answer_host("h");
	test_assert(test_cached("user"));
	/* sent on the cache's word */
	test_sent("user", REFERRAL_SOURCE_CACHE);
	test_assert(!referral_lookup_cached(test_lookup,
		TEST_USER("user"), &again, &result));
	test_assert(again);
	test_assert(!referral_lookup_cached(test_lookup,
		TEST_USER("user2"), &again, &result));
	test_assert(!again);
	test_ask(&caller, "user");
	test_assert(fake_ldap_search_count == 2);
	test_answer_host("h");
	test_assert(!test_cached("user"));
	ioloop_time += 10;
	test_assert(test_cached("user"));

	/* on a server's: all are asked, for everyone who waits */
	test_sent("user", REFERRAL_SOURCE_LDAP);
	test_assert(!test_cached("user"));
	test_ask(&caller, "user");
	test_ask(&caller, "user");
	test_assert(fake_ldap_search_count == 4);
	test_assert(referral_lookup_get_searches_count(test_lookup) == 1);
	test_say(URI2, "h", NULL);
	test_say(URI1, "h", NULL);
	test_assert(caller.calls == 4);
	test_assert_strcmp(caller.mailhosts, "h");
	test_assert(caller.compared);
	/* they were compared: not again for a while */
	test_sent_compared("user");
	test_ask(&caller, "user");
	test_assert(fake_ldap_search_count == 5);
	test_answer_host("h");
	ioloop_time += 10;
	test_assert(test_cached("user"));
	test_lookup_stop();

	/* with one server there is nothing to compare, and no memory is kept
	   with a time of 0 */
	test_set = test_default_set;
	test_set.referral_ldap_uris = URI1;
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
	test_sent("user", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "user");
	test_assert(fake_ldap_search_count == 1);
	test_answer_host("h");
	test_assert(caller.compared);
	test_assert(!test_cached("user"));
	test_lookup_stop();
	test_set.referral_bounce_time = 0;
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
	test_sent("user", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "user");
	test_answer_host("h");
	test_assert(test_cached("user"));
	test_lookup_stop();
	test_caller_free(&caller);
	test_end();
}

void test_lookup_compare(void)
{
	static const struct {
		/* what each says: "" = no entry, NULL = nothing */
		const char *host1, *host2, *action1, *action2;
		/* hosts if NULL is not expected */
		const char *mailhosts;
		enum referral_lookup_status status;
		/* if they disagree */
		const char *error;
	} tests[] = {
		{ "a", "a", NULL, NULL, "a", REFERRAL_LOOKUP_HOSTS, NULL },
		{ "a", "A", NULL, NULL, "a", REFERRAL_LOOKUP_HOSTS, NULL },
		{ "a", "a", "proxy", "proxy", "a", REFERRAL_LOOKUP_HOSTS,
		  NULL },
		{ "", "", NULL, NULL, NULL, REFERRAL_LOOKUP_NO_ENTRY, NULL },
		{ "a", NULL, NULL, NULL, "a", REFERRAL_LOOKUP_HOSTS, NULL },
		{ NULL, "a", NULL, NULL, "a", REFERRAL_LOOKUP_HOSTS, NULL },
		{ "a", "b", NULL, NULL, NULL, REFERRAL_LOOKUP_DISAGREE,
		  URI1" says \"a\", "URI2" says \"b\"" },
		{ "a", "", NULL, NULL, NULL, REFERRAL_LOOKUP_DISAGREE,
		  URI1" says \"a\", "URI2" says no_entry" },
		{ "a", "a", NULL, "tempfail", NULL, REFERRAL_LOOKUP_DISAGREE,
		  URI1" says \"a\", "URI2" says \"a\" (tempfail)" },
		{ "x\n", "y\"", NULL, NULL, NULL, REFERRAL_LOOKUP_DISAGREE,
		  URI1" says \"x\\x0a\"" },
		/* nothing else is known by then */
		{ NULL, NULL, NULL, NULL, NULL, REFERRAL_LOOKUP_UNAVAILABLE,
		  NULL },
	};
	struct test_caller caller;
	const char *error;
	unsigned int i, first;

	test_begin("lookup compare");
	test_set = test_default_set;
	test_set.referral_ldap_uris = URI1" "URI2;
	test_set.referral_action_attribute = "action";
	for (i = 0; i < N_ELEMENTS(tests) * 2; i++) {
		unsigned int n = i / 2;

		first = i % 2;
		i_zero(&caller);
		if (!test_lookup_start(&error))
			i_fatal("%s", error);
		test_sent("user", REFERRAL_SOURCE_LDAP);
		test_ask(&caller, "user");
		for (; first < i % 2 + 2; first++) {
			test_assert_idx(caller.calls == 0, i);
			if (first % 2 == 0) {
				test_say(URI1, tests[n].host1,
					 tests[n].action1);
			} else {
				test_say(URI2, tests[n].host2,
					 tests[n].action2);
			}
		}
		test_assert_idx(caller.calls == 1, i);
		test_assert_idx(caller.status == tests[n].status, i);
		test_assert_strcmp_idx(caller.mailhosts, tests[n].mailhosts, i);
		test_assert_idx(tests[n].error == NULL ||
			strstr(caller.error, tests[n].error) != NULL, i);
		/* while they disagree they are compared, and it is kept out
		   of the cache */
		if (tests[n].status == REFERRAL_LOOKUP_DISAGREE) {
			const struct referral_lookup_result disagree = {
				.status = REFERRAL_LOOKUP_DISAGREE,
			};

			referral_lookup_used(test_lookup,
				TEST_USER("user"), &disagree, FALSE);
			test_assert_idx(!test_cached("user"), i);
			test_ask(&caller, "user");
			test_assert_idx(fake_ldap_search_count == 4, i);
		}
		/* calls back */
		test_lookup_stop();
		test_caller_free(&caller);
	}
	test_end();
}

static void test_hook_stop(struct test_caller *caller ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

/* One server says nothing for long. */
void test_lookup_compare_slow(void)
{
	struct test_caller caller = { .calls = 0, .hook = test_hook_stop };

	test_begin("lookup compare: one is slow");
	test_lookup_start_two();
	test_sent("user", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "user");
	test_say(URI2, "h", NULL);
	test_assert(caller.calls == 0);
	io_loop_run(test_ioloop);
	test_assert(caller.calls == 1);
	test_assert_strcmp(caller.mailhosts, "h");
	test_assert(fake_ldap_cancel_count == 1);
	/* nobody else has to wait for it, for a while */
	test_sent("c", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "c");
	test_assert(fake_ldap_search_count == 3);
	test_say(URI2, "h", NULL);
	test_assert(caller.calls == 2 && caller.compared);
	ioloop_time += 30;
	test_sent("c", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "c");
	test_assert(fake_ldap_search_count == 5);
	test_say(URI1, "h", NULL);
	test_say(URI2, "h", NULL);

	/* at the end some are under way, flushed or not */
	caller.hook = NULL;
	test_sent("a", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "a");
	test_ask(&caller, "b");
	(void)referral_lookup_flush(test_lookup, "a");
	(void)referral_lookup_flush(test_lookup, NULL);
	test_lookup_stop();
	test_assert(caller.calls == 5);
	test_caller_free(&caller);
	test_end();
}

/* Where servers differ, the newest entry counts. */
void test_lookup_newest(void)
{
	static const struct {
		const char *csn1, *time1, *csn2, *time2;
		/* NULL: they disagree */
		const char *mailhosts;
	} tests[] = {
		{ "2026A#0", NULL, "2026B#0", NULL, "b" },
		{ "2026B#0", NULL, "2026A#0", NULL, "a" },
		/* which of the two is told by the first that both have */
		{ "2026A#0", "2027Z", "2026B#0", "2026Z", "b" },
		{ "2026A#0", "2026Z", NULL, "2027Z", "b" },
		{ NULL, "2027Z", "2026A#0", "2026Z", "a" },
		{ NULL, NULL, NULL, NULL, NULL },
		{ "2026A#0", NULL, NULL, "2026Z", NULL },
		{ "2026A#0", NULL, "2026A#0", NULL, NULL },
		{ NULL, "2026Z", NULL, "2026Z", NULL },
		/* not the same kind */
		{ "2026", NULL, "2027Z", NULL, NULL },
	};
	struct test_caller caller;
	const char *error;
	unsigned int i;

	test_begin("lookup: the newest of several entries");
	test_set = test_default_set;
	test_set.referral_ldap_uris = URI1" "URI2;
	for (i = 0; i < N_ELEMENTS(tests) * 2; i++) {
		unsigned int n = i / 2;

		i_zero(&caller);
		if (!test_lookup_start(&error))
			i_fatal("%s", error);
		test_sent("user", REFERRAL_SOURCE_LDAP);
		test_ask(&caller, "user");
		if (i % 2 == 0) {
			test_say_at(URI1, "a", NULL, tests[n].csn1,
				    tests[n].time1);
		}
		test_say_at(URI2, "b", NULL, tests[n].csn2, tests[n].time2);
		if (i % 2 == 1) {
			test_say_at(URI1, "a", NULL, tests[n].csn1,
				    tests[n].time1);
		}
		test_assert_strcmp_idx(caller.mailhosts, tests[n].mailhosts, i);
		if (tests[n].mailhosts == NULL) {
			test_assert_idx(caller.status ==
					REFERRAL_LOOKUP_DISAGREE, i);
			test_assert_idx(caller.late == NULL, i);
		} else {
			test_assert_strcmp_idx(caller.late,
				*tests[n].mailhosts == 'a' ?
				URI1" says \"a\", but an older entry of "
				URI2" says \"b\"" :
				URI2" says \"b\", but an older entry of "
				URI1" says \"a\"", i);
		}
		test_caller_free(&caller);
		test_lookup_stop();
	}
	/* the same thing, changed at different times */
	test_lookup_start_two();
	i_zero(&caller);
	test_sent("user", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "user");
	test_say_at(URI1, "a", NULL, "2026A#0", NULL);
	test_say_at(URI2, "a", NULL, "2026B#0", NULL);
	test_assert_strcmp(caller.mailhosts, "a");
	test_assert(caller.late == NULL);
	test_caller_free(&caller);
	test_lookup_stop();
	test_end();
}

/* How many servers are asked about somebody who was not here lately? Both
   answer with h. */
static unsigned int test_count_asked(const char *user)
{
	struct test_caller caller = { .calls = 0 };
	unsigned int count = fake_ldap_search_count;

	test_ask(&caller, user);
	count = fake_ldap_search_count - count;
	if (count == 1) {
		test_answer_host("h");
	} else {
		test_say_at(URI1, "h", NULL, "2026A#0", NULL);
		test_say_at(URI2, "h", NULL, "2026A#0", NULL);
	}
	test_assert(caller.calls == 1);
	test_assert(caller.compared == (count == 2));
	test_caller_free(&caller);
	return count;
}

/* While users are being moved, all servers are asked. */
void test_lookup_changing(void)
{
	struct test_caller caller = { .calls = 0 };

	test_begin("lookup while homes change");
	test_lookup_start_two();
	test_assert(test_count_asked("a") == 1);
	test_assert(test_count_asked("a") == 1);
	test_assert(test_count_asked("b") == 1);
	/* somebody has moved */
	test_ask(&caller, "a");
	test_answer_host("other");
	test_assert(test_count_asked("b") == 2);
	ioloop_time += 299;
	test_assert(test_count_asked("b") == 2);
	ioloop_time += 1;
	test_assert(test_count_asked("b") == 1);
	/* servers that differ */
	test_sent("c", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "c");
	test_say_at(URI1, "h", NULL, "2026A#0", NULL);
	test_say_at(URI2, "i", NULL, "2026B#0", NULL);
	test_assert_strcmp(caller.mailhosts, "i");
	test_assert(test_count_asked("b") == 2);
	ioloop_time += 300;
	test_assert(test_count_asked("b") == 1);
	test_sent("d", REFERRAL_SOURCE_LDAP);
	test_ask(&caller, "d");
	test_say(URI1, "h", NULL);
	test_say(URI2, "i", NULL);
	test_assert(caller.status == REFERRAL_LOOKUP_DISAGREE);
	test_assert(test_count_asked("b") == 2);
	test_caller_free(&caller);
	test_lookup_stop();
	test_end();
}

/* What is kept is good enough for who does not want to wait. */
void test_lookup_impatient(void)
{
	struct test_caller caller = { .calls = 0, .hook = test_hook_stop };
	struct test_caller patient = { .calls = 0 };
	struct timeout *to;

	test_begin("lookup, impatient");
	test_lookup_start_default();
	/* the loop's own, from the first run on */
	ioloop_time = time(NULL);
	test_ask(&caller, "user");
	test_answer_host("h");
	/* a server that answers in time */
	test_ask_impatiently(&caller, "user");
	test_answer_host("h");
	test_assert(caller.calls == 2);
	test_assert(caller.source == REFERRAL_SOURCE_LDAP);
	/* one that does not */
	test_ask_impatiently(&caller, "user");
	test_ask(&patient, "user");
	io_loop_run(test_ioloop);
	test_assert(caller.calls == 3 && caller.request == NULL);
	test_assert(caller.source == REFERRAL_SOURCE_CACHE);
	test_assert_strcmp(caller.mailhosts, "h");
	test_assert(patient.calls == 0 && fake_ldap_cancel_count == 0);
	test_answer_host("i");
	test_assert(caller.calls == 3 && patient.calls == 1);
	test_assert_strcmp(patient.mailhosts, "i");
	/* nothing is kept: there is nothing but to wait */
	test_ask_impatiently(&caller, "user2");
	(void)referral_lookup_flush(test_lookup, "user");
	test_ask_impatiently(&patient, "user");
	to = timeout_add_short(400, io_loop_stop, test_ioloop);
	io_loop_run(test_ioloop);
	timeout_remove(&to);
	test_assert(caller.calls == 3 && patient.calls == 1);
	/* an end before that */
	test_ask_impatiently(&caller, "user3");
	referral_lookup_cancel(&caller.request);
	test_ask_impatiently(&caller, "user4");
	test_lookup_stop();
	test_assert(caller.calls == 5 && patient.calls == 2);
	test_caller_free(&patient);
	test_caller_free(&caller);
	test_end();
}
