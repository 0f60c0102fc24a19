#ifndef REFERRAL_TEMPLATE_H
#define REFERRAL_TEMPLATE_H

/* referral_ldap_filter and referral_ldap_base: templates with %{user},
   %{username}, %{domain} and %u, %n, %d ("%%" is one "%"). %{account} is
   the user without a Windows domain before it, "DOMAIN\user".
   %{domain|ldap_dn} is the domain as components of a DN, "dc=example,dc=com";
   Dovecot 2.3's %Dd is that without the first "dc=". */

enum referral_template_escape {
	/* RFC 4515 section 3 */
	REFERRAL_TEMPLATE_ESCAPE_FILTER,
	/* RFC 4514 section 2.4 */
	REFERRAL_TEMPLATE_ESCAPE_DN,
	/* the value as it is, for our own eyes only */
	REFERRAL_TEMPLATE_ESCAPE_NONE,
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
			      const char *user, string_t *dest);
/* TRUE if the expansion depends on this part of the user name: cache keys
   hold only what the answer depends on. */
bool referral_template_uses_username(const struct referral_template *template);
bool referral_template_uses_domain(const struct referral_template *template);
/* The components of a DN after the last one that depends on the user: all if none
   does, "" if there are none. Lives as long as the template. */
const char *
referral_template_get_constant_tail(const struct referral_template *template);
/* TRUE if the expansion is the user's name, or its part before "@", and nothing
   else: it says for whom it is. */
bool referral_template_is_name(const struct referral_template *template);

#endif
