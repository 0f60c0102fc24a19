#ifndef REFERRAL_FILTER_H
#define REFERRAL_FILTER_H

/* Is str a filter by RFC 4515 (and RFC 4511 depth limits: 32 levels here)?
   Returns 0, or -1 and error_r. */
int referral_filter_check(const char *str, const char **error_r);

#endif
