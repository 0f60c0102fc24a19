/* Unit tests of plugin/core/directory/domains.c */

#include "lib.h"
#include "test-core.h"
#include "domains.h"

static void test_domains_check(void)
{
	static const struct {
		const char *domains, *name;
		/* NULL: valid */
		const char *joined, *error;
	} tests[] = {
		{ "", "a.example", "a.example", NULL },
		{ "A.example, b.example\tc", "x", "a.example b.example c",
		  NULL },
		{ "", "Students", "students", NULL },
		{ "m\xc3\xbcller.example", "x", "m\xc3\xbcller.example",
		  NULL },
		{ " , ", "n", "n", NULL },
		{ "", "", NULL, "no domain is named" },
		{ "@a.example", "x", NULL, "\"@a.example\" is not a domain as "
		  "it stands in user names" },
		{ "*.example", "x", NULL, "\"*.example\" is not a domain as "
		  "it stands in user names" },
		{ "a\x01""b", "x", NULL, "\"a\\x01b\" is not a domain as "
		  "it stands in user names" },
		{ "a/b", "x", NULL, "\"a/b\" is not a domain as "
		  "it stands in user names" },
		{ "a\x7f", "x", NULL, "\"a\\x7f\" is not a domain as "
		  "it stands in user names" },
	};
	const char *const *domains, *error;
	unsigned int i;
	int ret;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		domains = referral_domains_split(pool_datastack_create(),
						 tests[i].domains,
						 tests[i].name);
		error = NULL;
		ret = referral_domains_check(domains, &error);
		test_assert_idx(ret == (tests[i].error == NULL ? 0 : -1), i);
		test_assert_strcmp_idx(error, tests[i].error, i);
		if (tests[i].joined != NULL) {
			test_assert_strcmp_idx(t_strarray_join(domains, " "),
					       tests[i].joined, i);
		}
	}
}

static void test_domains_match(void)
{
	static const char *const domains[] = { "a.example", "b.example", NULL };

	test_assert(referral_domains_match(domains, "u@a.example"));
	test_assert(referral_domains_match(domains, "u@B.Example"));
	test_assert(!referral_domains_match(domains, "u@c.example"));
	test_assert(!referral_domains_match(domains, "u@x.a.example"));
	test_assert(!referral_domains_match(domains, "u"));
	test_assert(!referral_domains_match(domains, "a.example"));
	test_assert(!referral_domains_match(domains, "u@"));
	/* as %{domain} has it */
	test_assert(!referral_domains_match(domains, "u@a.example@b.example"));
}

void test_domains(void)
{
	test_begin("domains: check");
	test_domains_check();
	test_end();

	test_begin("domains: match");
	test_domains_match();
	test_end();
}
