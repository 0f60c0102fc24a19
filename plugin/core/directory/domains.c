/* The domains of a directory's users */

#include "lib.h"
#include "str.h"
#include "mailhost.h"
#include "domains.h"

const char *const *
referral_domains_split(pool_t pool, const char *domains, const char *name)
{
	const char *const *words = t_strsplit_spaces(domains, " ,\t");

	if (*words == NULL)
		domains = name;
	return (const char *const *)
		p_strsplit_spaces(pool, t_str_lcase(domains), " ,\t");
}

static bool is_domain_char(char c)
{
	/* a domain in UTF-8 is one, too */
	return (unsigned char)c > ' ' && c != 0x7f && c != '@' && c != '*' &&
		c != '/';
}

int referral_domains_check(const char *const *domains, const char **error_r)
{
	const char *p;

	if (*domains == NULL) {
		*error_r = "no domain is named";
		return -1;
	}
	for (; *domains != NULL; domains++) {
		for (p = *domains; is_domain_char(*p); p++) ;
		if (*p != '\0') {
			*error_r = t_strdup_printf(
				"\"%s\" is not a domain as it stands in user "
				"names", referral_mailhost_sanitize(*domains));
			return -1;
		}
	}
	return 0;
}

bool referral_domains_match(const char *const *domains, const char *user)
{
	const char *domain = strchr(user, '@');

	return domain != NULL &&
		str_array_icase_find(domains, domain + 1);
}
