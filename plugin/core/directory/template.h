#ifndef REFERRAL_TEMPLATE_H
#define REFERRAL_TEMPLATE_H

#include "referral-decision.h"

/* referral_ldap_filter, referral_ldap_base and others: templates with %{user},
   %{username}, %{domain}, the same with "original_" (before passdbs have
   changed the name), %{account}, the user without a Windows domain before it
   ("DOMAIN\user"), and %{protocol}; each with "|lower". %{domain|ldap_dn} is
   the domain as components of a DN, "dc=example,dc=com". As Dovecot 2.3 has
   them: %u, %n, %d, %s, %Lu for lower case; %Dd is that DN without the first
   "dc=". "%%" is one "%". */

enum referral_template_escape {
	/* RFC 4515 section 3 */
	REFERRAL_TEMPLATE_ESCAPE_FILTER,
	/* RFC 4514 section 2.4 */
	REFERRAL_TEMPLATE_ESCAPE_DN,
	/* the value as it is, for our own eyes only */
	REFERRAL_TEMPLATE_ESCAPE_NONE,
};

/* Cache keys hold only what the answer depends on. */
enum referral_template_uses {
	REFERRAL_TEMPLATE_USERNAME = 0x01,
	REFERRAL_TEMPLATE_DOMAIN = 0x02,
	/* the whole name */
	REFERRAL_TEMPLATE_ORIGINAL = 0x04,
	REFERRAL_TEMPLATE_PROTOCOL = 0x08,
};

struct referral_template;

/* Returns 0, or -1 and error_r (without the setting's name): unknown
   variable, unclosed brace. */
int referral_template_create(pool_t pool, const char *str,
			     enum referral_template_escape escape,
			     struct referral_template **template_r,
			     const char **error_r);
/* Append the template with user's values, each octet that could change its
   meaning escaped. %{domain} is "" if user has no "@". */
void referral_template_expand(const struct referral_template *template,
			      const struct referral_user *user, string_t *dest);
/* The same for a DN, without the components before the first one that depends
   on the user: "dc=example,dc=com" of "ou=people,%{domain|ldap_dn}"; "" if none
   does. */
void referral_template_expand_tree(const struct referral_template *template,
				   const struct referral_user *user,
				   string_t *dest);
/* What the expansion depends on. exact_r (may be NULL): and on whether it is
   written in capitals. */
enum referral_template_uses
referral_template_get_uses(const struct referral_template *template,
			   enum referral_template_uses *exact_r);
/* TRUE if it needs a domain, and user has none. */
bool referral_template_lacks_domain(const struct referral_template *template,
				    const struct referral_user *user);
/* The components of a DN after the last one that depends on the user: all if none
   does, "" if there are none. Lives as long as the template. */
const char *
referral_template_get_constant_tail(const struct referral_template *template);
/* TRUE if the expansion is the user's name, or its part before "@", and nothing
   else: it says for whom it is. */
bool referral_template_is_name(const struct referral_template *template);

#endif
