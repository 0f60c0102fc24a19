/* bounce.c: who is here again too soon */

#include "lib.h"
#include "bounce.h"
#include "keyhash.h"
#include "test-core.h"

#define NOW 1000000000

struct bounce_step {
	/* since the step before */
	int secs;
	/* what is asked first */
	enum referral_bounce expected;
	/* what is told then: 'k'ept, 'f'resh, 'c'ompared, 'd'isagreed,
	   0: nothing */
	char told;
};

#define NONE REFERRAL_BOUNCE_NONE
#define ASK REFERRAL_BOUNCE_ASK
#define COMPARE REFERRAL_BOUNCE_COMPARE

static const struct bounce_step bounce_tests[][10] = {
	/* sent on an old answer, then on a fresh one, then on all */
	{ { 0, NONE, 'k' }, { 0, ASK, 'f' }, { 1, COMPARE, 'c' },
	  { 1, ASK, 'f' }, { 5, ASK, 'f' }, { 3, ASK, 'f' },
	  { 1, COMPARE, 'c' }, { 9, ASK, 0 }, { 1, NONE, 0 } },
	/* the first answer was fresh already */
	{ { 0, NONE, 'f' }, { 9, COMPARE, 'c' }, { 9, ASK, 'f' },
	  { 10, NONE, 'k' }, { 10, NONE, 0 } },
	/* not sent, but here again */
	{ { 0, NONE, 'f' }, { 1, COMPARE, 'd' }, { 9, COMPARE, 'd' },
	  { 9, COMPARE, 'c' }, { 9, ASK, 0 }, { 1, NONE, 0 } },
	/* a long time between two answers that were kept */
	{ { 0, NONE, 'k' }, { 9, ASK, 'k' }, { 9, ASK, 'k' },
	  { 10, NONE, 'k' }, { 9, ASK, 0 } },
	/* the clock was set back */
	{ { 0, NONE, 'f' }, { -1, NONE, 'f' }, { 1, COMPARE, 'c' },
	  { -5, NONE, 'f' }, { 1, COMPARE, 0 } },
	/* compared, then forgotten */
	{ { 0, NONE, 'c' }, { 10, NONE, 'f' }, { 1, COMPARE, 0 } },
};

static enum referral_bounce
test_bounces_get(const struct referral_bounces *bounces, const char *str,
		 time_t now)
{
	const struct referral_key key = referral_key(str);

	return referral_bounces_get(bounces, &key, now);
}

static void
test_told(struct referral_bounces *bounces, const char *str, time_t now,
	  char told)
{
	const struct referral_key key = referral_key(str);

	switch (told) {
	case 'k':
		referral_bounces_sent(bounces, &key, now,
				      REFERRAL_BOUNCE_ANSWER_KEPT);
		break;
	case 'f':
		referral_bounces_sent(bounces, &key, now,
				      REFERRAL_BOUNCE_ANSWER_FRESH);
		break;
	case 'c':
		referral_bounces_sent(bounces, &key, now,
				      REFERRAL_BOUNCE_ANSWER_COMPARED);
		break;
	case 'd':
		referral_bounces_disagreed(bounces, &key, now);
		break;
	}
}

void test_bounce_steps(void)
{
	/* also where 32 bits are not enough */
	static const time_t nows[] = { NOW, (time_t)UINT32_MAX + 100 };
	const struct bounce_step *step;
	struct referral_bounces *bounces;
	unsigned int i, j, n;
	time_t now;

	test_begin("bounce steps");
	for (n = 0; n < N_ELEMENTS(nows); n++)
	for (i = 0; i < N_ELEMENTS(bounce_tests); i++) {
		bounces = referral_bounces_create(10, 100);
		now = nows[n];
		for (j = 0; j < N_ELEMENTS(bounce_tests[i]); j++) {
			step = &bounce_tests[i][j];
			if (j > 0 && step->secs == 0 && step->expected == NONE)
				break;
			now += step->secs;
			test_assert_idx(test_bounces_get(bounces, "user",
				now) == step->expected, i * 100 + j);
			test_assert_idx(test_bounces_get(bounces, "User",
				now) == NONE, i * 100 + j);
			test_told(bounces, "user", now, step->told);
		}
		referral_bounces_destroy(&bounces);
		test_assert(bounces == NULL);
	}
	referral_bounces_destroy(&bounces);
	test_end();
}

void test_bounce_bounds(void)
{
	struct referral_bounces *bounces;
	unsigned int i, known = 0;
	const char *key;

	test_begin("bounce bounds");
	/* switched off */
	bounces = referral_bounces_create(0, 100);
	test_told(bounces, "user", NOW, 'f');
	test_assert(test_bounces_get(bounces, "user", NOW) == NONE);
	referral_bounces_destroy(&bounces);

	/* as long as it can be */
	bounces = referral_bounces_create(UINT_MAX, 0);
	test_told(bounces, "user", NOW, 'f');
	test_assert(test_bounces_get(bounces, "user",
		(time_t)NOW + INT32_MAX - 1) == COMPARE);
	test_assert(test_bounces_get(bounces, "user", NOW - 1) == NONE);
	/* one set of four: the oldest gives way, not the newest */
	for (i = 0; i < 4; i++)
		test_told(bounces, t_strdup_printf("%u", i), NOW + 1 + i, 'k');
	test_assert(test_bounces_get(bounces, "user", NOW + 9) == NONE);
	for (i = 0; i < 4; i++) {
		test_assert_idx(test_bounces_get(bounces,
			t_strdup_printf("%u", i), NOW + 9) == ASK, i);
	}
	test_told(bounces, "0", NOW + 9, 'k');
	test_told(bounces, "4", NOW + 9, 'k');
	test_assert(test_bounces_get(bounces, "0", NOW + 9) == ASK);
	test_assert(test_bounces_get(bounces, "1", NOW + 9) == NONE);
	test_assert(test_bounces_get(bounces, "4", NOW + 9) == ASK);
	referral_bounces_destroy(&bounces);

	/* many more than fit: the newest are known, nothing breaks */
	bounces = referral_bounces_create(10, 1000);
	for (i = 0; i < 20000; i++) T_BEGIN {
		key = t_strdup_printf("user%u", i);
		test_told(bounces, key, NOW + i / 5000, 'k');
		if (test_bounces_get(bounces, key, NOW + i / 5000) == ASK)
			known++;
	} T_END;
	test_assert(known == i);
	for (i = known = 0; i < 20000; i++) T_BEGIN {
		key = t_strdup_printf("user%u", i);
		if (test_bounces_get(bounces, key, NOW + 4) != NONE)
			known++;
	} T_END;
	/* two users with the same 32 bits of hash share a slot, now and then */
	test_assert(known >= 1000 && known <= 1024 + 5);
	referral_bounces_destroy(&bounces);
	test_end();
}
