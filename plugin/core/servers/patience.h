#ifndef REFERRAL_PATIENCE_H
#define REFERRAL_PATIENCE_H

/* How long a question may wait, and which of those that wait goes first. Two
   things are kept apart: the directory must not be silent for long, and while
   it answers others a question may wait in line for its turn. Pure: times are
   in milliseconds of a clock that never goes back. */

struct referral_patience {
	/* how long the directory may be silent, and how long one question may
	   be under way */
	unsigned int timeout_msecs;
	/* how long a question may wait for its turn */
	unsigned int queue_msecs;
};

/* When a question that came at started_at fails. sent_at: when it was sent for
   the first time, 0 = it was not. progress_at: when anything was answered
   last. */
uint64_t referral_patience_until(const struct referral_patience *patience,
				 uint64_t started_at, uint64_t sent_at,
				 uint64_t progress_at);
/* The oldest of those that wait came at oldest_at. Returns TRUE if more come
   than can be answered: then the newest go first. Who has waited so long is
   likely to wait in vain, and the others need not wait as long as well. */
bool referral_patience_newest_first(const struct referral_patience *patience,
				    uint64_t oldest_at, uint64_t now);

#endif
