#include "lib.h"
#include "server-choice.h"
#include "test-core.h"

#define IDLE REFERRAL_SERVER_IDLE
#define CONNECTING REFERRAL_SERVER_CONNECTING
#define READY REFERRAL_SERVER_READY

#define NOW 1000000
#define STAGGER 250
#define NEVER UINT_MAX

/* one server that may be tried, that may not be yet, that is being tried */
#define FRESH { .state = IDLE }
#define DUE { .state = IDLE, .failures = 1, .retry_at = NOW - 1, \
	      .urgent_retry_at = NOW - 300 }
#define DEAD { .state = IDLE, .failures = 1, .retry_at = NOW + 400, \
	       .urgent_retry_at = NOW + 100 }
#define TRYING(msecs) { .state = CONNECTING, .connecting_since = NOW - (msecs) }
#define RETRYING(msecs) { .state = CONNECTING, .failures = 1, \
			  .connecting_since = NOW - (msecs) }
#define WORKS { .state = READY }
#define SILENT { .state = READY, .suspect = TRUE, .demoted = TRUE, \
		 .trial_at = NOW + 600 }
/* the same, and it has answered nothing since it failed */
#define SILENT_AGAIN { .state = READY, .suspect = TRUE, .failures = 1, \
		       .demoted = TRUE, .trial_at = NOW + 600 }
#define DEMOTED(msecs) { .state = READY, .demoted = TRUE, \
			 .trial_at = NOW + (msecs) }
#define ON_TRIAL { .state = READY, .demoted = TRUE, .on_trial = TRUE, \
		   .trial_at = NOW - 100 }
/* demoted, and its connection was lost */
#define GONE(msecs) { .state = IDLE, .demoted = TRUE, \
		      .trial_at = NOW + (msecs) }
#define REFUSED(msecs) { .failures = 1, \
			 .failure = REFERRAL_SERVER_CREDENTIALS, \
			 .bind_refusals = 1, .bind_at = NOW + (msecs), \
			 .retry_at = NOW + (msecs), \
			 .urgent_retry_at = NOW + (msecs) }
/* another connection's bind was refused */
#define REFUSED_ELSEWHERE(msecs, is_ready) { \
	.state = (is_ready) ? READY : IDLE, \
	.bind_refusals = 1, .bind_at = NOW + (msecs) }

static const struct {
	const char *name;
	struct referral_server servers[4];
	unsigned int count;
	/* instead of each less preferred than the one before */
	bool same_rank;
	bool unwanted, urgent;
	/* 0 = none, else the number of the server, counted from one */
	unsigned int active, connect, trial;
	uint64_t refused;
	bool all_dead, trying;
	unsigned int wait_msecs;
} choices[] = {
	{ .name = "cold start", .servers = { FRESH, FRESH }, .count = 2,
	  .connect = 1, .wait_msecs = NEVER },
	{ .name = "nobody asked", .servers = { FRESH, FRESH }, .count = 2,
	  .unwanted = TRUE, .wait_msecs = NEVER },
	{ .name = "the first has its time", .servers = { TRYING(100), FRESH },
	  .count = 2, .trying = TRUE, .wait_msecs = 150 },
	{ .name = "the first takes too long",
	  .servers = { TRYING(250), FRESH }, .count = 2, .connect = 2,
	  .trying = TRUE, .wait_msecs = NEVER },
	{ .name = "two take too long",
	  .servers = { TRYING(500), TRYING(240), FRESH }, .count = 3,
	  .trying = TRUE, .wait_msecs = 10 },
	{ .name = "the first has failed", .servers = { DEAD, FRESH },
	  .count = 2, .connect = 2, .wait_msecs = 400 },
	{ .name = "the first works", .servers = { WORKS, FRESH }, .count = 2,
	  .active = 1, .wait_msecs = NEVER },
	{ .name = "both work", .servers = { WORKS, WORKS }, .count = 2,
	  .active = 1, .wait_msecs = NEVER },

	{ .name = "back to the preferred, not yet",
	  .servers = { DEAD, WORKS }, .count = 2, .active = 2,
	  .wait_msecs = 400 },
	{ .name = "no urgency while one works", .urgent = TRUE,
	  .servers = { DEAD, WORKS }, .count = 2, .active = 2,
	  .wait_msecs = 400 },
	{ .name = "back to the preferred, now",
	  .servers = { DUE, WORKS, FRESH }, .count = 3, .active = 2,
	  .connect = 1, .wait_msecs = NEVER },
	{ .name = "back to the preferred, since somebody has just asked",
	  .unwanted = TRUE, .urgent = TRUE,
	  .servers = { DUE, WORKS, FRESH }, .count = 3, .active = 2,
	  .connect = 1, .wait_msecs = NEVER },
	{ .name = "back to the preferred when somebody asks", .unwanted = TRUE,
	  .servers = { DUE, WORKS, FRESH }, .count = 3, .active = 2,
	  .wait_msecs = NEVER },
	{ .name = "one better one at a time",
	  .servers = { RETRYING(2000), DUE, WORKS }, .count = 3, .active = 3,
	  .trying = TRUE, .wait_msecs = NEVER },
	{ .name = "addresses of one server are equal", .same_rank = TRUE,
	  .servers = { DUE, WORKS }, .count = 2, .active = 2,
	  .wait_msecs = NEVER },

	{ .name = "the first of equals", .same_rank = TRUE,
	  .servers = { DUE, DUE }, .count = 2, .connect = 1,
	  .wait_msecs = NEVER },
	{ .name = "silent: try another", .servers = { SILENT, FRESH },
	  .count = 2, .active = 1, .connect = 2, .wait_msecs = NEVER },
	{ .name = "silent: another works", .servers = { SILENT, WORKS },
	  .count = 2, .active = 2, .wait_msecs = NEVER },
	{ .name = "silent: another works not so well",
	  .servers = { SILENT, DEMOTED(100) }, .count = 2, .active = 2,
	  .wait_msecs = NEVER },
	{ .name = "silent and alone: not known to be dead",
	  .servers = { SILENT }, .count = 1, .active = 1,
	  .wait_msecs = NEVER },
	{ .name = "silent again, and alone",
	  .servers = { SILENT_AGAIN }, .count = 1, .active = 1,
	  .all_dead = TRUE, .wait_msecs = NEVER },
	{ .name = "silent again, the other one is dead",
	  .servers = { SILENT_AGAIN, DEAD }, .count = 2, .active = 1,
	  .all_dead = TRUE, .wait_msecs = 400 },
	{ .name = "silent again, the other one was not tried yet",
	  .servers = { SILENT_AGAIN, FRESH }, .count = 2, .active = 1,
	  .connect = 2, .wait_msecs = NEVER },
	{ .name = "silent again, the other one works",
	  .servers = { SILENT_AGAIN, WORKS }, .count = 2, .active = 2,
	  .wait_msecs = NEVER },
	{ .name = "silent, the other one is dead",
	  .servers = { SILENT, DEAD }, .count = 2, .active = 1,
	  .wait_msecs = 400 },
	{ .name = "silent, the other one is dead, with urgency",
	  .servers = { SILENT, DEAD }, .count = 2, .active = 1,
	  .urgent = TRUE, .wait_msecs = 100 },
	{ .name = "all silent: the preferred one",
	  .servers = { SILENT, SILENT }, .count = 2, .active = 1,
	  .wait_msecs = NEVER },

	{ .name = "demoted: another is preferred",
	  .servers = { DEMOTED(100), WORKS }, .count = 2, .active = 2,
	  .wait_msecs = NEVER },
	{ .name = "demoted: it may be tried",
	  .servers = { DEMOTED(0), WORKS }, .count = 2, .active = 2,
	  .trial = 1, .wait_msecs = NEVER },
	{ .name = "demoted: it may be tried, not the first",
	  .servers = { DEAD, DEMOTED(0), WORKS }, .count = 3, .active = 3,
	  .trial = 2, .wait_msecs = 400 },
	{ .name = "demoted: it is being tried",
	  .servers = { ON_TRIAL, WORKS }, .count = 2, .active = 2,
	  .wait_msecs = NEVER },
	{ .name = "demoted: the less preferred need no trial",
	  .servers = { WORKS, DEMOTED(0) }, .count = 2, .active = 1,
	  .wait_msecs = NEVER },
	{ .name = "demoted: no trial while nothing else works",
	  .servers = { DEMOTED(0), SILENT }, .count = 2, .active = 1,
	  .wait_msecs = NEVER },
	{ .name = "demoted, and nobody else: connect to another",
	  .servers = { DEMOTED(100), FRESH }, .count = 2, .active = 1,
	  .connect = 2, .wait_msecs = NEVER },
	{ .name = "demoted, one at a time",
	  .servers = { DEMOTED(100), TRYING(300), FRESH }, .count = 3,
	  .active = 1, .trying = TRUE, .wait_msecs = NEVER },
	{ .name = "demoted without a connection: it has time",
	  .servers = { GONE(100), WORKS }, .count = 2, .active = 2,
	  .wait_msecs = 100 },
	{ .name = "demoted without a connection: time for a trial",
	  .servers = { GONE(0), WORKS }, .count = 2, .active = 2,
	  .connect = 1, .wait_msecs = NEVER },
	{ .name = "demoted without a connection: better than none",
	  .servers = { GONE(100) }, .count = 1, .connect = 1,
	  .wait_msecs = NEVER },
	{ .name = "both demoted: the preferred one",
	  .servers = { DEMOTED(100), DEMOTED(100) }, .count = 2, .active = 1,
	  .wait_msecs = NEVER },

	{ .name = "all dead", .servers = { DEAD, DEAD }, .count = 2,
	  .all_dead = TRUE, .wait_msecs = 400 },
	{ .name = "all dead, with urgency", .servers = { DEAD, DEAD },
	  .count = 2, .urgent = TRUE, .all_dead = TRUE, .wait_msecs = 100 },
	{ .name = "all dead, nobody asked", .servers = { DEAD, DEAD },
	  .count = 2, .unwanted = TRUE, .all_dead = TRUE,
	  .wait_msecs = NEVER },
	{ .name = "all dead, one is tried again",
	  .servers = { RETRYING(100), DEAD }, .count = 2,
	  .all_dead = TRUE, .trying = TRUE, .wait_msecs = 400 },
	{ .name = "all dead, the next has to wait for the stagger",
	  .servers = { RETRYING(100), DUE }, .count = 2,
	  .all_dead = TRUE, .trying = TRUE, .wait_msecs = 150 },
	{ .name = "one may be tried again", .servers = { DEAD, DUE },
	  .count = 2, .connect = 2, .wait_msecs = 400 },
	{ .name = "one was never tried", .servers = { RETRYING(100), FRESH },
	  .count = 2, .trying = TRUE, .wait_msecs = 150 },
	{ .name = "credentials are not tried more often for urgency",
	  .servers = { REFUSED(9000) }, .count = 1, .urgent = TRUE,
	  .all_dead = TRUE, .wait_msecs = 9000 },
	{ .name = "credentials are tried for who waits",
	  .servers = { REFUSED(-1) }, .count = 1, .connect = 1,
	  .wait_msecs = NEVER },
	{ .name = "credentials are tried for nobody else",
	  .servers = { REFUSED(-1) }, .count = 1, .unwanted = TRUE,
	  .urgent = TRUE, .wait_msecs = NEVER },
	{ .name = "credentials were refused, and then it was unreachable",
	  .servers = { { .failures = 1, .retry_at = NOW - 1,
			 .urgent_retry_at = NOW - 1, .bind_refusals = 1,
			 .bind_at = NOW + 9000 } },
	  .count = 1, .urgent = TRUE, .all_dead = TRUE, .wait_msecs = 9000 },
	{ .name = "credentials were refused elsewhere",
	  .servers = { REFUSED_ELSEWHERE(9000, FALSE) }, .count = 1,
	  .all_dead = TRUE, .wait_msecs = 9000 },
	{ .name = "credentials were refused elsewhere, but this one is open",
	  .servers = { REFUSED_ELSEWHERE(9000, TRUE) }, .count = 1,
	  .active = 1, .wait_msecs = NEVER },
	{ .name = "credentials are not tried again on a spare connection",
	  .servers = { { .state = READY, .demoted = TRUE, .suspect = TRUE,
			 .trial_at = NOW + 600 },
		       REFUSED_ELSEWHERE(9000, FALSE) },
	  .count = 2, .active = 1, .wait_msecs = 9000 },
	{ .name = "just restarting: there is hope",
	  .servers = { { .failures = 1, .retry_at = NOW + 400,
			 .urgent_retry_at = NOW + 300,
			 .grace_until = NOW + 200 } },
	  .count = 1, .wait_msecs = 200 },
	{ .name = "just restarting: no hope any more",
	  .servers = { { .failures = 1, .retry_at = NOW + 400,
			 .urgent_retry_at = NOW + 300,
			 .grace_until = NOW } },
	  .count = 1, .all_dead = TRUE, .wait_msecs = 400 },

	{ .name = "refused by the active one", .servers = { WORKS, FRESH },
	  .count = 2, .refused = BIT(0), .connect = 2, .wait_msecs = NEVER },
	{ .name = "refused: the other one works", .servers = { WORKS, WORKS },
	  .count = 2, .refused = BIT(0), .active = 2, .wait_msecs = NEVER },
	{ .name = "refused: the other one is dead", .servers = { WORKS, DEAD },
	  .count = 2, .refused = BIT(0), .all_dead = TRUE, .wait_msecs = 400 },
	{ .name = "refused: there is no other one", .servers = { WORKS },
	  .count = 1, .refused = BIT(0), .all_dead = TRUE,
	  .wait_msecs = NEVER },
	{ .name = "refused by another than the active one",
	  .servers = { WORKS, WORKS }, .count = 2, .refused = BIT(1),
	  .active = 1, .wait_msecs = NEVER },
	{ .name = "refused by two: the third",
	  .servers = { WORKS, WORKS, FRESH }, .count = 3,
	  .refused = BIT(0) | BIT(1), .connect = 3, .wait_msecs = NEVER },
	{ .name = "refused: one that is being made is not for us",
	  .servers = { TRYING(100), FRESH }, .count = 2, .refused = BIT(0),
	  .connect = 2, .wait_msecs = NEVER },
	{ .name = "refused: no trial of it",
	  .servers = { DEMOTED(0), WORKS }, .count = 2, .refused = BIT(0),
	  .active = 2, .wait_msecs = NEVER },
	{ .name = "only the second is asked",
	  .servers = { WORKS, FRESH, WORKS }, .count = 3,
	  .refused = ~(uint64_t)BIT(1), .connect = 2, .wait_msecs = NEVER },
};

void test_servers_choose(void)
{
	struct referral_server copies[4], *servers[4];
	struct referral_server_choice choice;
	struct referral_server_demand demand;
	unsigned int i, j;

	test_begin("servers choose");
	for (i = 0; i < N_ELEMENTS(choices); i++) {
		for (j = 0; j < choices[i].count; j++) {
			copies[j] = choices[i].servers[j];
			copies[j].rank = choices[i].same_rank ? 0 : j;
			copies[j].bit = (uint64_t)1 << j;
			servers[j] = &copies[j];
		}
		i_zero(&demand);
		demand.wanted = !choices[i].unwanted;
		demand.urgent = choices[i].urgent;
		demand.stagger_msecs = STAGGER;
		demand.refused = choices[i].refused;
		referral_servers_choose(servers, choices[i].count, NOW,
					&demand, &choice);
		test_assert_idx(choice.active + 1 ==
				(int)choices[i].active, i);
		test_assert_idx(choice.connect + 1 ==
				(int)choices[i].connect, i);
		test_assert_idx(choice.trial + 1 == (int)choices[i].trial, i);
		test_assert_idx(choice.all_dead == choices[i].all_dead, i);
		test_assert_idx(choice.trying == choices[i].trying, i);
		test_assert_ucmp_idx(choice.wait_msecs, ==,
				     choices[i].wait_msecs, i);
	}
	test_end();
}

#define MINUTES(minutes) ((unsigned int)((minutes) * 60 * 1000))

static const struct {
	/* failures before this one */
	unsigned int failures;
	enum referral_server_failure failure;
	/* the bounds, jitter included */
	unsigned int retry_min, retry_max, urgent_min, urgent_max;
} backoffs[] = {
	{ 0, REFERRAL_SERVER_UNREACHABLE, 375, 625, 187, 313 },
	{ 1, REFERRAL_SERVER_UNREACHABLE, 750, 1250, 187, 313 },
	{ 2, REFERRAL_SERVER_UNREACHABLE, 1500, 2500, 187, 313 },
	{ 5, REFERRAL_SERVER_UNREACHABLE, 12000, 20000, 187, 313 },
	{ 6, REFERRAL_SERVER_UNREACHABLE, 22500, 30000, 187, 313 },
	{ 1000, REFERRAL_SERVER_UNREACHABLE, 22500, 30000, 187, 313 },
	{ UINT_MAX, REFERRAL_SERVER_UNREACHABLE, 22500, 30000, 187, 313 },
	{ 0, REFERRAL_SERVER_UNUSABLE, 375, 625, 375, 625 },
	{ 2, REFERRAL_SERVER_UNUSABLE, 1500, 2500, 1500, 2500 },
	{ 0, REFERRAL_SERVER_CREDENTIALS, MINUTES(1), MINUTES(1.25),
	  MINUTES(1), MINUTES(1.25) },
	{ 1, REFERRAL_SERVER_CREDENTIALS, MINUTES(60), MINUTES(75),
	  MINUTES(60), MINUTES(75) },
	{ UINT_MAX, REFERRAL_SERVER_CREDENTIALS, MINUTES(60), MINUTES(75),
	  MINUTES(60), MINUTES(75) },
};

void test_server_backoff(void)
{
	static const uint32_t randoms[] = {
		0, 1, 62, 125, 250, 1000, 7500, 15000, 123456789, UINT32_MAX
	};
	struct referral_server server;
	unsigned int i, j;
	uint64_t msecs, first_msecs = 0;
	bool varies;

	test_begin("server backoff");
	for (i = 0; i < N_ELEMENTS(backoffs); i++) {
		varies = FALSE;
		for (j = 0; j < N_ELEMENTS(randoms); j++) {
			i_zero(&server);
			server.state = CONNECTING;
			server.failures = backoffs[i].failures;
			if (backoffs[i].failure == REFERRAL_SERVER_CREDENTIALS)
				server.bind_refusals = backoffs[i].failures;
			server.failure = backoffs[i].failure;
			referral_server_failed(&server, NOW,
				backoffs[i].failure, randoms[j]);

			test_assert_idx(server.state == IDLE, i);
			test_assert_idx(server.failures > 0, i);
			msecs = server.retry_at - NOW;
			test_assert_idx(msecs >= backoffs[i].retry_min &&
					msecs <= backoffs[i].retry_max, i);
			/* not everybody at the same moment */
			if (j == 0)
				first_msecs = msecs;
			varies = varies || msecs != first_msecs;
			msecs = server.urgent_retry_at - NOW;
			test_assert_idx(msecs >= backoffs[i].urgent_min &&
					msecs <= backoffs[i].urgent_max, i);
		}
		test_assert_idx(varies, i);
	}
	test_end();
}

/* The life of one server, for what the tables above start from. */
void test_server_states(void)
{
	struct referral_server server;

	test_begin("server states");
	i_zero(&server);
	referral_server_failed(&server, NOW, REFERRAL_SERVER_UNREACHABLE, 0);
	referral_server_connecting(&server, NOW + 500);
	test_assert(server.state == CONNECTING &&
		    server.connecting_since == NOW + 500);
	/* that it can be connected to says nothing yet */
	referral_server_ready(&server, NOW + 510);
	test_assert(server.state == READY && server.failures == 1 &&
		    server.demoted && server.trial_at == NOW + 510);
	referral_server_failed(&server, NOW, REFERRAL_SERVER_UNREACHABLE, 0);
	test_assert(server.state == IDLE && server.failures == 2);
	/* each kind of failure has its own row */
	referral_server_failed(&server, NOW, REFERRAL_SERVER_CREDENTIALS, 0);
	test_assert(server.failures == 1 && server.bind_refusals == 1 &&
		    server.bind_at == NOW + MINUTES(1));
	referral_server_failed(&server, NOW, REFERRAL_SERVER_UNREACHABLE, 0);
	test_assert(server.bind_refusals == 1 &&
		    server.bind_at == NOW + MINUTES(1));
	referral_server_failed(&server, NOW, REFERRAL_SERVER_CREDENTIALS, 0);
	test_assert(server.bind_at == NOW + MINUTES(60));
	referral_server_ready(&server, NOW);
	test_assert(server.bind_refusals == 0 && server.bind_at == 0);
	referral_server_bind_refused(&server, NOW, 0);
	test_assert(server.state == READY && server.bind_refusals == 1);

	i_zero(&server);
	referral_server_connecting(&server, NOW);
	referral_server_ready(&server, NOW);
	test_assert(!server.demoted);
	referral_server_suspect(&server, NOW - 5000, 0);
	test_assert(server.suspect);
	referral_server_refused(&server, NOW - 4990, 0);
	test_assert(!server.suspect && server.demoted);
	i_zero(&server);
	referral_server_ready(&server, NOW);
	referral_server_suspect(&server, NOW, 0);
	test_assert(server.state == READY && server.suspect &&
		    server.demoted && server.trial_at == NOW + 750);
	referral_server_answered(&server, NOW + 749);
	test_assert(server.state == READY && !server.suspect &&
		    server.failures == 0 && server.demoted);
	referral_server_answered(&server, NOW + 750);
	test_assert(!server.demoted && server.promoted_at == NOW + 750);

	/* broken once: at once, and with grace */
	referral_server_suspect(&server, NOW, 0);
	referral_server_broke(&server, NOW, 0);
	test_assert(server.state == IDLE && !server.suspect &&
		    server.failures == 0 &&
		    server.grace_until == NOW + REFERRAL_SERVER_GRACE_MSECS);
	/* broken again without an answer */
	referral_server_connecting(&server, NOW);
	referral_server_ready(&server, NOW);
	referral_server_broke(&server, NOW + 10, 0);
	test_assert(server.failures == 1 && server.retry_at > NOW + 10 &&
		    server.grace_until == NOW + REFERRAL_SERVER_GRACE_MSECS);
	/* an answer makes up for all */
	referral_server_ready(&server, NOW);
	referral_server_answered(&server, NOW);
	referral_server_broke(&server, NOW + 5000, 0);
	test_assert(server.failures == 0 && server.grace_until ==
		    NOW + 5000 + REFERRAL_SERVER_GRACE_MSECS);

	referral_server_connecting(&server, NOW);
	referral_server_closed(&server);
	test_assert(server.state == IDLE && server.failures == 0);
	test_end();
}

/* A server that was too slow is given another chance, later each time. */
void test_server_demotion(void)
{
	static const unsigned int secs[] = {
		1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300
	};
	struct referral_server server = { .state = READY };
	uint64_t now = NOW;
	unsigned int i;

	test_begin("server demotion");
	for (i = 0; i < N_ELEMENTS(secs); i++) {
		referral_server_suspect(&server, now, i % 2 == 0 ? 0 :
					secs[i] * 500);
		test_assert_ucmp_idx(server.trial_at - now, ==, secs[i] *
				     (i % 2 == 0 ? 750 : 1250), i);
		/* what comes meanwhile changes nothing */
		referral_server_refused(&server, now + 1, 0);
		referral_server_answered(&server, now + 2);
		test_assert_idx(server.demoted && !server.suspect, i);
		now = server.trial_at;
		referral_server_try(&server);
		test_assert_idx(server.on_trial, i);
	}
	/* the trial is passed, but it is not well for long */
	referral_server_answered(&server, now);
	test_assert(!server.demoted && !server.on_trial);
	referral_server_refused(&server, now + 2 * 300*1000 - 1, 0);
	test_assert(server.demoted && server.demotion_msecs == 300*1000);
	/* all is forgotten */
	now = server.trial_at;
	referral_server_answered(&server, now);
	referral_server_refused(&server, now + 2 * 300*1000, 0);
	test_assert(server.demotion_msecs == 1000);
	/* a minute at least */
	now = server.trial_at;
	referral_server_answered(&server, now);
	referral_server_suspect(&server, now + 59*1000, 0);
	test_assert(server.demotion_msecs == 2000);
	/* nobody had it tried: it was asked because there is no other */
	now = server.trial_at;
	referral_server_refused(&server, now - 1, 0);
	test_assert(server.demotion_msecs == 2000);
	referral_server_refused(&server, now, 0);
	test_assert(server.demotion_msecs == 4000 &&
		    server.trial_at == now + 3000);
	/* a trial ends with its connection */
	referral_server_try(&server);
	referral_server_closed(&server);
	test_assert(!server.on_trial && server.demoted);
	test_end();
}
