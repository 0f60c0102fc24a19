/* Waiting in line: see patience.h */

#include "lib.h"
#include "patience.h"

uint64_t referral_patience_until(const struct referral_patience *patience,
				 uint64_t started_at, uint64_t sent_at,
				 uint64_t progress_at)
{
	uint64_t silent_until;

	/* It had to wait for its turn, not for a server that answers. */
	if (sent_at > 0 && progress_at > started_at)
		return sent_at + patience->timeout_msecs;
	if (sent_at > 0)
		return started_at + patience->timeout_msecs;
	silent_until = I_MAX(started_at, progress_at) + patience->timeout_msecs;
	return I_MIN(silent_until, started_at + patience->queue_msecs);
}

bool referral_patience_newest_first(const struct referral_patience *patience,
				    uint64_t oldest_at, uint64_t now)
{
	return now - oldest_at > patience->queue_msecs / 2;
}
