/* Unit tests of plugin/ldap: an argument runs only the tests it matches. */

#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "lib-event.h"
#include "test-ldap.h"

#include <signal.h>

static const char *const test_ldap_attributes[] = {
	"mailHost", "description", NULL
};

const struct referral_ldap_search_params test_ldap_params = {
	.base = "dc=example,dc=com",
	.scope = 2,
	.filter = "(uid=alice)",
	.attributes = test_ldap_attributes,
};

struct test_ldap_search {
	struct test_ldap *test;
	struct test_ldap_outcome *outcome;
};

static struct test_ldap *test_ldap_current;

static void ATTR_FORMAT(2, 0)
test_ldap_log(const struct failure_context *ctx, const char *format,
	      va_list args)
{
	struct test_ldap *test = test_ldap_current;
	char **line = &test->info;

	if (ctx->type >= LOG_TYPE_WARNING) {
		test->errors++;
		line = &test->error;
	}
	i_free(*line);
	*line = i_strdup_vprintf(format, args);
}

void test_ldap_init(struct test_ldap *test)
{
	/* entry "uid=alice": mailhost a.example; then success. The attribute
	   is written in another case than we ask for. */
	static const char answer[] =
		"\x30\x2e" TEST_LDAP_MSGID "\x64\x26\x04\x09uid=alice"
		"\x30\x19\x30\x17\x04\x08mailhost"
		"\x31\x0b\x04\x09""a.example" TEST_LDAP_SUCCESS;

	i_zero(test);
	test_ldap_current = test;
	i_set_error_handler(test_ldap_log);
	i_set_info_handler(test_ldap_log);
	test->ioloop = io_loop_create();
	test->event = event_create(NULL);
	test->server = test_ldap_server_init();
	buffer_append(test->server->answer, answer, sizeof(answer) - 1);

	test->set.referral_ldap_uris = t_strdup_printf("ldap://127.0.0.1:%u",
					 test->server->port);
	test->set.referral_ldap_tls_ca_file = "";
	test->set.referral_ldap_tls_ca_dir = "";
	test->set.referral_ldap_tls_cert_file = "";
	test->set.referral_ldap_tls_key_file = "";
	test->set.referral_ldap_tls_crl_file = "";
	test->set.referral_ldap_tls_min_protocol = "TLSv1.2";
	test->set.referral_ldap_tls_cipher_list = "";
	test->set.referral_ldap_tls_cipher_suites = "";
	test->set.referral_ldap_auth_dn = "";
	test->set.referral_ldap_auth_dn_password = "";
	test->set.referral_ldap_sasl_mechanism = "";
	test->set.referral_ldap_timeout = 20000;
	test->set.referral_ldap_connect_timeout = 15000;
	test->set.referral_ldap_queue_timeout = 30000;
	test->set.referral_ldap_deref = "never";
}

void test_ldap_deinit_all(struct test_ldap *test)
{
	if (test->client != NULL)
		referral_ldap_client_deinit(&test->client);
	test_ldap_server_deinit(&test->server);
	event_unref(&test->event);
	io_loop_destroy(&test->ioloop);
	i_free(test->error);
	i_free(test->info);
}

static void
test_ldap_callback(const struct referral_ldap_result *result, void *context)
{
	struct test_ldap_search *search = context;
	struct test_ldap_outcome *outcome = search->outcome;

	test_assert(!search->test->inside);
	i_assert(search->test->waiting > 0);
	search->test->waiting--;

	outcome->calls++;
	outcome->status = result->status;
	outcome->error = t_strdup(result->error);
	if (result->status == REFERRAL_LDAP_ENTRY) {
		outcome->values_count = str_array_length(result->values[0]);
		outcome->value = t_strdup(result->values[0][0]);
	}
	io_loop_stop(current_ioloop);
}

void test_ldap_create_client(struct test_ldap *test)
{
	const char *error;

	if (test->client == NULL &&
	    referral_ldap_client_init(test->event, &test->set,
				      "/nonexistent/dns-client",
				      &test->client, &error) < 0)
		i_fatal("referral_ldap_client_init(): %s", error);
}

struct referral_ldap_request *
test_ldap_search(struct test_ldap *test, struct test_ldap_outcome *outcome)
{
	struct test_ldap_search *search = t_new(struct test_ldap_search, 1);
	struct referral_ldap_request *request;

	test_ldap_create_client(test);
	search->test = test;
	search->outcome = outcome;
	i_zero(outcome);
	test->waiting++;
	test->inside = TRUE;
	request = referral_ldap_search(test->client, &test_ldap_params,
				       test_ldap_callback, search);
	test->inside = FALSE;
	return request;
}

static void test_ldap_too_long(struct test_ldap *test ATTR_UNUSED)
{
	i_fatal("this test hangs");
}

void test_ldap_wait(struct test_ldap *test)
{
	struct timeout *to = timeout_add(60*1000, test_ldap_too_long, test);

	while (test->waiting > 0)
		io_loop_run(test->ioloop);
	timeout_remove(&to);
}

void test_ldap_tick(struct test_ldap *test)
{
	io_loop_stop(test->ioloop);
}

void test_ldap_warm_up(struct test_ldap *test)
{
	struct test_ldap_outcome outcomes[256];
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(outcomes); i++)
		test_ldap_search(test, &outcomes[i]);
	test_ldap_wait(test);
	test->server->searches = test->server->max_pending = 0;
}

void test_ldap_run_turns(struct test_ldap *test, unsigned int turns)
{
	struct timeout *to = timeout_add_short(1, test_ldap_tick, test);

	while (turns-- > 0)
		io_loop_run(test->ioloop);
	timeout_remove(&to);
}

void test_ldap_wait_for(struct test_ldap *test, const unsigned int *value,
			unsigned int minimum)
{
	struct timeout *to = timeout_add(60*1000, test_ldap_too_long, test);
	struct timeout *to_tick = timeout_add_short(1, test_ldap_tick, test);

	while (*value < minimum)
		io_loop_run(test->ioloop);
	timeout_remove(&to_tick);
	timeout_remove(&to);
}

int main(int argc, char *argv[])
{
	static const struct named_test tests[] = {
		TEST_LDAP_TESTS(TEST_NAMED)
		{ NULL, NULL }
	};

	/* as Dovecot's processes do */
	signal(SIGPIPE, SIG_IGN);
	return test_run_named(tests, argc > 1 ? argv[1] : "");
}
