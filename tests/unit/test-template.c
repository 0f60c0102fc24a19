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
	struct referral_template *template;
	string_t *str = t_str_new(64);
	const char *error;

	if (referral_template_create(pool_datastack_create(), template_str,
				     escape, &template, &error) < 0)
		i_fatal("referral_template_create(%s): %s",
			template_str, error);
	referral_template_expand(template, user, str);
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
		{ "%{account}|%{user}", "D\\u", "u|D\\5cu", FILTER },
		{ "%{account}", "u", "u", FILTER },
		{ "%{account}", "a@b", "a@b", FILTER },
		{ "%{account}", "D\\*@b", "\\2a@b", FILTER },
		{ "%{account}", "C\\D\\u", "u", FILTER },
		{ "%{account}", "D\\", "", FILTER },
		{ "", "u", "", FILTER },
		{ "(objectClass=*)", "u", "(objectClass=*)", FILTER },
		{ "100%%{user}%%", "u", "100%{user}%", FILTER },
		{ "%{user}%{user}", "u", "uu", FILTER },
		{ "%users", "u", "users", FILTER },
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

void test_template_invalid(void)
{
	static const struct {
		const char *template, *error;
	} tests[] = {
		{ "%{foo}", "unknown variable %{foo} (known: %{user}, "
			"%{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
		{ "a%{}b", "unknown variable %{} (known: %{user}, "
			"%{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
		{ "%{User}", "unknown variable %{User} (known: %{user}, "
			"%{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
		{ "%{user|lower}", "unknown variable %{user|lower} (known: "
			"%{user}, %{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
		{ "%{\xff}", "unknown variable %{\\xff} (known: %{user}, "
			"%{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
		{ "%x", "unknown variable %x (known: %{user}, "
			"%{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
		{ "%Lu", "unknown variable %L (known: %{user}, "
			"%{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
		{ "100%", "unknown variable % (known: %{user}, "
			"%{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
		{ "%%%", "unknown variable % (known: %{user}, "
			"%{username}, %{domain}, %{account}, "
			"%{domain|ldap_dn}, %%)" },
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
	} tests[] = {
		{ "dc=example,dc=com", "dc=example,dc=com" },
		{ "uid=%n,ou=people,dc=com", "ou=people,dc=com" },
		{ "uid=%n+cn=x,dc=com", "dc=com" },
		{ "uid=%n\\,x,dc=com", "dc=com" },
		{ "uid=%n,ou=%d-x,dc=%%com", "dc=%com" },
		{ "dc=%d", "" },
		{ "uid=x,dc=%dx", "" },
		{ "", "" },
	};
	struct referral_template *template;
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
	}
	test_end();
}

void test_template_uses(void)
{
	static const struct {
		const char *template;
		bool username, domain;
	} tests[] = {
		{ "(uid=x)", FALSE, FALSE },
		{ "(uid=%%{user})", FALSE, FALSE },
		{ "(uid=%{user})", TRUE, TRUE },
		{ "(uid=%u)", TRUE, TRUE },
		{ "(uid=%{account})", TRUE, TRUE },
		{ "(uid=%n)", TRUE, FALSE },
		{ "(uid=%{username})", TRUE, FALSE },
		{ "dc=%d", FALSE, TRUE },
		{ "dc=%{domain}", FALSE, TRUE },
		{ "%{domain|ldap_dn}", FALSE, TRUE },
		{ "dc=%Dd", FALSE, TRUE },
		{ "uid=%n,dc=%d", TRUE, TRUE },
	};
	struct referral_template *template;
	const char *error;
	unsigned int i;

	test_begin("template uses");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_template_create(
			pool_datastack_create(), tests[i].template, FILTER,
			&template, &error) == 0, i);
		test_assert_idx(referral_template_uses_username(template) ==
				tests[i].username, i);
		test_assert_idx(referral_template_uses_domain(template) ==
				tests[i].domain, i);
	}
	test_end();
}
