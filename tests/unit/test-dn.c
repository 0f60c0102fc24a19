#include "lib.h"
#include "dn.h"
#include "test-core.h"

static const struct {
	const char *dn, *base;
	bool below;
} dns[] = {
	{ "dc=example,dc=com", "dc=example,dc=com", TRUE },
	{ "ou=people,dc=example,dc=com", "dc=example,dc=com", TRUE },
	{ "dc=com", "dc=example,dc=com", FALSE },
	{ "", "dc=com", FALSE },
	{ "dc=com", "", TRUE },
	{ "", "", TRUE },
	{ "dc=example,dc=com", "dc=example,dc=org", FALSE },
	{ "dc=example,dc=com", "ou=example,dc=com", FALSE },
	/* not by its characters alone */
	{ "dc=xexample,dc=com", "dc=example,dc=com", FALSE },
	{ "cn=a\\,dc=com", "dc=com", FALSE },
	{ "cn=a\\\\,dc=com", "dc=com", TRUE },
	{ "cn=a\\,b,dc=com", "cn=a\\2cb,dc=com", TRUE },
	/* case, spaces */
	{ "OU=People, DC=Example , dc=COM", "dc=example,dc=com", TRUE },
	{ "ou = two  words ,dc=com", "ou=two  words,dc=com", TRUE },
	{ "ou=two words,dc=com", "ou=twowords,dc=com", FALSE },
	{ "ou=x\\ ,dc=com", "ou=x,dc=com", FALSE },
	/* several names in a component, and what only looks like it */
	{ "cn=a+uid=b,dc=com", "cn=A + UID=b,dc=com", TRUE },
	{ "cn=a\\+uid\\=b,dc=com", "cn=a+uid=b,dc=com", FALSE },
	{ "cn=a\\3db,dc=com", "cn=a\\=b,dc=com", TRUE },
	{ "cn=a\\", "cn=a", FALSE },
};

void test_dn(void)
{
	unsigned int i;

	test_begin("dn is below");
	for (i = 0; i < N_ELEMENTS(dns); i++) {
		test_assert_idx(referral_dn_is_below(dns[i].dn, dns[i].base) ==
				dns[i].below, i);
	}
	test_assert_strcmp(referral_dn_skip_component("cn=a\\,b,dc=com"),
			   "dc=com");
	test_assert_strcmp(referral_dn_skip_component("dc=com"), "");
	test_end();
}

void test_dn_list(void)
{
	static const struct {
		const char *list, *joined;
	} tests[] = {
		{ "", "" },
		{ "dc=x", "dc=x" },
		{ " dc=x\t", "dc=x" },
		{ "ou=a b,dc=x; ou=b,dc=x ;dc=y", "ou=a b,dc=x|ou=b,dc=x|dc=y" },
		{ "ou=a\\;b,dc=x;dc=y", "ou=a\\;b,dc=x|dc=y" },
		{ "dc=x;", "dc=x|" },
		{ ";dc=x;;dc=y", "|dc=x||dc=y" },
		{ "dc=x\\", "dc=x\\" },
	};
	unsigned int i;

	test_begin("dn list");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(t_strarray_join(
			referral_dn_list_split(tests[i].list), "|"),
			tests[i].joined, i);
	}
	test_end();
}

void test_dn_elsewhere(void)
{
	static const struct {
		const char *dn, *trees[3];
		bool elsewhere;
	} tests[] = {
		{ "dc=a,dc=org", { "dc=b,dc=org", "dc=com" }, TRUE },
		{ "dc=a,dc=org", { "dc=b,dc=org", "DC=a, DC=org" }, FALSE },
		/* above, below */
		{ "dc=a,dc=org", { "dc=org" }, FALSE },
		{ "dc=a,dc=org", { "ou=x,dc=a,dc=org" }, FALSE },
		{ "dc=a,dc=org", { "" }, FALSE },
		/* nothing is known */
		{ "dc=a,dc=org", { NULL }, FALSE },
		{ "dc=\\2cdc=org", { "dc=org" }, TRUE },
	};
	unsigned int i;

	test_begin("dn elsewhere");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_dn_is_elsewhere(tests[i].dn,
			tests[i].trees) == tests[i].elsewhere, i);
	}
	test_end();
}
