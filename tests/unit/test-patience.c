#include "lib.h"
#include "patience.h"
#include "test-core.h"

static const struct referral_patience patience = {
	.timeout_msecs = 2000,
	.queue_msecs = 30000,
};

static const struct {
	uint64_t started_at, sent_at, progress_at, until;
} deadlines[] = {
	/* nothing was ever answered */
	{ 100000, 0, 0, 102000 },
	/* nothing since it came */
	{ 100000, 0, 99999, 102000 },
	/* others are answered */
	{ 100000, 0, 101000, 103000 },
	{ 100000, 0, 127999, 129999 },
	/* but it was not its turn */
	{ 100000, 0, 128001, 130000 },
	{ 100000, 0, 900000, 130000 },
	/* it was sent: how long others wait doesn't matter, */
	{ 100000, 100000, 101999, 102000 },
	{ 100000, 129999, 129000, 131999 },
	{ 100000, 100500, 100001, 102500 },
	/* but the silence before that does */
	{ 100000, 100500, 100000, 102000 },
	{ 100000, 101900, 0, 102000 },
};

void test_patience(void)
{
	unsigned int i;

	test_begin("patience");
	for (i = 0; i < N_ELEMENTS(deadlines); i++) {
		test_assert_idx(referral_patience_until(&patience,
			deadlines[i].started_at, deadlines[i].sent_at,
			deadlines[i].progress_at) == deadlines[i].until, i);
	}
	test_assert(!referral_patience_newest_first(&patience, 1000, 1000));
	test_assert(!referral_patience_newest_first(&patience, 1000, 16000));
	test_assert(referral_patience_newest_first(&patience, 1000, 16001));
	test_end();
}
