#ifndef REFERRAL_LDAP_SYNTAX_H
#define REFERRAL_LDAP_SYNTAX_H

/* Is a string that an administrator wrote what LDAP understands? Checked here
   and not by libldap, so that doveconf finds the mistake. */

/* Length of the attribute description at the beginning of str: "mailHost",
   "2.5.4.3", "mailHost;lang-en" (RFC 4512 section 2.5). 0 if there is none. */
size_t referral_attribute_span(const char *str);
/* Is str the name of an attribute whose values can be found in what a server
   answers? An OID can't, since servers answer with a name; a range of options
   ("lang-", RFC 3866 section 2) is none. Returns 0, or -1 and error_r. */
int referral_attribute_check(const char *str, const char **error_r);
/* Length of the descr or numericoid at the beginning of str (RFC 4512 section
   1.4): an attribute description without options. 0 if there is none. */
size_t referral_oid_span(const char *str);

/* Is str a DN by RFC 4514? "" is one. Spaces around its separators are taken,
   as RFC 2253 section 4 wants it. Returns 0, or -1 and error_r. */
int referral_dn_check(const char *str, const char **error_r);

#endif
