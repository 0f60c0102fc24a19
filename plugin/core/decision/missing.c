/* Sessions for want of a home: see missing.h */

#include "lib.h"
#include "missing.h"

#define MISSING_HOUR_SECS (60*60)
/* So many logins without any home are not by chance. */
#define MISSING_MANY 20

/* The hour that is over, if it is */
static enum referral_missing_line
missing_end_hour(struct referral_missing *missing, time_t now)
{
	const struct referral_missing_counts counts = missing->counts;
	unsigned int count = counts.no_entry + counts.no_value;

	/* the clock may have been set back */
	if (now >= missing->hour_start &&
	    now - missing->hour_start < MISSING_HOUR_SECS)
		return REFERRAL_MISSING_NOTHING;
	missing->hour_start = now;
	i_zero(&missing->counts);
	if (count == 0)
		return REFERRAL_MISSING_NOTHING;
	return counts.found == 0 && count >= MISSING_MANY ?
		REFERRAL_MISSING_NOBODY : REFERRAL_MISSING_COUNTS;
}

static bool
missing_is_one(struct referral_missing *missing,
	       enum referral_lookup_status status, bool local)
{
	switch (status) {
	case REFERRAL_LOOKUP_HOSTS:
		missing->counts.found++;
		break;
	case REFERRAL_LOOKUP_NO_ENTRY:
		if (local)
			missing->counts.no_entry++;
		return local;
	case REFERRAL_LOOKUP_NO_VALUE:
		if (local)
			missing->counts.no_value++;
		return local;
	case REFERRAL_LOOKUP_SEVERAL_ENTRIES:
	case REFERRAL_LOOKUP_DISAGREE:
	case REFERRAL_LOOKUP_UNAVAILABLE:
		break;
	}
	return FALSE;
}

enum referral_missing_line
referral_missing_note(struct referral_missing *missing,
		      enum referral_lookup_status status, bool local,
		      time_t now, struct referral_missing_counts *counts_r)
{
	enum referral_missing_line line;

	*counts_r = missing->counts;
	line = missing_end_hour(missing, now);
	if (missing_is_one(missing, status, local) && !missing->first_told) {
		missing->first_told = TRUE;
		return REFERRAL_MISSING_FIRST;
	}
	return line;
}
