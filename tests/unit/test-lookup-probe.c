/* lookup-probe.c: does anybody have a home server? */

#include "lib.h"
#include "ioloop.h"
#include "fake-ldap-client.h"
#include "test-lookup.h"
#include "test-lookup-caller.h"

static void test_wait_over(void *context ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

/* Let the search be started. */
static void test_turn(void)
{
	struct timeout *to = timeout_add_short(10, test_wait_over,
					       (void *)NULL);

	io_loop_run(test_ioloop);
	timeout_remove(&to);
	ioloop_time = NOW;
}

void test_lookup_probe(void)
{
	static const struct {
		const char *base, *attributes;
		/* NULL: none */
		const char *filter, *exp_base;
		enum referral_ldap_status status;
	} tests[] = {
		{ "dc=example", "mailHost", "(mailHost=*)", "dc=example",
		  REFERRAL_LDAP_ENTRY },
		{ "", "a b", "(|(a=*)(b=*))", "",
		  REFERRAL_LDAP_SEVERAL_ENTRIES },
		{ "uid=%n,ou=%d,ou=people,dc=x", "a", "(a=*)",
		  "ou=people,dc=x", REFERRAL_LDAP_NO_ENTRY },
		{ "ou=x%d\\,y,dc=\\,x", "a", "(a=*)", "dc=\\,x",
		  REFERRAL_LDAP_UNAVAILABLE },
		{ "uid=%n", "a", NULL, NULL, REFERRAL_LDAP_ENTRY },
		{ "uid=%n-x", "a", NULL, NULL, REFERRAL_LDAP_ENTRY },
	};
	const char *error;
	unsigned int i;

	test_begin("lookup probe");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_set = test_default_set;
		test_set.referral_ldap_base = tests[i].base;
		test_set.referral_ldap_attributes = tests[i].attributes;
		if (!test_lookup_start(&error))
			i_fatal("%s", error);
		referral_lookup_probe(test_lookup);
		/* no sooner than the loop runs */
		test_assert_idx(fake_ldap_search_count == 0, i);
		test_turn();
		if (tests[i].filter == NULL) {
			test_assert_idx(fake_ldap_search_count == 0, i);
			test_lookup_stop();
			continue;
		}
		test_assert_idx(fake_ldap_search_count == 1, i);
		test_assert_strcmp_idx(fake_ldap_searches->filter,
				       tests[i].filter, i);
		test_assert_strcmp_idx(fake_ldap_searches->base,
				       tests[i].exp_base, i);
		test_assert_idx(fake_ldap_searches->scope == 2, i);
		if (tests[i].status == REFERRAL_LDAP_NO_ENTRY)
			test_expect_error_string("Nobody has a home server");
		fake_ldap_answer(tests[i].status, NULL);
		if (tests[i].status == REFERRAL_LDAP_NO_ENTRY)
			test_expect_no_more_errors();
		test_lookup_stop();
	}
	/* stopped before and while it is asked */
	test_lookup_start_default();
	referral_lookup_probe(test_lookup);
	test_lookup_stop();
	test_lookup_start_default();
	referral_lookup_probe(test_lookup);
	test_turn();
	test_lookup_stop();
	test_assert(fake_ldap_cancel_count == 1);
	/* nothing to ask */
	test_set = test_default_set;
	test_set.referral_ldap_uris = "";
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
	referral_lookup_probe(test_lookup);
	test_turn();
	test_lookup_stop();
	test_end();
}
