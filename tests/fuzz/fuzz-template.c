/* template, user: no user changes what the template says, and what the
   template's check takes is a filter or a DN for every user. */

#include "lib.h"
#include "str.h"
#include "filter.h"
#include "template.h"
#include "ldap-syntax.h"
#include "fuzz.h"

static const char *
expand(const struct referral_template *template, const char *user)
{
	const struct referral_user who = {
		.name = user, .original = user, .protocol = "imap",
	};
	string_t *str = t_str_new(128);

	referral_template_expand(template, &who, str);
	return str_c(str);
}

static void check_template(const char *template_str, const char *user,
			   enum referral_template_escape escape)
{
	const char *special = escape == REFERRAL_TEMPLATE_ESCAPE_FILTER ?
		"()*" : ",+;=\"<>#";
	struct referral_template *template;
	/* as many components as the domain has */
	bool domain_dn = strstr(template_str, "%Dd") != NULL ||
		strstr(template_str, "%D{") != NULL ||
		strstr(template_str, "%LD") != NULL ||
		strstr(template_str, "ldap_dn") != NULL;
	unsigned int uses;
	const char *example, *str, *error = NULL;
	unsigned int i;

	if (referral_template_create(pool_datastack_create(), template_str,
				     escape, &template, &error) < 0) {
		FUZZ_REQUIRE(error != NULL && fuzz_is_printable(error));
		return;
	}
	example = expand(template, "x@x");
	str = expand(template, user);
	for (i = 0; special[i] != '\0'; i++) {
		const char one[] = { special[i], '\0' };

		if (domain_dn && strchr(",=", special[i]) != NULL)
			continue;
		FUZZ_REQUIRE(fuzz_count(str, one) == fuzz_count(example, one));
	}
	uses = referral_template_get_uses(template, NULL) &
		~REFERRAL_TEMPLATE_PROTOCOL;
	if (uses == 0)
		FUZZ_REQUIRE(strcmp(str, example) == 0);
	else if (uses == REFERRAL_TEMPLATE_USERNAME)
		FUZZ_REQUIRE(strcmp(str, expand(template, t_strconcat(
			t_strcut(user, '@'), "@other", NULL))) == 0);
	(void)referral_filter_check(str, &error);
	(void)referral_dn_check(str, &error);
}

/* a fixed template, any user */
static void check_user(const char *user)
{
	struct referral_template *filter, *dn;
	const char *error;

	if (referral_template_create(pool_datastack_create(),
				     "(&(a=%u)(b=*%n*)(c=%d))",
				     REFERRAL_TEMPLATE_ESCAPE_FILTER, &filter,
				     &error) < 0 ||
	    referral_template_create(pool_datastack_create(),
				     "uid=%n+x=%u,dc=%d",
				     REFERRAL_TEMPLATE_ESCAPE_DN, &dn,
				     &error) < 0)
		i_unreached();
	FUZZ_REQUIRE(referral_filter_check(expand(filter, user), &error) == 0);
	FUZZ_REQUIRE(referral_dn_check(expand(dn, user), &error) == 0);
}

void fuzz_run(const char *const *lines)
{
	const char *str = fuzz_line(lines, 0), *user = fuzz_line(lines, 1);

	check_template(str, user, REFERRAL_TEMPLATE_ESCAPE_FILTER);
	check_template(str, user, REFERRAL_TEMPLATE_ESCAPE_DN);
	check_user(t_strarray_join(lines, "\n"));
}
