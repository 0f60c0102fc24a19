#include "lib.h"
#include "array.h"
#include "str.h"
#include "filter.h"
#include "template.h"
#include "mirror-filter.h"
#include "test-core.h"

/* "attribute:value attribute/rule:value" for this user */
static const char *
items_to_str(const struct referral_mirror_filter *filter, const char *user)
{
	const struct referral_user who = { .name = user };
	const struct referral_mirror_item *item;
	const struct referral_mirror_attribute *attribute;
	string_t *str = t_str_new(64);

	array_foreach(&filter->items, item) {
		attribute = array_idx(&filter->attributes, item->attribute);
		if (str_len(str) > 0)
			str_append_c(str, ' ');
		str_append(str, attribute->name);
		if (attribute->have_rule)
			str_printfa(str, "/%d", attribute->rule);
		str_append_c(str, ':');
		referral_template_expand(item->value, &who, str);
	}
	return str_c(str);
}

void test_mirror_filter(void)
{
	static const struct {
		const char *template, *filter, *items;
		unsigned int attributes;
	} tests[] = {
		{ "(uid=%{user})", "(uid=*)", "uid:u@d", 1 },
		{ "(uid=%u)", "(uid=*)", "uid:u@d", 1 },
		{ "(&(objectClass=mailRecipient)(mail=%{user}))",
		  "(&(objectClass=mailRecipient)(mail=*))", "mail:u@d", 1 },
		{ "(|(uid=%{username})(mail=%{user}))",
		  "(|(uid=*)(mail=*))", "uid:u mail:u@d", 2 },
		{ "(&(a=b)(|(uid=%n)(mail=%u))(!(x=y)))",
		  "(&(a=b)(|(uid=*)(mail=*))(!(x=y)))", "uid:u mail:u@d", 2 },
		{ "(&(|(a=b)(c=d))(&(uid=%n)))",
		  "(&(|(a=b)(c=d))(&(uid=*)))", "uid:u", 1 },
		{ "(|(|(uid=%n))(mail=%u))", "(|(|(uid=*))(mail=*))",
		  "uid:u mail:u@d", 2 },
		/* an attribute twice, in another case */
		{ "(|(mail=%n@example.com)(MAIL=%u))",
		  "(|(mail=*)(MAIL=*))", "mail:u@example.com mail:u@d", 1 },
		/* text around the variable, escapes, percent signs */
		{ "(a=x\\2a%nz)", "(a=*)", "a:x*uz", 1 },
		{ "(a=\\25n%n)", "(a=*)", "a:%nu", 1 },
		{ "(a=100%%%n)", "(a=*)", "a:100%u", 1 },
		{ "(&(a=100%%)(uid=%n))", "(&(a=100%)(uid=*))", "uid:u", 1 },
		{ "(&(a=%%n\\2a)(uid=%n))", "(&(a=%n\\2a)(uid=*))", "uid:u",
		  1 },
		{ "(a=%{domain}=x)", "(a=*)", "a:d=x", 1 },
		/* matching rules */
		{ "(uid:=%n)", "(uid=*)", "uid:u", 1 },
		{ "(uid:caseExactMatch:=%n)", "(uid=*)", "uid/2:u", 1 },
		{ "(uid:2.5.13.2:=%n)", "(uid=*)", "uid/1:u", 1 },
		{ "(|(uid=%n)(uid:caseExactMatch:=%u))", "(|(uid=*)(uid=*))",
		  "uid:u uid/2:u@d", 2 },
		{ "(2.5.4.3=%n)", "(2.5.4.3=*)", "2.5.4.3:u", 1 },
	};
	static const struct {
		const char *template, *error;
	} invalid[] = {
		{ "(objectClass=*)", "(objectClass=*) can't be mirrored: "
			"it does not depend on the user" },
		{ "(a=%%{user})", "(a=%%{user}) can't be mirrored: "
			"it does not depend on the user" },
		{ "(!(uid=%u))", "(!(uid=%u)) can't be mirrored: "
			"everyone else matches it" },
		{ "(&(a=b)(!(uid=%u)))", "(!(uid=%u)) can't be mirrored: "
			"everyone else matches it" },
		{ "(mail=%u@*)", "(mail=%u@*) can't be mirrored: "
			"it is a substring" },
		{ "(uid>=%u)", "(uid>=%u) can't be mirrored: "
			"only \"=\" can be" },
		{ "(uid~=%u)", "(uid~=%u) can't be mirrored: "
			"only \"=\" can be" },
		{ "(uid:dn:=%u)", "(uid:dn:=%u) can't be mirrored: "
			"the copy has no DNs" },
		{ "(uid:integerMatch:=%u)", "(uid:integerMatch:=%u) can't be "
			"mirrored: its matching rule is none of "
			"caseIgnoreMatch, caseIgnoreIA5Match, caseExactMatch, "
			"caseExactIA5Match" },
		{ "(:caseExactMatch:=%u)", "(:caseExactMatch:=%u) can't be "
			"mirrored: only a value may depend on the user" },
		{ "(%n=x)", "(%n=x) can't be mirrored: "
			"only a value may depend on the user" },
		{ "(a%n=x)", "(a%n=x) can't be mirrored: "
			"only a value may depend on the user" },
		{ "(a:%n:=x)", "(a:%n:=x) can't be mirrored: "
			"only a value may depend on the user" },
		{ "(cn;lang-de=%u)", "(cn;lang-de=%u) can't be mirrored: "
			"the attribute has options" },
		{ "(|(uid=%u)(a=b))", "(|(uid=%u)(a=b)) can't be mirrored: "
			"its part (a=b) does not depend on the user" },
		{ "(|(&(a=b)(uid=%u))(mail=%u))", "(&(a=b)(uid=%u)) can't be "
			"mirrored: it is inside of (|...)" },
		{ "(|(|(&(a=b)(uid=%u))))", "(&(a=b)(uid=%u)) can't be "
			"mirrored: it is inside of (|...)" },
		{ "(&(uid=%n)(o=%d))", "(&(uid=%n)(o=%d)) can't be mirrored: "
			"two of its parts depend on the user" },
		{ "(&(&(uid=%n))(o=%d))", "(&(&(uid=%n))(o=%d)) can't be "
			"mirrored: two of its parts depend on the user" },
		{ "(|(a=%n)(b=%n)(c=%n)(d=%n)(e=%n)(f=%n)(g=%n)(h=%n)(i=%n))",
		  "(i=%n) can't be mirrored: "
			"there are too many parts like this" },
	};
	struct referral_mirror_filter *filter;
	const char *error;
	unsigned int i;

	test_begin("mirror filter");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		if (referral_mirror_filter_create(pool_datastack_create(),
						  tests[i].template, &filter,
						  &error) < 0) {
			test_assert_strcmp_idx(error, NULL, i);
			continue;
		}
		test_assert_strcmp_idx(filter->filter, tests[i].filter, i);
		test_assert_idx(referral_filter_check(filter->filter,
						      &error) == 0, i);
		test_assert_strcmp_idx(items_to_str(filter, "u@d"),
				       tests[i].items, i);
		test_assert_idx(array_count(&filter->attributes) ==
				tests[i].attributes, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		error = NULL;
		test_assert_idx(referral_mirror_filter_create(
			pool_datastack_create(), invalid[i].template, &filter,
			&error) == -1, i);
		test_assert_strcmp_idx(error, invalid[i].error, i);
	}
	test_end();
}
