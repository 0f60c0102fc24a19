#ifndef REFERRAL_TEXT_H
#define REFERRAL_TEXT_H

/* The human-readable text of a referral. */

/* referral_text with %{user} and %{host} expanded; what RFC 3501 resp-text
   does not allow (CR, LF, control and 8-bit octets, a leading "[") is
   replaced. Allocated from the data stack. */
const char *referral_text_expand(const char *text, const char *user,
				 const char *host);
/* Returns 0, or -1 and error_r that names referral_text */
int referral_text_check(const char *text, const char **error_r);

#endif
