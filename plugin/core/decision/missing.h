#ifndef REFERRAL_MISSING_H
#define REFERRAL_MISSING_H

/* Sessions here for want of a home in the directory: are they meant, or is a
   setting wrong, or a right to read missing? No clock: the time is an
   argument. */

#include "referral-decision.h"

/* Logins of one hour */
struct referral_missing_counts {
	unsigned int found, no_entry, no_value;
};

struct referral_missing {
	time_t hour_start;
	bool first_told;
	struct referral_missing_counts counts;
};

enum referral_missing_line {
	REFERRAL_MISSING_NOTHING,
	/* this is the first such login since the start */
	REFERRAL_MISSING_FIRST,
	/* an hour is over in which there were some */
	REFERRAL_MISSING_COUNTS,
	/* an hour is over in which there were many, and no user at all was
	   found to have a home */
	REFERRAL_MISSING_NOBODY,
};

/* A login has been decided, at now. local: the session is here. Start with a
   zeroed struct. Returns what is to be said about it; counts_r is of the hour
   before this login. */
enum referral_missing_line
referral_missing_note(struct referral_missing *missing,
		      enum referral_lookup_status status, bool local,
		      time_t now, struct referral_missing_counts *counts_r);

#endif
