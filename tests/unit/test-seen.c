#include "lib.h"
#include "seen.h"
#include "test-core.h"

void test_seen(void)
{
	struct referral_seen *seen = referral_seen_create();
	unsigned int i, round;

	test_begin("seen");
	test_assert(!referral_seen_add(seen, ""));
	test_assert(referral_seen_add(seen, ""));
	test_assert(!referral_seen_add(seen, "a"));
	test_assert(!referral_seen_add(seen, "A"));
	/* through several sizes */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 20000; i++) T_BEGIN {
			bool known = referral_seen_add(seen,
				t_strdup_printf("user%u", i));
			test_assert_idx(known == (round == 1), i);
		} T_END;
	}
	referral_seen_destroy(&seen);
	test_end();
}
