#include "lib.h"
#include "str.h"
#include "filter.h"
#include "template.h"
#include "ldap-syntax.h"
#include "test-core.h"

#define FILTER REFERRAL_TEMPLATE_ESCAPE_FILTER
#define DN REFERRAL_TEMPLATE_ESCAPE_DN

static const char *
expand(const char *template_str, enum referral_template_escape escape,
       const char *user)
{
	const struct referral_user who = {
		.name = user, .original = "Orig@Old.Example",
		.protocol = "imap",
	};
	struct referral_template *template;
	string_t *str = t_str_new(64);
	const char *error;

	if (referral_template_create(pool_datastack_create(), template_str,
				     escape, &template, &error) < 0)
		i_fatal("referral_template_create(%s): %s",
			template_str, error);
	referral_template_expand(template, &who, str);
	return str_c(str);
}

void test_template_expand(void)
{
	static const struct {
		const char *template, *user, *output;
		enum referral_template_escape escape;
	} tests[] = {
		{ "(uid=%{user})", "u@example.com", "(uid=u@example.com)",
		  FILTER },
		{ "(uid=%u)", "u@example.com", "(uid=u@example.com)", FILTER },
		{ "%{username}|%{domain}", "u@example.com", "u|example.com",
		  FILTER },
		{ "%n|%d", "u@example.com", "u|example.com", FILTER },
		{ "%{username}|%{domain}|%{user}", "u", "u||u", FILTER },
		{ "%{username}|%{domain}", "u@", "u|", FILTER },
		{ "%{username}|%{domain}", "@d", "|d", FILTER },
		{ "%{username}|%{domain}", "a@b@c", "a|b@c", FILTER },
		{ "%{username}|%{domain}|%{user}", "", "||", FILTER },
		{ "", "u", "", FILTER },
		{ "(objectClass=*)", "u", "(objectClass=*)", FILTER },
		{ "100%%{user}%%", "u", "100%{user}%", FILTER },
		{ "%{user}%{user}", "u", "uu", FILTER },
		{ "%users", "u", "users", FILTER },
		{ "%{account}|%{user}", "D\\u", "u|D\\5cu", FILTER },
		{ "%{account}", "u", "u", FILTER },
		{ "%{account}", "a@b", "a@b", FILTER },
		{ "%{account}", "D\\*@b", "\\2a@b", FILTER },
		{ "%{account}", "C\\D\\u", "u", FILTER },
		{ "%{account|lower}", "D\\U", "u", FILTER },
		{ "%{account}", "D\\", "", FILTER },
		{ "%{user|lower}|%Lu|%L{user}", "Bob@Example.COM",
		  "bob@example.com|bob@example.com|bob@example.com", FILTER },
		{ "%{username | lower}|%Ln|%{domain|lower}|%Ld", "Bob@COM",
		  "bob|bob|com|com", FILTER },
		{ "%{user|lower}", "J\xc3\x9c*", "j\\c3\\9c\\2a", FILTER },
		{ "%{original_user}|%{original_username}|%{original_domain}",
		  "u", "Orig@Old.Example|Orig|Old.Example", FILTER },
		{ "%{orig_user|lower}|%{orig_username}|%{orig_domain}", "u",
		  "orig@old.example|Orig|Old.Example", FILTER },
		{ "%{protocol}|%s|%{service}", "u", "imap|imap|imap", FILTER },
		/* values are no templates */
		{ "%{user}", "%{domain}@%u", "%{domain}@%u", FILTER },

		/* RFC 4515: the classic injections */
		{ "(uid=%u)", "*", "(uid=\\2a)", FILTER },
		{ "(uid=%u)", "u)(uid=*", "(uid=u\\29\\28uid=\\2a)", FILTER },
		{ "(uid=%u)", "a\\2a", "(uid=a\\5c2a)", FILTER },
		{ "(uid=%u)", "a\r\n\x01\x7f", "(uid=a\\0d\\0a\\01\\7f)",
		  FILTER },
		{ "(uid=%u)", "j\xc3\xbc", "(uid=j\\c3\\bc)", FILTER },
		{ "(uid=%u)", "\xff", "(uid=\\ff)", FILTER },
		{ "(uid=%u)", "a b,c=d;#+\"<>&|!~:",
		  "(uid=a b,c=d;#+\"<>&|!~:)", FILTER },
		/* RFC 4514 */
		{ "uid=%n,dc=%d", "u@example", "uid=u,dc=example", DN },
		{ "uid=%u,dc=x", "a,dc=y", "uid=a\\2cdc\\3dy,dc=x", DN },
		{ "uid=%u,dc=x", "a+b;c\"d\\e<f>g",
		  "uid=a\\2bb\\3bc\\22d\\5ce\\3cf\\3eg,dc=x", DN },
		{ "uid=%u,dc=x", "#04 ", "uid=\\2304\\20,dc=x", DN },
		{ "uid=%u,dc=x", " a b", "uid=\\20a\\20b,dc=x", DN },
		{ "uid=%u,dc=x", "\xc3\xbc\x01", "uid=\\c3\\bc\\01,dc=x", DN },
		{ "uid=%u,dc=x", "*()", "uid=*(),dc=x", DN },
		{ "ou=x,%{domain|ldap_dn}", "u@example.com",
		  "ou=x,dc=example,dc=com", DN },
		{ "%{domain | ldap_dn},o=x", "u@a.b.c", "dc=a,dc=b,dc=c,o=x",
		  DN },
		{ "ou=x,dc=%Dd", "u@example.com", "ou=x,dc=example,dc=com",
		  DN },
		{ "dc=%Dd", "u@example", "dc=example", DN },
		{ "%{domain|ldap_dn}", "u", "dc=", DN },
		{ "%{domain|lower|ldap_dn}|dc=%LDd|dc=%D{domain}", "u@A.B",
		  "dc=a,dc=b|dc=a,dc=b|dc=A,dc=B", DN },
		{ "%{original_domain|ldap_dn}", "u@x", "dc=Old,dc=Example",
		  DN },
		{ "%{domain|ldap_dn}", "u@", "dc=", DN },
		{ "%{domain|ldap_dn}", "u@a,o=x.+b..c@d",
		  "dc=a\\2co\\3dx,dc=\\2bb,dc=,dc=c@d", DN },
	};
	unsigned int i;

	test_begin("template expand");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(expand(tests[i].template,
					      tests[i].escape, tests[i].user),
				       tests[i].output, i);
	}
	test_end();
}

void test_template_expand_octets(void)
{
	char user[] = "aXb";
	const char *str, *error;
	unsigned int c;

	/* Whatever the octet, the result is one filter or DN with as many
	   parts as the template. */
	test_begin("template expand: every octet");
	for (c = 1; c < 256; c++) {
		user[1] = c;
		str = expand("(uid=%{user})", FILTER, user);
		test_assert_idx(referral_filter_check(str, &error) == 0, c);
		test_assert_idx(strchr(str, '*') == NULL, c);
		str = expand("uid=%{user}", DN, user);
		test_assert_idx(referral_dn_check(str, &error) == 0, c);
		test_assert_idx(strpbrk(str, ",+;") == NULL, c);
		/* nothing is lost: it stands for itself or as \xx */
		if (strlen(str) == strlen("uid=aXb"))
			test_assert_idx(str[5] == user[1], c);
		else {
			test_assert_strcmp_idx(
				str, t_strdup_printf("uid=a\\%02xb", c), c);
		}
	}
	test_end();
}

#define KNOWN " (known: %{user}, %{username}, %{domain}, %{account}, " \
	"%{original_user}, %{protocol}, with |lower, %{domain|ldap_dn}, %%)"

void test_template_invalid(void)
{
	static const struct {
		const char *template, *error;
	} tests[] = {
		{ "%{foo}", "unknown variable %{foo}" KNOWN },
		{ "a%{}b", "unknown variable %{}" KNOWN },
		{ "%{User}", "unknown variable %{User}" KNOWN },
		{ "%{user|upper}", "unknown variable %{user|upper}" KNOWN },
		{ "%{user|ldap_dn}", "unknown variable %{user|ldap_dn}" KNOWN },
		{ "%{|lower}", "unknown variable %{|lower}" KNOWN },
		{ "%{\xff}", "unknown variable %{\\xff}" KNOWN },
		{ "%x", "unknown variable %x" KNOWN },
		{ "%Lx", "unknown variable %Lx" KNOWN },
		{ "%DLd", "unknown variable %DLd" KNOWN },
		{ "%Du", "unknown variable %Du" KNOWN },
		{ "100%", "unknown variable %" KNOWN },
		{ "%%%", "unknown variable %" KNOWN },
		{ "%L", "unknown variable %L" KNOWN },
		{ "%{user", "\"%{\" without \"}\"" },
		{ "%{", "\"%{\" without \"}\"" },
	};
	struct referral_template *template;
	const char *error;
	unsigned int i;

	test_begin("template: invalid");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		test_assert_idx(referral_template_create(
			pool_datastack_create(), tests[i].template, FILTER,
			&template, &error) == -1, i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

void test_template_tail(void)
{
	static const struct {
		const char *template, *tail;
		/* for u@example.com */
		const char *tree;
		bool needs_domain;
	} tests[] = {
		{ "dc=example,dc=com", "dc=example,dc=com", "", FALSE },
		{ "uid=%n,ou=people,dc=com", "ou=people,dc=com",
		  "uid=u,ou=people,dc=com", FALSE },
		{ "uid=%n+cn=x,dc=com", "dc=com", "uid=u+cn=x,dc=com", FALSE },
		{ "uid=%n\\,x,dc=com", "dc=com", "uid=u\\,x,dc=com", FALSE },
		{ "uid=%n,ou=%d-x,dc=%%com", "dc=%com",
		  "uid=u,ou=example.com-x,dc=%com", TRUE },
		{ "dc=%d", "", "dc=example.com", TRUE },
		{ "uid=x,dc=%dx", "", "dc=example.comx", TRUE },
		{ "ou=a\\,b,%{domain|ldap_dn}", "", "dc=example,dc=com", TRUE },
		{ "ou=a,ou=b,dc=%Dd", "", "dc=example,dc=com", TRUE },
		{ "ou=a,cn=x%{username},%{domain|ldap_dn}", "",
		  "cn=xu,dc=example,dc=com", TRUE },
		{ "%{domain|ldap_dn},o=x", "o=x", "dc=example,dc=com,o=x",
		  TRUE },
		{ "", "", "", FALSE },
	};
	const struct referral_user user = { .name = "u@example.com" };
	const struct referral_user nowhere = { .name = "u@" };
	struct referral_template *template;
	string_t *tree = t_str_new(64);
	const char *error;
	unsigned int i;

	test_begin("template tail");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_template_create(
			pool_datastack_create(), tests[i].template,
			REFERRAL_TEMPLATE_ESCAPE_DN, &template, &error) == 0,
			i);
		test_assert_strcmp_idx(
			referral_template_get_constant_tail(template),
			tests[i].tail, i);
		str_truncate(tree, 0);
		referral_template_expand_tree(template, &user, tree);
		test_assert_strcmp_idx(str_c(tree), tests[i].tree, i);
		test_assert_idx(!referral_template_lacks_domain(template,
								&user), i);
		test_assert_idx(referral_template_lacks_domain(template,
			&nowhere) == tests[i].needs_domain, i);
	}
	test_end();
}

void test_template_uses(void)
{
#define NAME REFERRAL_TEMPLATE_USERNAME
#define DOMAIN REFERRAL_TEMPLATE_DOMAIN
#define ORIGINAL REFERRAL_TEMPLATE_ORIGINAL
#define PROTOCOL REFERRAL_TEMPLATE_PROTOCOL
	static const struct {
		const char *template;
		unsigned int uses, exact;
		bool is_name;
	} tests[] = {
		{ "(uid=x)", 0, 0, FALSE },
		{ "(uid=%%{user})", 0, 0, FALSE },
		{ "(uid=%{user})", NAME | DOMAIN, NAME | DOMAIN, FALSE },
		{ "(uid=%u)", NAME | DOMAIN, NAME | DOMAIN, FALSE },
		{ "(uid=%{account})", NAME | DOMAIN, NAME | DOMAIN, FALSE },
		{ "%{account}", NAME | DOMAIN, NAME | DOMAIN, FALSE },
		{ "(uid=%n)", NAME, NAME, FALSE },
		{ "(uid=%{username})", NAME, NAME, FALSE },
		{ "(uid=%{username|lower})", NAME, 0, FALSE },
		{ "(|(a=%Lu)(b=%n))", NAME | DOMAIN, NAME, FALSE },
		{ "dc=%d", DOMAIN, DOMAIN, FALSE },
		{ "dc=%{domain}", DOMAIN, DOMAIN, FALSE },
		{ "%{domain|ldap_dn}", DOMAIN, DOMAIN, FALSE },
		{ "%{domain|lower|ldap_dn}", DOMAIN, 0, FALSE },
		{ "dc=%Dd", DOMAIN, DOMAIN, FALSE },
		{ "uid=%n,dc=%d", NAME | DOMAIN, NAME | DOMAIN, FALSE },
		{ "%{original_username}%s", ORIGINAL | PROTOCOL,
		  ORIGINAL | PROTOCOL, FALSE },
		{ "%u", NAME | DOMAIN, NAME | DOMAIN, TRUE },
		{ "%n", NAME, NAME, TRUE },
		{ "%{user|lower}", NAME | DOMAIN, 0, TRUE },
		{ "%d", DOMAIN, DOMAIN, FALSE },
		{ "%{original_user}", ORIGINAL, ORIGINAL, FALSE },
		{ "%n%n", NAME, NAME, FALSE },
		{ "n", 0, 0, FALSE },
	};
	enum referral_template_uses exact;
	struct referral_template *template;
	const char *error;
	unsigned int i;

	test_begin("template uses");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_template_create(
			pool_datastack_create(), tests[i].template, FILTER,
			&template, &error) == 0, i);
		test_assert_idx(referral_template_get_uses(template, &exact) ==
				tests[i].uses, i);
		test_assert_idx(exact == tests[i].exact, i);
		test_assert_idx(referral_template_is_name(template) ==
				tests[i].is_name, i);
	}
	test_end();
}
