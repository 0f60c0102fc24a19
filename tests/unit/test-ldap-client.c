/* What ldap-client.h promises. */

#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "test-ldap.h"

#include <unistd.h>

static const struct {
	const char *uris, *ca_file, *key_file, *dn, *mechanism;
	bool starttls;
	const char *error;
} init_errors[] = {
	{ .uris = "", .error = "referral_ldap_uris: " },
	{ .uris = "http://x", .error = "referral_ldap_uris: " },
	{ .uris = "ldap://x", .mechanism = "GSSAPI",
	  .error = "referral_ldap_sasl_mechanism: " },
	{ .uris = "ldap://x", .dn = "cn=x",
	  .error = "referral_ldap_auth_dn_password: " },
	{ .uris = "ldaps://x", .ca_file = "/nonexistent",
	  .error = "referral_ldap_tls_ca_file: " },
	{ .uris = "ldap://x", .starttls = TRUE, .ca_file = "/nonexistent",
	  .error = "referral_ldap_tls_ca_file: " },
	{ .uris = "ldapi://%2fx ldaps://x", .key_file = "/dev/null",
	  .error = "referral_ldap_tls_key_file: " },
};

void test_ldap_init_errors(void)
{
	struct referral_directory_settings *set;
	struct referral_ldap_client *client;
	struct test_ldap test;
	const char *error;
	unsigned int i;

	test_begin("ldap init errors");
	for (i = 0; i < N_ELEMENTS(init_errors); i++) {
		test_ldap_init(&test);
		set = &test.set;
		set->referral_ldap_uris = init_errors[i].uris;
		set->referral_ldap_starttls = init_errors[i].starttls;
		if (init_errors[i].ca_file != NULL)
			set->referral_ldap_tls_ca_file = init_errors[i].ca_file;
		if (init_errors[i].key_file != NULL) {
			set->referral_ldap_tls_key_file =
				init_errors[i].key_file;
		}
		if (init_errors[i].dn != NULL)
			set->referral_ldap_auth_dn = init_errors[i].dn;
		if (init_errors[i].mechanism != NULL) {
			set->referral_ldap_sasl_mechanism =
				init_errors[i].mechanism;
		}
		error = NULL;
		test_assert_idx(referral_ldap_client_init(test.event, set,
			"x", &client, &error) < 0, i);
		test_assert_idx(error != NULL && strncmp(error,
			init_errors[i].error,
			strlen(init_errors[i].error)) == 0, i);
		test_ldap_deinit_all(&test);
	}
	test_end();
}

static const struct {
	const char *answer;
	size_t size;
	enum referral_ldap_status status;
	unsigned int count;
	const char *first;
} values[] = {
#define ANSWER(str) .answer = str TEST_LDAP_SUCCESS, \
		    .size = sizeof(str TEST_LDAP_SUCCESS) - 1
	/* no attribute */
	{ ANSWER("\x30\x0e" TEST_LDAP_MSGID "\x64\x06\x04\x02x=\x30\x00"),
	  .count = 0 },
	/* one, without values */
	{ ANSWER("\x30\x1c" TEST_LDAP_MSGID "\x64\x14\x04\x02x=\x30\x0e\x30\x0c"
		 "\x04\x08mailHost\x31\x00"), .count = 0 },
	/* an empty value */
	{ ANSWER("\x30\x1e" TEST_LDAP_MSGID "\x64\x16\x04\x02x=\x30\x10\x30\x0e"
		 "\x04\x08mailHost\x31\x02\x04\x00"), .count = 1, .first = "" },
	/* two values, the first with a NUL */
	{ ANSWER("\x30\x24" TEST_LDAP_MSGID "\x64\x1c\x04\x02x=\x30\x16\x30\x14"
		 "\x04\x08mailHost\x31\x08\x04\x03""a\x00""b\x04\x01""c"),
	  .count = 2, .first = "a\x01""b" },
	/* another attribute, whose name begins like ours: whose is it? */
	{ .status = REFERRAL_LDAP_UNAVAILABLE,
	  ANSWER("\x30\x20" TEST_LDAP_MSGID "\x64\x18\x04\x02x=\x30\x12\x30\x10"
		 "\x04\x09mailHosts\x31\x03\x04\x01""c"), .count = 0 },
	/* nothing at all */
	{ ANSWER(""), .status = REFERRAL_LDAP_NO_ENTRY },
#undef ANSWER
};

void test_ldap_values(void)
{
	struct test_ldap_outcome outcome;
	struct test_ldap test;
	unsigned int i;

	test_begin("ldap values");
	test_ldap_init(&test);
	for (i = 0; i < N_ELEMENTS(values); i++) {
		buffer_set_used_size(test.server->answer, 0);
		buffer_append(test.server->answer, values[i].answer,
			      values[i].size);
		test_ldap_search(&test, &outcome);
		test_ldap_wait(&test);
		test_assert_idx(outcome.status == values[i].status, i);
		test_assert_ucmp_idx(outcome.values_count, ==,
				     values[i].count, i);
		test_assert_strcmp_idx(outcome.value, values[i].first, i);
	}
	test_assert(test.server->connections == 1);
	test_ldap_deinit_all(&test);
	test_end();
}

/* Not even when it is known at once that there is no hope:
   test_ldap_callback() asserts it. */
void test_ldap_not_from_inside(void)
{
	struct test_ldap_outcome outcome;
	struct test_ldap test;
	unsigned int i;

	test_begin("ldap callback not from inside");
	test_ldap_init(&test);
	/* nobody listens */
	test_ldap_server_refuse(test.server);
	for (i = 0; i < 3; i++) {
		test_ldap_search(&test, &outcome);
		test_assert_idx(outcome.calls == 0, i);
		test_ldap_wait(&test);
		test_assert_idx(outcome.calls == 1, i);
		test_assert_idx(outcome.status ==
				REFERRAL_LDAP_UNAVAILABLE, i);
		test_assert_idx(strstr(outcome.error,
				       "Connection refused") != NULL, i);
	}
	test_assert(test.errors == 1);
	test_ldap_deinit_all(&test);
	test_end();
}

void test_ldap_cancel(void)
{
	struct test_ldap_outcome outcomes[4];
	struct referral_ldap_request *requests[4];
	struct test_ldap test;
	unsigned int i;

	test_begin("ldap cancel");
	test_ldap_init(&test);

	/* in the queue, before there is a connection */
	requests[0] = test_ldap_search(&test, &outcomes[0]);
	referral_ldap_search_cancel(&requests[0]);
	test_assert(requests[0] == NULL);
	referral_ldap_search_cancel(&requests[0]);
	test.waiting--;

	/* sent */
	test_ldap_warm_up(&test);
	test.server->hold = TRUE;
	for (i = 1; i < 4; i++)
		requests[i] = test_ldap_search(&test, &outcomes[i]);
	test_ldap_wait_for(&test, &test.server->searches, 3);
	referral_ldap_search_cancel(&requests[2]);
	test.waiting--;
	test_ldap_server_answer(test.server);
	test_ldap_wait(&test);
	test_assert(outcomes[0].calls == 0 && outcomes[2].calls == 0);
	test_assert(outcomes[1].calls == 1 && outcomes[3].calls == 1);
	test_assert(outcomes[1].status == REFERRAL_LDAP_ENTRY);
	test_assert_strcmp(outcomes[3].value, "a.example");

	/* failed, but not told yet */
	io_remove(&test.server->io);
	i_close_fd(&test.server->fd);
	while (test.server->conns != NULL) {
		test_ldap_server_deinit(&test.server);
		test.server = test_ldap_server_init();
		io_remove(&test.server->io);
		i_close_fd(&test.server->fd);
	}
	test_ldap_search(&test, &outcomes[0]);
	test_ldap_wait(&test);
	test_assert(outcomes[0].status == REFERRAL_LDAP_UNAVAILABLE);
	requests[1] = test_ldap_search(&test, &outcomes[1]);
	referral_ldap_search_cancel(&requests[1]);
	test.waiting--;
	test_ldap_search(&test, &outcomes[2]);
	test_ldap_wait(&test);
	test_assert(outcomes[1].calls == 0 && outcomes[2].calls == 1);
	test_ldap_deinit_all(&test);
	test_end();
}

void test_ldap_deinit(void)
{
	struct test_ldap_outcome outcomes[3];
	struct test_ldap test;
	unsigned int i;

	test_begin("ldap deinit");
	test_ldap_init(&test);
	test.server->hold = TRUE;
	for (i = 0; i < 2; i++)
		test_ldap_search(&test, &outcomes[i]);
	test_ldap_wait_for(&test, &test.server->searches, 2);
	test_ldap_search(&test, &outcomes[2]);
	referral_ldap_client_deinit(&test.client);
	for (i = 0; i < 3; i++) {
		test_assert_idx(outcomes[i].calls == 1, i);
		test_assert_idx(outcomes[i].status ==
				REFERRAL_LDAP_UNAVAILABLE, i);
	}
	test_ldap_deinit_all(&test);
	test_end();
}

/* slapd cuts a connection with more than 100 operations pending. */
void test_ldap_pending(void)
{
	struct test_ldap_outcome outcomes[200];
	struct test_ldap test;
	unsigned int i, rounds = 0;

	test_begin("ldap pending");
	test_ldap_init(&test);
	/* at first it is not trusted with much */
	test.server->hold = TRUE;
	for (i = 0; i < 10; i++)
		test_ldap_search(&test, &outcomes[i]);
	test_ldap_wait_for(&test, &test.server->pending, 2);
	test_ldap_run_turns(&test, 10);
	test_assert(test.server->pending == 2);
	test.server->hold = FALSE;
	test_ldap_server_answer(test.server);
	test_ldap_wait(&test);

	test_ldap_warm_up(&test);
	test.server->hold = TRUE;
	for (i = 0; i < N_ELEMENTS(outcomes); i++)
		test_ldap_search(&test, &outcomes[i]);
	while (test.waiting > 0) {
		test_ldap_wait_for(&test, &test.server->pending,
				   I_MIN(test.waiting, 64));
		test_ldap_server_answer(test.server);
		test_ldap_wait_for(&test, &outcomes[I_MIN(rounds * 64 + 63,
			N_ELEMENTS(outcomes) - 1)].calls, 1);
		rounds++;
	}
	test_assert(rounds == 4);
	test_assert(test.server->max_pending == 64);
	test_assert(test.server->searches == N_ELEMENTS(outcomes));
	for (i = 0; i < N_ELEMENTS(outcomes); i++)
		test_assert_idx(outcomes[i].status == REFERRAL_LDAP_ENTRY, i);
	test_ldap_deinit_all(&test);
	test_end();
}

/* The oldest gives way. */
static void test_ldap_queue_full_at(unsigned int limit, unsigned int waiting)
{
	struct test_ldap_outcome *outcomes;
	struct test_ldap test;
	unsigned int i, failed = 0, count = 2 + waiting + 10;

	test_begin(t_strdup_printf("ldap queue full at %u", waiting));
	test_ldap_init(&test);
	test_ldap_create_client(&test);
	referral_ldap_client_limit_waiting(test.client, limit);
	test.server->hold = TRUE;
	outcomes = i_new(struct test_ldap_outcome, count);
	for (i = 0; i < 2; i++)
		test_ldap_search(&test, &outcomes[i]);
	test_ldap_wait_for(&test, &test.server->pending, 2);
	for (; i < count; i++)
		test_ldap_search(&test, &outcomes[i]);
	/* they are told at once that there is no room */
	test_ldap_wait_for(&test, &outcomes[2].calls, 1);
	test.server->hold = FALSE;
	test_ldap_server_answer(test.server);
	test_ldap_wait(&test);
	for (i = 0; i < count; i++) {
		if (outcomes[i].status == REFERRAL_LDAP_UNAVAILABLE)
			failed++;
		test_assert_idx((outcomes[i].status ==
				 REFERRAL_LDAP_UNAVAILABLE) ==
				(i >= 2 && i < 12), i);
	}
	test_assert(failed == 10);
	i_free(outcomes);
	test_ldap_deinit_all(&test);
	test_end();
}

void test_ldap_queue_full(void)
{
	test_ldap_queue_full_at(UINT_MAX, 65536);
	test_ldap_queue_full_at(100, 100);
}
