/* kick-queue.c: who is ended when. */

#include "lib.h"
#include "str.h"
#include "kick-queue.h"
#include "test-core.h"

#define COLLECT REFERRAL_KICK_COLLECT_MSECS
#define PAUSE REFERRAL_KICK_PAUSE_MSECS
#define AGAIN REFERRAL_KICK_AGAIN_MSECS

/* One step: at this time users are added, a run is begun, or it ends. */
struct step {
	uint64_t now;
	/* NULL-terminated */
	const char *add[3];
	/* run: the names expected, in their order, with a space between */
	const char *run;
	bool ends, failed;
	/* ends: how many are given up */
	unsigned int given_up;
	/* after all of this: when it has to run, relative to now; -1: no */
	int wait;
};

static const struct {
	const char *name;
	struct step steps[9];
} tests[] = {
	{ .name = "collected, ended in one run, looked at once more", .steps = {
		{ .now = 1000, .add = { "bob" }, .wait = COLLECT },
		{ .now = 1060, .add = { "alice", "bob" }, .wait = 40 },
		{ .now = 1100, .run = "bob alice", .wait = -1 },
		{ .now = 1200, .ends = TRUE, .wait = AGAIN },
		{ .now = 1200 + AGAIN, .run = "bob alice", .wait = -1 },
		{ .now = 3000, .ends = TRUE, .wait = -1 } } },
	{ .name = "too early", .steps = {
		{ .now = 1000, .add = { "bob" }, .run = "", .wait = COLLECT },
		{ .now = 1099, .run = "", .wait = 1 },
		{ .now = 1100, .run = "bob", .wait = -1 } } },
	{ .name = "a failure in the first run is none yet", .steps = {
		{ .now = 1000, .add = { "bob" }, .wait = COLLECT },
		{ .now = 1100, .run = "bob", .wait = -1 },
		{ .now = 1200, .ends = TRUE, .failed = TRUE, .wait = AGAIN },
		{ .now = 9000, .run = "bob", .wait = -1 },
		{ .now = 9100, .ends = TRUE, .wait = -1 } } },
	{ .name = "given up after the second", .steps = {
		{ .now = 1000, .add = { "bob" }, .wait = COLLECT },
		{ .now = 1100, .run = "bob", .wait = -1 },
		{ .now = 1200, .ends = TRUE, .wait = AGAIN },
		{ .now = 9000, .run = "bob", .wait = -1 },
		{ .now = 9100, .ends = TRUE, .failed = TRUE, .given_up = 1,
		  .wait = -1 } } },
	{ .name = "only those in their second run are given up", .steps = {
		{ .now = 1000, .add = { "bob" }, .wait = COLLECT },
		{ .now = 1100, .run = "bob", .wait = -1 },
		{ .now = 1200, .ends = TRUE, .wait = AGAIN },
		{ .now = 1150 + AGAIN, .add = { "alice" }, .wait = 50 },
		{ .now = 1200 + AGAIN, .run = "alice bob", .wait = -1 },
		{ .now = 1300 + AGAIN, .ends = TRUE, .failed = TRUE,
		  .given_up = 1, .wait = AGAIN },
		{ .now = 9000, .run = "alice", .wait = -1 },
		{ .now = 9100, .ends = TRUE, .failed = TRUE, .given_up = 1,
		  .wait = -1 } } },
	{ .name = "added again during its run", .steps = {
		{ .now = 1000, .add = { "bob" }, .wait = COLLECT },
		{ .now = 1100, .run = "bob", .wait = -1 },
		{ .now = 1150, .add = { "bob" }, .wait = -1 },
		{ .now = 1600, .ends = TRUE, .failed = TRUE, .wait = COLLECT },
		{ .now = 1700, .run = "bob", .wait = -1 },
		{ .now = 1800, .ends = TRUE, .failed = TRUE, .wait = AGAIN } } },
	{ .name = "added again before its second run", .steps = {
		{ .now = 1000, .add = { "bob" }, .wait = COLLECT },
		{ .now = 1100, .run = "bob", .wait = -1 },
		{ .now = 1600, .ends = TRUE, .wait = AGAIN },
		{ .now = 1650, .add = { "bob" }, .wait = COLLECT },
		{ .now = 1750, .run = "bob", .wait = -1 },
		{ .now = 1800, .ends = TRUE, .failed = TRUE, .wait = AGAIN } } },
	{ .name = "a pause between two runs", .steps = {
		{ .now = 1000, .add = { "bob" }, .wait = COLLECT },
		{ .now = 1100, .run = "bob", .wait = -1 },
		{ .now = 1110, .ends = TRUE, .wait = AGAIN },
		{ .now = 1120, .add = { "alice" }, .wait = PAUSE - 20 },
		{ .now = 1100 + PAUSE, .run = "alice", .wait = -1 } } },
	{ .name = "names that can't be told", .steps = {
		{ .now = 1000, .add = { "", "a\nb" }, .wait = -1 },
		{ .now = 1000, .add = { "a\tb", "\x7f" }, .wait = -1 },
		{ .now = 1000, .add = { "\xc3\xa4 b", "-x" },
		  .wait = COLLECT },
		{ .now = 1100, .run = "\xc3\xa4 b -x", .wait = -1 } } },
};

static void
test_step(struct referral_kick_queue *queue, const struct step *step,
	  unsigned int idx)
{
	const char *const *names, *example;
	unsigned int i, count, msecs;

	for (i = 0; step->add[i] != NULL; i++)
		(void)referral_kick_queue_add(queue, step->add[i], step->now);
	if (step->run != NULL) {
		names = referral_kick_queue_run(queue, step->now, &count);
		test_assert_strcmp_idx(t_strarray_join(names, " "), step->run,
				       idx);
		test_assert_idx(str_array_length(names) == count, idx);
	}
	if (step->ends) {
		count = referral_kick_queue_finish(queue, step->now,
						   step->failed, &example);
		test_assert_idx(count == step->given_up, idx);
		test_assert_idx((count > 0) == (example != NULL), idx);
	}
	if (!referral_kick_queue_wait(queue, step->now, &msecs))
		test_assert_idx(step->wait == -1, idx);
	else
		test_assert_idx((int)msecs == step->wait, idx);
}

void test_kick_queue(void)
{
	struct referral_kick_queue *queue;
	unsigned int i, j;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_begin(t_strdup_printf("kick queue: %s", tests[i].name));
		queue = referral_kick_queue_create();
		for (j = 0; j < N_ELEMENTS(tests[i].steps) &&
			    tests[i].steps[j].now != 0; j++)
			test_step(queue, &tests[i].steps[j], j);
		referral_kick_queue_destroy(&queue);
		test_end();
	}
}

void test_kick_queue_bounds(void)
{
	struct referral_kick_queue *queue;
	const char *const *names;
	unsigned int i, count, msecs;
	const char *example;

	test_begin("kick queue: bounds");
	queue = referral_kick_queue_create();
	for (i = 0; i < REFERRAL_KICK_MAX_USERS; i++) {
		if (referral_kick_queue_add(queue, t_strdup_printf("u%u", i),
					    1000) != REFERRAL_KICK_QUEUED)
			break;
	}
	test_assert(i == REFERRAL_KICK_MAX_USERS);
	test_assert(referral_kick_queue_add(queue, "one more", 1000) ==
		    REFERRAL_KICK_FULL);
	test_assert(referral_kick_queue_add(queue, "u7", 1000) ==
		    REFERRAL_KICK_QUEUED);
	test_assert(referral_kick_queue_add(queue, "a\r", 1000) ==
		    REFERRAL_KICK_BAD_NAME);
	names = referral_kick_queue_run(queue, 2000, &count);
	test_assert(count == REFERRAL_KICK_RUN_USERS &&
		    strcmp(names[count - 1], t_strdup_printf("u%u",
			   REFERRAL_KICK_RUN_USERS - 1)) == 0);
	/* all of them wait for the second run: there is still no room */
	test_assert(referral_kick_queue_finish(queue, 2100, FALSE,
					       &example) == 0);
	test_assert(referral_kick_queue_add(queue, "one more", 2100) ==
		    REFERRAL_KICK_FULL);
	/* the rest is due since long */
	test_assert(referral_kick_queue_wait(queue, 2100, &msecs) &&
		    msecs == 2000 + PAUSE - 2100);
	/* with names and a run under way */
	(void)referral_kick_queue_run(queue, 9000, &count);
	test_assert(count == REFERRAL_KICK_RUN_USERS);
	referral_kick_queue_destroy(&queue);
	test_assert(queue == NULL);
	referral_kick_queue_destroy(&queue);
	test_end();
}
