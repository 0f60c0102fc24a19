/* lookup-ask.c: base after base, and domains without a tree */

#include "lib.h"
#include "ioloop.h"
#include "fake-ldap-client.h"
#include "test-lookup.h"
#include "test-lookup-caller.h"

#define TWO "ou=a,dc=x; ou=b,dc=x"

static void test_start(const char *base, const char *format)
{
	const char *error;

	test_set = test_default_set;
	test_set.referral_ldap_uris = "ldap://one ldap://two";
	test_set.referral_ldap_base = base;
	test_set.referral_mailhost_format = format;
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
}

/* "e": an entry, "2": several, "-": no entry, "?": unavailable, "0": nothing is
   there; "T": the base is in one of the server's trees, "F": it is in none,
   "N": no trees are told */
static void test_answer(char what)
{
	static const char *const trees[] = { "dc=example", NULL };
	static const char *const foreign[] = { "dc=other", "dc=net", NULL };
	static const char *const none[] = { NULL };
	static const char *const *const tree_values[] = { trees, NULL };
	static const char *const *const foreign_values[] = { foreign, NULL };
	static const char *const *const no_values[] = { none, NULL };

	switch (what) {
	case 'e':
		test_answer_host("a");
		break;
	case '2':
		fake_ldap_answer(REFERRAL_LDAP_SEVERAL_ENTRIES, NULL);
		break;
	case '-':
		fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
		break;
	case '?':
		fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
		break;
	case '0':
		fake_ldap_answer_nothing_there();
		break;
	case 'T':
		fake_ldap_answer(REFERRAL_LDAP_ENTRY, tree_values);
		break;
	case 'F':
		fake_ldap_answer(REFERRAL_LDAP_ENTRY, foreign_values);
		break;
	case 'N':
		fake_ldap_answer(REFERRAL_LDAP_ENTRY, no_values);
		break;
	default:
		i_unreached();
	}
}

void test_lookup_bases(void)
{
	static const struct {
		const char *base, *user;
		/* the answers: see above */
		const char *answers;
		/* what was asked, NULL at the end: a base, or the server whose
		   trees are wanted */
		const char *asked[6];
		enum referral_lookup_status status;
		/* NULL, or in the error */
		const char *error;
	} tests[] = {
		{ TWO, "u", "e", { "ou=a,dc=x" }, REFERRAL_LOOKUP_HOSTS, NULL },
		{ TWO, "u", "-e", { "ou=a,dc=x", "ou=b,dc=x" },
		  REFERRAL_LOOKUP_HOSTS, NULL },
		{ TWO, "u", "--", { "ou=a,dc=x", "ou=b,dc=x" },
		  REFERRAL_LOOKUP_NO_ENTRY, NULL },
		/* ambiguous within one base only */
		{ TWO, "u", "2", { "ou=a,dc=x" },
		  REFERRAL_LOOKUP_SEVERAL_ENTRIES, "fake" },
		/* the user may be there */
		{ TWO, "u", "?", { "ou=a,dc=x" }, REFERRAL_LOOKUP_UNAVAILABLE,
		  "fake" },
		{ TWO, "u", "-?", { "ou=a,dc=x", "ou=b,dc=x" },
		  REFERRAL_LOOKUP_UNAVAILABLE, "fake" },
		/* it is the same for everyone: a mistake, or an empty replica */
		{ TWO, "u", "0", { "ou=a,dc=x" }, REFERRAL_LOOKUP_UNAVAILABLE,
		  "nothing" },
		{ "ou=%d,dc=x", "u@d", "0", { "ou=d,dc=x" },
		  REFERRAL_LOOKUP_UNAVAILABLE, "nothing" },

		/* a domain without a tree */
		{ "ou=p,%{domain|ldap_dn}", "u@example", "-",
		  { "ou=p,dc=example" }, REFERRAL_LOOKUP_NO_ENTRY, NULL },
		{ "ou=p,%{domain|ldap_dn}", "u@example.org", "0FF",
		  { "ou=p,dc=example,dc=org", "ldap://one", "ldap://two" },
		  REFERRAL_LOOKUP_NO_ENTRY, NULL },
		{ "ou=p,%{domain|ldap_dn}", "u@sub.example", "0FT",
		  { "ou=p,dc=sub,dc=example", "ldap://one", "ldap://two" },
		  REFERRAL_LOOKUP_UNAVAILABLE, "nothing" },
		{ "ou=p,%{domain|ldap_dn}", "u@example", "0T",
		  { "ou=p,dc=example", "ldap://one" },
		  REFERRAL_LOOKUP_UNAVAILABLE, "nothing" },
		{ "ou=p,%{domain|ldap_dn}", "u@example", "0N",
		  { "ou=p,dc=example", "ldap://one" },
		  REFERRAL_LOOKUP_UNAVAILABLE, "nothing" },
		{ "ou=p,%{domain|ldap_dn}", "u@org", "0F?",
		  { "ou=p,dc=org", "ldap://one", "ldap://two" },
		  REFERRAL_LOOKUP_UNAVAILABLE, "nothing" },
		{ "ou=p,%{domain|ldap_dn}", "u@org", "0F-",
		  { "ou=p,dc=org", "ldap://one", "ldap://two" },
		  REFERRAL_LOOKUP_UNAVAILABLE, "nothing" },
		{ "ou=p,%{domain|ldap_dn};dc=all", "u@org", "0FFe",
		  { "ou=p,dc=org", "ldap://one", "ldap://two", "dc=all" },
		  REFERRAL_LOOKUP_HOSTS, NULL },

		/* a user without a domain */
		{ "ou=p,%{domain|ldap_dn};dc=all", "u", "e", { "dc=all" },
		  REFERRAL_LOOKUP_HOSTS, NULL },
		{ "dc=all;o=%d", "u@", "-", { "dc=all" },
		  REFERRAL_LOOKUP_NO_ENTRY, NULL },
	};
	unsigned int i, j;

	test_begin("lookup bases");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct test_caller caller = { .calls = 0 };

		test_start(tests[i].base, "host");
		test_ask(&caller, tests[i].user);
		for (j = 0; tests[i].answers[j] != '\0'; j++) {
			test_assert_idx(caller.calls == 0, i);
			test_assert_idx(fake_ldap_searches != NULL, i);
			if (fake_ldap_searches->server == NULL) {
				test_assert_strcmp_idx(fake_ldap_searches->base,
						       tests[i].asked[j], i);
			} else {
				test_assert_strcmp_idx(
					fake_ldap_searches->server,
					tests[i].asked[j], i);
				test_assert_strcmp_idx(fake_ldap_searches->base,
						       "", i);
				test_assert_strcmp_idx(
					fake_ldap_searches->attributes,
					"namingContexts", i);
				test_assert_idx(fake_ldap_searches->scope == 0,
						i);
			}
			test_answer(tests[i].answers[j]);
		}
		test_assert_idx(tests[i].asked[j] == NULL, i);
		test_assert_idx(fake_ldap_searches == NULL, i);
		test_assert_idx(caller.calls == 1, i);
		test_assert_idx(caller.status == tests[i].status, i);
		test_assert_idx((caller.error != NULL) ==
				(tests[i].error != NULL), i);
		test_assert_idx(tests[i].error == NULL ||
				strstr(caller.error, tests[i].error) != NULL,
				i);
		test_caller_free(&caller);
		test_lookup_stop();
	}
	test_end();
}

static void test_turn_over(void *context ATTR_UNUSED)
{
	io_loop_stop(test_ioloop);
}

static void test_turn(void)
{
	struct timeout *to = timeout_add_short(10, test_turn_over,
					       (void *)NULL);

	io_loop_run(test_ioloop);
	timeout_remove(&to);
	ioloop_time = NOW;
}

void test_lookup_nowhere(void)
{
	struct test_caller caller = { .calls = 0 };

	test_begin("lookup: a base for no user without a domain");
	test_start("ou=p,%{domain|ldap_dn}", "host");
	test_ask(&caller, "u");
	test_assert(fake_ldap_searches == NULL);
	test_turn();
	test_assert(caller.calls == 1);
	test_assert(caller.status == REFERRAL_LOOKUP_UNAVAILABLE);
	test_assert_strcmp(caller.error, "the user has no domain, which "
			   "referral_ldap_base needs");
	test_caller_free(&caller);

	/* stopped in between */
	test_ask(&caller, "u");
	test_lookup_stop();
	test_assert(caller.calls == 1);
	test_caller_free(&caller);
	test_start(TWO, "host");
	test_ask(&caller, "u");
	test_answer('-');
	test_lookup_stop();
	test_assert(caller.calls == 1);
	test_assert(caller.status == REFERRAL_LOOKUP_UNAVAILABLE);
	test_assert(fake_ldap_cancel_count == 1);
	test_caller_free(&caller);
	test_end();
}

/* What comes late is kept only if it is all that there is to say. */
void test_lookup_bases_late(void)
{
	static const char *const hosts[] = { "a", NULL };
	static const char *const *const values[] = { hosts, NULL };
	const struct referral_ldap_result entry = {
		.status = REFERRAL_LDAP_ENTRY, .values = values,
	}, nobody = { .status = REFERRAL_LDAP_NO_ENTRY };

	test_begin("lookup bases: late");
	test_start(TWO, "host");
	fake_ldap_late_callback("u1", &nobody, fake_ldap_late_context);
	fake_ldap_late_callback("u2", &entry, fake_ldap_late_context);
	test_assert(!test_cached("u1"));
	test_assert(test_cached("u2"));
	test_lookup_stop();
	test_start("dc=x", "host");
	fake_ldap_late_callback("u1", &nobody, fake_ldap_late_context);
	test_assert(test_cached("u1"));
	test_lookup_stop();
	test_start("dc=x", "%{value}.%{domain}");
	fake_ldap_late_callback("u2@d", &entry, fake_ldap_late_context);
	test_assert(!test_cached("u2@d"));
	test_lookup_stop();
	test_end();
}

/* A host that depends on the user's domain */
void test_lookup_domain_format(void)
{
	struct test_caller caller = { .calls = 0 };

	test_begin("lookup format: domain");
	test_start("dc=x", "%{value}.%{domain} host");
	test_ask(&caller, "u@example.com");
	test_answer('e');
	test_assert_strcmp(caller.mailhosts, "a.example.com");
	test_assert(test_cached("u@example.com"));
	test_assert(!test_cached("u@example.org"));
	test_caller_free(&caller);
	test_lookup_stop();

	/* also where the filter knows nothing of domains */
	test_set.referral_ldap_filter = "(uid=%n)";
	if (!test_lookup_start(&(const char *){ NULL }))
		i_unreached();
	test_ask(&caller, "u@example.com");
	test_answer('e');
	test_assert(!test_cached("u@example.org"));
	test_assert(!test_cached("u"));
	test_caller_free(&caller);
	test_lookup_stop();
	test_end();
}

/* Who shares an answer with whom */
void test_lookup_user_keys(void)
{
	static const struct referral_user first = {
		.name = "Bob@d", .original = "old@d", .protocol = "imap",
	};
	static const struct {
		const char *filter;
		struct referral_user user;
		bool shared;
	} tests[] = {
		{ "(uid=%{user|lower})", { "bOB@D", "x", "pop3" }, TRUE },
		{ "(uid=%{username|lower})", { "BOB@x", "x", "pop3" }, TRUE },
		{ "(|(uid=%Ln)(uid=%n))", { "bob@d", "x", "pop3" }, FALSE },
		{ "(uid=%u)", { "Bob@d", "x", "pop3" }, TRUE },
		{ "(uid=%u%s)", { "Bob@d", "x", "pop3" }, FALSE },
		{ "(uid=%u%s)", { "Bob@d", "x", "imap" }, TRUE },
		{ "(uid=%u%s)", { "Bob@d", "x", NULL }, FALSE },
		{ "(uid=%{original_user})", { "x", "old@d", NULL }, TRUE },
		{ "(uid=%{original_username})", { "x", "old2@d", NULL },
		  FALSE },
		{ "(uid=%{original_user|lower})", { "x", "OLD@d", NULL },
		  TRUE },
		{ "(uid=%{original_user})", { "old@d", NULL, NULL }, TRUE },
		{ "(uid=%{original_user}%u)", { "d5:Bob@d", "old@", NULL },
		  FALSE },
	};
	struct referral_lookup_result result;
	const char *error;
	unsigned int i;
	bool again;

	test_begin("lookup keys: more than a name");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct test_caller caller = { .calls = 0 };

		test_set = test_default_set;
		test_set.referral_ldap_filter = tests[i].filter;
		if (!test_lookup_start(&error))
			i_fatal("%s", error);
		test_ask_user(&caller, &first);
		test_answer('e');
		test_assert_idx(referral_lookup_cached(test_lookup,
			&tests[i].user, &again, &result) == tests[i].shared, i);
		/* by name, or all */
		test_assert_idx(referral_lookup_flush(test_lookup,
						      "Bob@d") == 1, i);
		test_caller_free(&caller);
		test_lookup_stop();
	}
	test_end();
}
