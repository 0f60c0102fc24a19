#include "lib.h"
#include "outage.h"
#include "test-core.h"

#define SECS(secs) ((secs) * 1000)

static const struct {
	uint64_t now;
	/* NULL: it works */
	const char *error;
	bool logged;
	unsigned int repeats;
	/* of a line that it works */
	uint64_t msecs;
} steps[] = {
	{ SECS(1), NULL, FALSE, 0, 0 },
	{ SECS(100), "a", TRUE, 0, 0 },
	{ SECS(100), "a", FALSE, 0, 0 },
	/* another error, not at once */
	{ SECS(109) + 999, "b", FALSE, 0, 0 },
	{ SECS(110), "b", TRUE, 2, 0 },
	/* the same */
	{ SECS(121), "b", FALSE, 0, 0 },
	{ SECS(409) + 999, "b", FALSE, 0, 0 },
	{ SECS(410), "b", TRUE, 2, 0 },
	/* one in between is another one, too */
	{ SECS(425), "a", TRUE, 0, 0 },
	{ SECS(436), "b", TRUE, 0, 0 },
	{ SECS(440), NULL, TRUE, 0, SECS(340) },
	{ SECS(441), NULL, FALSE, 0, 0 },
	/* again, and so soon that nobody is told */
	{ SECS(442), "b", FALSE, 0, 0 },
	{ SECS(443), NULL, FALSE, 0, 0 },
	{ SECS(444), "b", FALSE, 0, 0 },
	{ SECS(446), "b", TRUE, 2, 0 },
	{ SECS(447), NULL, TRUE, 0, SECS(3) },
	/* the same error of another outage */
	{ SECS(460), "b", TRUE, 0, 0 },
};

void test_outage(void)
{
	struct referral_outage outage;
	unsigned int i, repeats;
	uint64_t msecs;

	test_begin("outage");
	i_zero(&outage);
	for (i = 0; i < N_ELEMENTS(steps); i++) {
		repeats = 0;
		msecs = 0;
		if (steps[i].error == NULL) {
			test_assert_idx(referral_outage_ended(&outage,
				steps[i].now, &msecs) == steps[i].logged, i);
			if (steps[i].logged)
				test_assert_idx(msecs == steps[i].msecs, i);
		} else {
			test_assert_idx(referral_outage_failed(&outage,
				steps[i].error, steps[i].now, &repeats) ==
				steps[i].logged, i);
			test_assert_idx(repeats == steps[i].repeats, i);
		}
	}
	referral_outage_deinit(&outage);
	test_end();
}
