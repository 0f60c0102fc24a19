/* missing.c: when something is said about logins without a home */

#include "lib.h"
#include "missing.h"
#include "test-core.h"

#define NOW 1000000000
#define HOSTS REFERRAL_LOOKUP_HOSTS
#define NO_ENTRY REFERRAL_LOOKUP_NO_ENTRY
#define NO_VALUE REFERRAL_LOOKUP_NO_VALUE

void test_missing(void)
{
	static const struct {
		/* since the step before, for each of count logins */
		int secs;
		unsigned int count;
		enum referral_lookup_status status;
		bool local;
		/* of the first of them; the others say nothing */
		enum referral_missing_line line;
		/* of the hour before */
		struct referral_missing_counts counts;
	} steps[] = {
		/* nothing to say */
		{ 0, 100, HOSTS, TRUE, REFERRAL_MISSING_NOTHING, { 0, 0, 0 } },
		{ 0, 100, NO_ENTRY, FALSE, REFERRAL_MISSING_NOTHING,
		  { 100, 0, 0 } },
		{ 0, 100, REFERRAL_LOOKUP_UNAVAILABLE, TRUE,
		  REFERRAL_MISSING_NOTHING, { 100, 0, 0 } },
		{ 3600, 1, NO_VALUE, FALSE, REFERRAL_MISSING_NOTHING,
		  { 100, 0, 0 } },
		/* the first one, then a count */
		{ 10, 1, NO_VALUE, TRUE, REFERRAL_MISSING_FIRST, { 0, 0, 0 } },
		{ 10, 5, NO_ENTRY, TRUE, REFERRAL_MISSING_NOTHING,
		  { 0, 0, 1 } },
		{ 3579, 1, HOSTS, FALSE, REFERRAL_MISSING_NOTHING,
		  { 0, 5, 1 } },
		{ 1, 1, HOSTS, FALSE, REFERRAL_MISSING_COUNTS, { 1, 5, 1 } },
		/* an hour without any is passed over */
		{ 3600, 1, NO_ENTRY, TRUE, REFERRAL_MISSING_NOTHING,
		  { 1, 0, 0 } },
		{ 90000, 19, NO_VALUE, TRUE, REFERRAL_MISSING_COUNTS,
		  { 0, 1, 0 } },
		/* too few to be sure, then enough */
		{ 3600, 10, NO_VALUE, TRUE, REFERRAL_MISSING_COUNTS,
		  { 0, 0, 19 } },
		{ 0, 10, NO_ENTRY, TRUE, REFERRAL_MISSING_NOTHING,
		  { 0, 0, 10 } },
		{ 3600, 30, NO_ENTRY, TRUE, REFERRAL_MISSING_NOBODY,
		  { 0, 10, 10 } },
		{ 0, 1, HOSTS, TRUE, REFERRAL_MISSING_NOTHING, { 0, 30, 0 } },
		{ 3600, 1, NO_ENTRY, TRUE, REFERRAL_MISSING_COUNTS,
		  { 1, 30, 0 } },
		/* the clock is set back */
		{ -50000, 1, HOSTS, TRUE, REFERRAL_MISSING_COUNTS,
		  { 0, 1, 0 } },
	};
	struct referral_missing_counts counts;
	struct referral_missing missing;
	enum referral_missing_line line;
	time_t now = NOW;
	unsigned int i, j;

	test_begin("missing");
	i_zero(&missing);
	for (i = 0; i < N_ELEMENTS(steps); i++) {
		now += steps[i].secs;
		for (j = 0; j < steps[i].count; j++) {
			line = referral_missing_note(&missing, steps[i].status,
				steps[i].local, now, &counts);
			if (j == 0) {
				test_assert_idx(line == steps[i].line, i);
				test_assert_idx(memcmp(&counts,
					&steps[i].counts,
					sizeof(counts)) == 0, i);
			} else {
				test_assert_idx(line ==
					REFERRAL_MISSING_NOTHING, i);
			}
		}
	}
	test_end();
}
