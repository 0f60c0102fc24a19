#ifndef REFERRAL_DN_H
#define REFERRAL_DN_H

/* Distinguished names (RFC 4514) as places in a tree. */

/* Is dn the entry base, or one below it? Both are valid DNs. Names and values
   are compared without regard to case, escapes or spaces at the ends. What
   can't be told the same is not: OIDs, values in hexadecimal, another order
   within one component. */
bool referral_dn_is_below(const char *dn, const char *base);
/* What follows the first component and its comma; "" if nothing does. */
const char *referral_dn_skip_component(const char *dn);
/* The DNs, or templates of DNs, in a list: separated by ";", which none has
   without an escape (RFC 4514 section 2.4), without the spaces around it.
   NULL-terminated, from the data stack; there is at least one, "" if str has
   none. */
const char *const *referral_dn_list_split(const char *str);
/* Has a server with these trees nothing to do with dn: is none of them dn, above
   it or below it? FALSE if there are no trees. */
bool referral_dn_is_elsewhere(const char *dn, const char *const *trees);

#endif
