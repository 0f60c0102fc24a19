#ifndef REFERRAL_OUTAGE_H
#define REFERRAL_OUTAGE_H

/* What is logged while something fails: the beginning, another error, that it
   lasts, and the end. Pure: times are in milliseconds of a clock that never
   goes back. */

/* An error that is new is logged no more often than this, */
#define REFERRAL_OUTAGE_CHANGED_MSECS (10*1000)
/* and the same one again this often. */
#define REFERRAL_OUTAGE_LASTS_MSECS (5*60*1000)

/* Start with zeroes. */
struct referral_outage {
	bool failing;
	/* failing: since when */
	uint64_t since;
	/* the last line: when, what, and how often it failed since */
	bool logged;
	uint64_t logged_at;
	char *logged_error;
	unsigned int repeats;
};

void referral_outage_deinit(struct referral_outage *outage);
/* It fails with this error. Returns TRUE if that is to be logged; repeats_r: so
   many others were not since the last line. */
bool referral_outage_failed(struct referral_outage *outage, const char *error,
			    uint64_t now, unsigned int *repeats_r);
/* It works. Returns TRUE if that is to be logged: somebody was told of the
   outage. msecs_r: it lasted so long. */
bool referral_outage_ended(struct referral_outage *outage, uint64_t now,
			   uint64_t *msecs_r);

#endif
