#include "lib.h"
#include "str.h"
#include "filter.h"
#include "test-core.h"

void test_filter_check(void)
{
	static const char *const valid[] = {
		/* RFC 4515 section 4 */
		"(cn=Babs Jensen)",
		"(!(cn=Tim Howes))",
		"(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
		"(o=univ*of*mich*)",
		"(seeAlso=)",
		"(cn:caseExactMatch:=Fred Flintstone)",
		"(cn:=Betty Rubble)",
		"(sn:dn:2.4.6.8.10:=Barney Rubble)",
		"(o:dn:=Ace Industry)",
		"(:1.2.3:=Wilma Flintstone)",
		"(:DN:2.4.6.8.10:=Dino)",
		"(o=Parens R Us \\28for all your parenthetical needs\\29)",
		"(cn=*\\2A*)",
		"(filename=C:\\5cMyFile)",
		"(bin=\\00\\00\\00\\04)",
		"(sn=Lu\\c4\\8di\\c4\\87)",
		"(1.3.6.1.4.1.1466.0=\\04\\02\\48\\69)",
		/* RFC 4526 */
		"(&)", "(|)",
		"(uid=*)", "(uid=**)", "(uid=)", "(uid>=5)", "(uid<=5)",
		"(uid~=x)", "(cn;lang-de=x)", "(cn;a;b-1=x)", "(a==x)",
		"(cn=j\xc3\xbcrgen)", "(cn= a = b )", "(&(a=b))",
		/* what libldap takes, too */
		"( uid=x)", "(&  (a=b) (c=d) )", "( & (a=b))", "(& )",
		"(&\n\t(a=b)\n\t( |(c=d) )\n)", "( ! (a=b))", "( :dn:1.2:=x)",
		"(!(!(!(a=b))))", "(cn:dn:=x)", "(cn:dn1:=x)",
	};
	static const char *const invalid[] = {
		"", " ", "uid=x", "(", ")", "()", "(())", "((uid=x))",
		"(uid=x", "(uid=x))", "(uid=x) ", " (uid=x)", "(uid=x)(uid=y)",
		"(uid)", "(=x)", "(uid x)", "(uid =x)", "( )",
		"(!(a=b) )", "(& (a=b) x)", "(&(a=b)) (c=d)",
		"(u_id=x)", "(1uid=x)", "(uid;=x)", "(uid;;a=x)", "(;a=x)",
		"(1=x)", "(1.=x)", "(.1=x)", "(1..2=x)", "(01.2=x)",
		"(uid=(x)", "(uid=x(y))", "(uid=\\)", "(uid=\\2)",
		"(uid=\\zz)", "(uid=\\2g)", "(uid~x)", "(uid>x)", "(uid<)",
		"(uid~=*)", "(uid>=a*)", "(cn:=a*)", "(uid=x\xff)",
		"(&(uid=x)", "(&uid=x)", "(&(uid=x)x)",
		"(&)(", "(!)", "(!(a=b)(c=d))", "(!a=b)", "(&&)",
		"(:=x)", "(:dn:=x)", "(cn:dn)", "(cn:)", "(cn:=", "(cn:x=y)",
		"(cn::=x)", "(cn:dn:dn:x:=y)", "(:1:=x)", "(",
		"(objectClass=*)\n",
	};
	string_t *str = t_str_new(256);
	const char *error;
	unsigned int i, depth;

	test_begin("filter check");
	for (i = 0; i < N_ELEMENTS(valid); i++) {
		error = NULL;
		test_assert_idx(referral_filter_check(valid[i],
						      &error) == 0, i);
		test_assert_strcmp_idx(error, NULL, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		error = NULL;
		test_assert_idx(referral_filter_check(invalid[i],
						      &error) == -1, i);
		test_assert_idx(error != NULL, i);
	}
	for (depth = 31; depth <= 33; depth++) {
		str_truncate(str, 0);
		for (i = 1; i < depth; i++)
			str_append(str, "(&");
		str_append(str, "(a=b)");
		for (i = 1; i < depth; i++)
			str_append_c(str, ')');
		test_assert_idx((referral_filter_check(str_c(str),
						       &error) == 0) ==
				(depth <= 32), depth);
	}
	test_assert_strcmp(error, "nested too deeply at character 66");
	/* so deep that the stack would not hold it */
	str_truncate(str, 0);
	for (i = 0; i < 100000; i++)
		str_append(str, "(!");
	test_assert(referral_filter_check(str_c(str), &error) == -1);

	test_assert(referral_filter_check("(&(a=b)(c))", &error) == -1);
	test_assert_strcmp(error, "\"=\" expected after the attribute "
			   "at character 10");
	test_end();
}
