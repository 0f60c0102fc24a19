#include "lib.h"
#include "window.h"
#include "test-core.h"

#define MAX 64
#define TIMEOUT 2000

/* A server with so many workers, each of which needs so long for an answer:
   keep as many questions under way as the window wants. Returns how long the
   slowest of the last round took. */
static unsigned int
run_server(struct referral_window *window, unsigned int workers,
	   unsigned int msecs, unsigned int rounds, uint64_t *now)
{
	/* when each question was sent and will be answered, by the answer */
	struct {
		uint64_t sent_at, done_at;
		bool alone;
	} pending[MAX], first;
	uint64_t free_at[MAX];
	unsigned int i, j, worker, count = 0, slowest = 0;

	i_assert(workers <= MAX);
	for (i = 0; i < workers; i++)
		free_at[i] = *now;
	for (i = 0; i < rounds; i++) {
		while (count < window->limit) {
			worker = 0;
			for (j = 1; j < workers; j++) {
				if (free_at[j] < free_at[worker])
					worker = j;
			}
			free_at[worker] = I_MAX(free_at[worker], *now) + msecs;
			pending[count].sent_at = *now;
			pending[count].done_at = free_at[worker];
			pending[count].alone = count == 0;
			count++;
		}
		first = pending[0];
		*now = first.done_at;
		referral_window_answered(window, first.sent_at, *now,
					 first.alone, count >= window->limit);
		memmove(pending, pending + 1, sizeof(pending[0]) * --count);
		if (i >= rounds / 2)
			slowest = I_MAX(slowest, *now - first.sent_at);
	}
	return slowest;
}

static const struct {
	unsigned int workers, msecs;
	/* of the limit at the end, and of the slowest answer */
	unsigned int limit_min, limit_max, slowest_max;
} servers[] = {
	/* fast, or far away with enough workers: all there is */
	{ 1, 0, MAX, MAX, 0 },
	{ 16, 1, MAX, MAX, 4 },
	{ MAX, 600, MAX, MAX, 600 },
	{ MAX, 1900, MAX, MAX, 1900 },
	/* 200 and 20 answers a second */
	{ 1, 5, 50, MAX, 505 },
	{ 1, 50, 5, 11, 550 },
	/* one and a bit: no more than one waits */
	{ 1, 900, 1, 2, 1800 },
	{ 1, 2500, 1, 2, 5000 },
	/* few workers, each slow: keep them busy */
	{ 4, 200, 4, 16, 800 },
};

void test_window(void)
{
	struct referral_window window;
	unsigned int i, slowest;
	uint64_t now;

	test_begin("window");
	for (i = 0; i < N_ELEMENTS(servers); i++) {
		referral_window_init(&window, MAX, TIMEOUT);
		test_assert_idx(window.limit == REFERRAL_WINDOW_START, i);
		now = 1000;
		slowest = run_server(&window, servers[i].workers,
				     servers[i].msecs, 1000, &now);
		test_assert_idx(window.limit >= servers[i].limit_min &&
				window.limit <= servers[i].limit_max, i);
		test_assert_ucmp_idx(slowest, <=, servers[i].slowest_max, i);
	}
	test_end();
}

void test_window_changes(void)
{
	struct referral_window window;
	uint64_t now = 1000;

	test_begin("window: changes");
	referral_window_init(&window, MAX, TIMEOUT);
	(void)run_server(&window, 1, 1, 1000, &now);
	test_assert(window.limit == MAX);
	/* the server gets slow */
	(void)run_server(&window, 1, 100, 1000, &now);
	test_assert(window.limit >= 2 && window.limit <= 7);
	/* ... and fast again */
	(void)run_server(&window, 1, 1, 2000, &now);
	test_assert(window.limit == MAX);
	/* it is suddenly far away: that is no load */
	(void)run_server(&window, MAX, 700, 2000, &now);
	test_assert(window.limit == MAX);

	/* busy: half, and what was sent before says nothing */
	referral_window_refused(&window, now);
	test_assert(window.limit == MAX / 2);
	referral_window_answered(&window, now - 1, now + 1, FALSE, TRUE);
	test_assert(window.limit == MAX / 2);
	referral_window_answered(&window, now, now + 1, FALSE, TRUE);
	test_assert(window.limit == MAX / 2 + 1);
	/* no more than is used */
	referral_window_answered(&window, now, now + 1, FALSE, FALSE);
	test_assert(window.limit == MAX / 2 + 1);
	while (window.limit > 1)
		referral_window_refused(&window, now);
	referral_window_refused(&window, now);
	test_assert(window.limit == 1);
	test_end();
}
