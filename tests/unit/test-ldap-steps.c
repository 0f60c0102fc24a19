/* Make step N fail, for every N. */

#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "test-ldap.h"

/* Any size of packets is the same to us. */
void test_ldap_in_pieces(void)
{
	struct test_ldap_outcome outcomes[3];
	struct test_ldap test;
	size_t size;
	unsigned int i;

	test_begin("ldap in pieces");
	for (size = 1; size < 70; size++) {
		test_ldap_init(&test);
		test.server->piece_size = size;
		for (i = 0; i < N_ELEMENTS(outcomes); i++)
			test_ldap_search(&test, &outcomes[i]);
		test_ldap_wait(&test);
		for (i = 0; i < N_ELEMENTS(outcomes); i++) {
			test_assert_idx(outcomes[i].status ==
					REFERRAL_LDAP_ENTRY, size);
			test_assert_strcmp_idx(outcomes[i].value, "a.example",
					       size);
		}
		test_ldap_deinit_all(&test);
	}
	test_end();
}

/* One connection ends after N bytes: after the bind nobody notices. */
void test_ldap_cut(void)
{
	struct test_ldap_outcome outcomes[2];
	struct test_ldap test;
	size_t cut_at, size = SIZE_MAX, sent_bind;
	unsigned int i;

	test_begin("ldap cut");
	for (cut_at = 1; cut_at <= size; cut_at++) {
		test_ldap_init(&test);
		test.server->cut_at = cut_at;
		test.server->cut_connections = 1;
		for (i = 0; i < N_ELEMENTS(outcomes); i++)
			test_ldap_search(&test, &outcomes[i]);
		test_ldap_wait(&test);
		sent_bind = test.server->sent_bind;
		for (i = 0; i < N_ELEMENTS(outcomes); i++) {
			test_assert_idx(outcomes[i].calls == 1, cut_at);
			test_assert_idx(outcomes[i].status ==
				(cut_at < sent_bind ?
				 REFERRAL_LDAP_UNAVAILABLE :
				 REFERRAL_LDAP_ENTRY), cut_at);
		}
		/* bind, and two answers */
		size = sent_bind + 2 * test.server->answer->used;
		test_ldap_deinit_all(&test);
	}
	test_end();
}

/* One bit of each byte is wrong: any result will do, but one there must be. */
void test_ldap_flip(void)
{
	struct test_ldap_outcome outcome;
	struct test_ldap test;
	size_t byte, size = SIZE_MAX;

	test_begin("ldap flip");
	for (byte = 0; byte < size; byte++) {
		test_ldap_init(&test);
		test.set.referral_ldap_timeout = 50;
		test.set.referral_ldap_connect_timeout = 30;
		test.server->flip_bit = byte * 8 + byte % 8 + 1;
		test_ldap_search(&test, &outcome);
		test_ldap_wait(&test);
		test_assert_idx(outcome.calls == 1, byte);
		size = test.server->sent_bind + test.server->answer->used;
		test_ldap_deinit_all(&test);
	}
	test_end();
}

/* The search is cancelled after N turns of the loop. */
void test_ldap_cancel_at_each_step(void)
{
	struct test_ldap_outcome first, second;
	struct referral_ldap_request *request;
	struct test_ldap test;
	unsigned int turn, turns;
	bool done = FALSE;

	test_begin("ldap cancel at each step");
	for (turns = 0; !done; turns++) {
		test_ldap_init(&test);
		test.server->piece_size = 1;
		request = test_ldap_search(&test, &first);
		test_ldap_search(&test, &second);
		for (turn = 0; turn < turns && first.calls == 0; turn++) {
			io_loop_set_running(test.ioloop);
			io_loop_handler_run(test.ioloop);
		}
		done = first.calls > 0;
		if (!done) {
			referral_ldap_search_cancel(&request);
			test.waiting--;
		}
		test_ldap_wait(&test);
		test_assert_idx(first.calls == (done ? 1 : 0), turns);
		test_assert_idx(second.calls == 1, turns);
		test_assert_idx(second.status == REFERRAL_LDAP_ENTRY, turns);
		test_ldap_deinit_all(&test);
	}
	test_assert(turns > 3);
	test_end();
}
