#ifndef REFERRAL_AUTH_COUNTS_H
#define REFERRAL_AUTH_COUNTS_H

/* How many decisions of each kind there were since the auth process began. Those
   of a dry run count as what they would have been. */

struct referral_decision;

void referral_auth_counts_add(const struct referral_decision *decision);

typedef void
referral_auth_counts_callback_t(const char *action, const char *reason,
				uint64_t count, void *context);
/* Each kind that there was, in the order of actions and reasons. */
void referral_auth_counts_list(referral_auth_counts_callback_t *callback,
			       void *context);

#endif
