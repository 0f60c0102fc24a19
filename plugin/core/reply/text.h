#ifndef REFERRAL_TEXT_H
#define REFERRAL_TEXT_H

/* The human-readable text of a referral or refusal. */

/* text with %{user}, %{username}, %{domain} and %{host} expanded, from the data
   stack. It may hold whatever user and host hold, and may be empty: reply.h
   makes a line of it that is safe. */
const char *referral_text_expand(const char *text, const char *user,
				 const char *host);
/* Can text be the value of a setting? Returns 0, or -1 and error_r. */
int referral_text_check(const char *text, const char **error_r);

#endif
