#ifndef REFERRAL_TEXT_H
#define REFERRAL_TEXT_H

/* The human-readable text of a referral. */

/* referral_text with %{user} and %{host} expanded, allocated from the data
   stack. It may hold whatever user and host hold, and may be empty: reply.h
   makes a line of it that is safe. */
const char *referral_text_expand(const char *text, const char *user,
				 const char *host);
/* Returns 0, or -1 and error_r that names referral_text */
int referral_text_check(const char *text, const char **error_r);

#endif
