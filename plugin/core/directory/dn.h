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

#endif
