/* Connections that are lost, and what is not lost with them. */

#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "test-ldap.h"

/* The server answers and resets the connection. What it has said is in the
   kernel's buffer when we fail to write the next search. */
static void
test_reset(struct test_ldap *test, struct test_ldap_outcome outcomes[2])
{
	test->server->hold = TRUE;
	test_ldap_search(test, &outcomes[0]);
	test_ldap_wait_for(test, &test->server->searches, 1);
	test_ldap_server_reset(test->server);
	test->server->hold = FALSE;
	test_ldap_search(test, &outcomes[1]);
	test_assert(outcomes[0].calls == 0 && outcomes[1].calls == 0);
}

void test_ldap_reset_answers(void)
{
	struct test_ldap_outcome outcomes[2];
	struct test_ldap test;
	unsigned int i;

	test_begin("ldap reset: answers");
	test_ldap_init(&test);
	test_reset(&test, outcomes);
	test_ldap_wait(&test);
	for (i = 0; i < 2; i++) {
		test_assert_idx(outcomes[i].calls == 1, i);
		test_assert_idx(outcomes[i].status == REFERRAL_LDAP_ENTRY, i);
	}
	/* each of them once */
	test_assert(test.server->searches == 2);
	test_assert(test.server->connections == 2);
	test_ldap_deinit_all(&test);
	test_end();
}

void test_ldap_reset_notice(void)
{
	static const char notice[] = "\x30\x24\x02\x01\x00\x78\x1f"
		"\x0a\x01\x34\x04\x00\x04\x00\x8a\x16" "1.3.6.1.4.1.1466.20036";
	struct test_ldap_outcome outcomes[2];
	struct test_ldap test;
	buffer_t *answer;
	unsigned int i;

	test_begin("ldap reset: Notice of Disconnection");
	test_ldap_init(&test);
	answer = test.server->answer;
	test.server->answer = t_buffer_create(sizeof(notice));
	buffer_append(test.server->answer, notice, sizeof(notice) - 1);
	test_reset(&test, outcomes);
	test.server->answer = answer;
	test_ldap_wait(&test);
	for (i = 0; i < 2; i++) {
		test_assert_idx(outcomes[i].calls == 1, i);
		test_assert_idx(outcomes[i].status == REFERRAL_LDAP_ENTRY, i);
	}
	test_assert(test.server->searches == 3);
	test_assert(test.info != NULL &&
		    strstr(test.info, "Notice of Disconnection") != NULL);
	test_ldap_deinit_all(&test);
	test_end();
}

/* A search at any moment after the server has closed an idle connection, N
   turns of the loop later: nobody else's search has to come to its help. */
static void test_idle_close(void (*close_conns)(struct test_ldap_server *))
{
	struct test_ldap_outcome outcome;
	struct test_ldap test;
	unsigned int turn, turns;
	struct timeout *to;

	for (turns = 0; turns < 8; turns++) {
		test_ldap_init(&test);
		test.set.referral_ldap_timeout = 2000;
		test_ldap_search(&test, &outcome);
		test_ldap_wait(&test);
		close_conns(test.server);
		to = timeout_add_short(1, test_ldap_tick, &test);
		for (turn = 0; turn < turns; turn++) {
			io_loop_set_running(test.ioloop);
			io_loop_handler_run(test.ioloop);
		}
		timeout_remove(&to);
		test_ldap_search(&test, &outcome);
		test_ldap_wait(&test);
		test_assert_idx(outcome.calls == 1, turns);
		test_assert_idx(outcome.status == REFERRAL_LDAP_ENTRY, turns);
		test_ldap_deinit_all(&test);
	}
}

void test_ldap_idle_close(void)
{
	test_begin("ldap idle close");
	test_idle_close(test_ldap_server_close);
	test_end();
	test_begin("ldap idle reset");
	test_idle_close(test_ldap_server_reset);
	test_end();
}

/* The connection is full of searches that nobody waits for any more. */
void test_ldap_lost_while_full(void)
{
	struct test_ldap_outcome outcomes[64], outcome;
	struct referral_ldap_request *requests[64];
	struct test_ldap test;
	unsigned int i;

	test_begin("ldap lost while full");
	test_ldap_init(&test);
	test.set.referral_ldap_timeout = 2000;
	test_ldap_warm_up(&test);
	test.server->hold = TRUE;
	for (i = 0; i < N_ELEMENTS(requests); i++)
		requests[i] = test_ldap_search(&test, &outcomes[i]);
	test_ldap_wait_for(&test, &test.server->pending, 64);
	test_ldap_search(&test, &outcome);
	for (i = 0; i < N_ELEMENTS(requests); i++)
		referral_ldap_search_cancel(&requests[i]);
	test.waiting -= 64;
	test.server->hold = FALSE;
	test_ldap_server_close(test.server);
	test_ldap_wait(&test);
	test_assert(outcome.status == REFERRAL_LDAP_ENTRY);
	test_ldap_deinit_all(&test);
	test_end();
}
