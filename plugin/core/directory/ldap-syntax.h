#ifndef REFERRAL_LDAP_SYNTAX_H
#define REFERRAL_LDAP_SYNTAX_H

/* Is a string that an administrator wrote what LDAP understands? Checked here
   and not by libldap, so that doveconf finds the mistake. */

/* Length of the attribute description at the beginning of str: "mailHost",
   "2.5.4.3", "mailHost;lang-en" (RFC 4512 section 2.5). 0 if there is none. */
size_t referral_attribute_span(const char *str);
/* Is all of str one attribute description? */
bool referral_attribute_is_valid(const char *str);
/* Length of the descr or numericoid at the beginning of str (RFC 4512 section
   1.4): an attribute description without options. 0 if there is none. */
size_t referral_oid_span(const char *str);

/* Is str a DN by RFC 4514? "" is one. Spaces around its separators are taken,
   as RFC 2253 section 4 wants it. Returns 0, or -1 and error_r. */
int referral_dn_check(const char *str, const char **error_r);

#endif
