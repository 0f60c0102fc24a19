/* Counts decisions. */

#include "auth-common.h"
#include "words.h"
#include "auth-counts.h"

/* one more than the last one of the enum */
#define COUNTS_ACTIONS (REFERRAL_ACTION_TEMPFAIL + 1)
#define COUNTS_REASONS (REFERRAL_REASON_LOOP + 1)

static uint64_t counts[COUNTS_ACTIONS][COUNTS_REASONS];

void referral_auth_counts_add(const struct referral_decision *decision)
{
	i_assert(decision->action < COUNTS_ACTIONS &&
		 decision->reason < COUNTS_REASONS);
	counts[decision->action][decision->reason]++;
}

void referral_auth_counts_list(referral_auth_counts_callback_t *callback,
			       void *context)
{
	unsigned int action, reason;

	for (action = 0; action < COUNTS_ACTIONS; action++) {
		for (reason = 0; reason < COUNTS_REASONS; reason++) {
			if (counts[action][reason] == 0)
				continue;
			callback(referral_action_to_string(action),
				 referral_reason_to_string(reason),
				 counts[action][reason], context);
		}
	}
}
