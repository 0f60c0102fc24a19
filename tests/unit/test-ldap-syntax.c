#include "lib.h"
#include "ldap-syntax.h"
#include "test-core.h"

void test_attribute_is_valid(void)
{
	static const char *const valid[] = {
		"mailHost", "a", "A-1", "x-", "zimbraMailTransport",
		"2.5.4.3", "0.9.2342.19200300.100.1.1", "1.0",
		"cn;lang-en", "cn;a;b", "2.5.4.3;binary", "cn;1",
	};
	static const char *const invalid[] = {
		"", " ", "1", "1.", ".1", "1..2", "01.2", "1.02", "1.2.",
		"-a", "_a", "a_b", "a b", " a", "a ", "a,b", "*", "+", "a=",
		"cn;", "cn;;a", ";a", "cn;a_b", "cn; a", "a\n", "m\xc3\xa4il",
		"1.2a",
	};
	unsigned int i;

	test_begin("attribute is valid");
	for (i = 0; i < N_ELEMENTS(valid); i++)
		test_assert_idx(referral_attribute_is_valid(valid[i]), i);
	for (i = 0; i < N_ELEMENTS(invalid); i++)
		test_assert_idx(!referral_attribute_is_valid(invalid[i]), i);
	test_assert(referral_attribute_span("cn;a=x") == 4);
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
