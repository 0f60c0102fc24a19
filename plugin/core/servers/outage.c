/* What is logged while something fails: see outage.h */

#include "lib.h"
#include "outage.h"

void referral_outage_deinit(struct referral_outage *outage)
{
	i_free(outage->logged_error);
}

static bool
outage_is_early(const struct referral_outage *outage, const char *error,
		uint64_t now)
{
	uint64_t interval = REFERRAL_OUTAGE_CHANGED_MSECS;

	if (!outage->logged)
		return FALSE;
	/* of an earlier outage it says nothing */
	if (outage->logged_at >= outage->since &&
	    strcmp(outage->logged_error, error) == 0)
		interval = REFERRAL_OUTAGE_LASTS_MSECS;
	return now - outage->logged_at < interval;
}

bool referral_outage_failed(struct referral_outage *outage, const char *error,
			    uint64_t now, unsigned int *repeats_r)
{
	if (!outage->failing) {
		outage->failing = TRUE;
		outage->since = now;
	}
	if (outage_is_early(outage, error, now)) {
		outage->repeats++;
		return FALSE;
	}
	*repeats_r = outage->repeats;
	outage->repeats = 0;
	outage->logged = TRUE;
	outage->logged_at = now;
	i_free(outage->logged_error);
	outage->logged_error = i_strdup(error);
	return TRUE;
}

bool referral_outage_ended(struct referral_outage *outage, uint64_t now,
			   uint64_t *msecs_r)
{
	if (!outage->failing)
		return FALSE;
	outage->failing = FALSE;
	*msecs_r = now - outage->since;
	return outage->logged_at >= outage->since;
}
