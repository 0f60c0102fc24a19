#ifndef REFERRAL_SEEN_H
#define REFERRAL_SEEN_H

/* Which of millions of strings have been there before? 10 to 20 bytes for each,
   at the price of an error in 10^7 for a million of them. */

struct referral_seen;

struct referral_seen *referral_seen_create(void);
void referral_seen_destroy(struct referral_seen **seen);

/* Returns TRUE if str was added before. */
bool referral_seen_add(struct referral_seen *seen, const char *str);

#endif
