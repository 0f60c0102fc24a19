#include "lib.h"
#include "ldap-syntax.h"
#include "test-core.h"

void test_attribute_check(void)
{
	static const char *const valid[] = {
		"mailHost", "a", "A-1", "x-", "zimbraMailTransport",
		"cn;lang-en", "cn;a;b", "cn;1", "cn;a-b",
	};
	static const struct {
		const char *name, *error;
	} invalid[] = {
#define N(name) { name, "invalid name" }
		N(""), N(" "), N("1"), N("1."), N(".1"), N("1..2"), N("01.2"),
		N("1.02"), N("1.2."), N("-a"), N("_a"), N("a_b"), N("a b"),
		N(" a"), N("a "), N("a,b"), N("*"), N("+"), N("a="), N("cn;"),
		N("cn;;a"), N(";a"), N("cn;a_b"), N("cn; a"), N("a\n"),
		N("m\xc3\xa4il"), N("1.2a"),
#undef N
#define N(name) { name, "servers answer under the attribute's name: use it " \
			"in place of the OID" }
		N("1.1"), N("2.5.4.3"), N("0.9.2342.19200300.100.1.1"),
		N("2.5.4.3;binary"),
#undef N
		{ "cn;lang-", "invalid option" },
		{ "cn;a;lang-", "invalid option" },
		{ "cn;lang-;a", "invalid option" },
	};
	const char *error;
	unsigned int i;

	test_begin("attribute check");
	for (i = 0; i < N_ELEMENTS(valid); i++) {
		test_assert_idx(referral_attribute_check(valid[i],
							 &error) == 0, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		error = NULL;
		test_assert_idx(referral_attribute_check(invalid[i].name,
							 &error) == -1, i);
		test_assert_strcmp_idx(error, invalid[i].error, i);
	}
	test_assert(referral_attribute_span("cn;a=x") == 4);
	test_assert(referral_attribute_span("2.5.4.3=x") == 7);
	test_assert(referral_oid_span("cn;a=x") == 2);
	test_end();
}

void test_dn_check(void)
{
	static const char *const valid[] = {
		"", "dc=example", "dc=example,dc=com",
		/* RFC 4514 section 4 */
		"UID=jsmith,DC=example,DC=net",
		"OU=Sales+CN=J.  Smith,DC=example,DC=net",
		"CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
		"CN=Before\\0dAfter,DC=example,DC=net",
		"1.3.6.1.4.1.1466.0=#04024869",
		"CN=Lu\\C4\\8Di\\C4\\87",
		"cn=Lu\xc4\x8di\xc4\x87",
		"dc=a, dc=b", "dc = a ,dc=b", "dc=", "dc=,dc=b",
		"cn=\\#x\\ ", "cn=\\\\", "cn=a=b", "cn=a#b", "cn=(*)",
		"cn= #04 ,dc=x", "cn=#0402+sn=x",
	};
	static const char *const invalid[] = {
		" ", "example.com", "dc", "=x", "dc=a,", "dc=a,,dc=b",
		"dc=a+", ",dc=a", "dc=a,b", "d_c=a", "dc;x=a", "1=a",
		"dc=a;dc=b", "dc=\"a\"", "dc=<a>", "dc=a>", "dc=a\\",
		"dc=a\\2", "dc=a\\zz", "dc=a\\x", "dc=#", "dc=#0", "dc=#0g",
		"dc=#04 05", "dc=#04 xcn=b", "dc=#cn=b", "dc=a\\2z",
		"dc=a\\z2", "dc=\xff", "dc=a\nb,\n",
	};
	const char *error;
	unsigned int i;

	test_begin("dn check");
	for (i = 0; i < N_ELEMENTS(valid); i++) {
		error = NULL;
		test_assert_idx(referral_dn_check(valid[i], &error) == 0, i);
		test_assert_strcmp_idx(error, NULL, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		error = NULL;
		test_assert_idx(referral_dn_check(invalid[i],
						  &error) == -1, i);
		test_assert_idx(error != NULL, i);
	}
	test_end();
}
