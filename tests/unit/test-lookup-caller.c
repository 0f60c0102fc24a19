/* A lookup over the fake LDAP client, and those who ask it. */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "fake-ldap-client.h"
#include "test-common.h"
#include "test-lookup-caller.h"

const struct referral_directory_settings test_default_set = {
	.referral_ldap_uris = "ldap://ldap1.example.com",
	.referral_ldap_tls_ca_file = "ca",
	.referral_ldap_tls_ca_dir = "ca-dir",
	.referral_ldap_tls_cert_file = "cert",
	.referral_ldap_tls_key_file = "key",
	.referral_ldap_starttls = TRUE,
	.referral_ldap_auth_dn = "cn=dovecot",
	.referral_ldap_auth_dn_password = "secret",
	.referral_ldap_sasl_mechanism = "EXTERNAL",
	.referral_ldap_base = "dc=example",
	.referral_ldap_scope = "subtree",
	.referral_ldap_filter = "(uid=%{user})",
	.referral_ldap_attributes = "mailHost",
	.referral_mailhost_format = "host",
	.referral_ldap_timeout = 2000,
	.referral_ldap_connect_timeout = 1500,
	.referral_cache_ttl = 60,
	.referral_cache_negative_ttl = 10,
	.referral_cache_stale_ttl = 3600,
	.referral_bounce_time = 10,
	.referral_cache_size = 1024 * 1024,
	.referral_action_attribute = "",
};

struct referral_directory_settings test_set;
struct ioloop *test_ioloop;
struct referral_lookup *test_lookup;

static struct event *parent_event;

bool test_lookup_start(const char **error_r)
{
	test_ioloop = io_loop_create();
	io_loop_set_current(test_ioloop);
	ioloop_time = NOW;
	parent_event = event_create(NULL);
	return referral_lookup_init(parent_event, &test_set, "dns-client",
				    1, &test_lookup, error_r) == 0;
}

void test_lookup_stop(void)
{
	/* nothing to do after a failed init */
	referral_lookup_deinit(&test_lookup);
	test_assert(test_lookup == NULL);
	test_assert(!fake_ldap_is_init);
	test_assert(fake_ldap_searches == NULL);
	event_unref(&parent_event);
	io_loop_destroy(&test_ioloop);
}

void test_lookup_start_default(void)
{
	const char *error;

	test_set = test_default_set;
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
}

void test_caller_set(struct test_caller *caller,
		     const struct referral_lookup_result *result)
{
	i_free(caller->mailhosts);
	i_free(caller->action);
	i_free(caller->error);
	i_free(caller->late);
	caller->calls++;
	caller->status = result->status;
	caller->source = result->source;
	caller->compared = result->compared;
	caller->action = i_strdup(result->action);
	caller->error = i_strdup(result->error);
	caller->late = i_strdup(result->late);
	if (result->mailhosts != NULL) {
		caller->mailhosts =
			i_strdup(t_strarray_join(result->mailhosts, "|"));
	}
}

static void
test_callback(const struct referral_lookup_result *result, void *context)
{
	struct test_caller *caller = context;

	caller->request = NULL;
	test_caller_set(caller, result);
	if (caller->hook != NULL)
		caller->hook(caller);
}

static void
test_start(struct test_caller *caller, const struct referral_user *user,
	   bool impatient)
{
	unsigned int calls = caller->calls;

	caller->request = referral_lookup_start(test_lookup, user, impatient,
						test_callback, caller);
	/* never from inside */
	test_assert(caller->calls == calls);
}

void test_ask(struct test_caller *caller, const char *user)
{
	test_start(caller, TEST_USER(user), FALSE);
}

void test_ask_user(struct test_caller *caller, const struct referral_user *user)
{
	test_start(caller, user, FALSE);
}

void test_ask_impatiently(struct test_caller *caller, const char *user)
{
	test_start(caller, TEST_USER(user), TRUE);
}

bool test_cached_result(const char *user, struct referral_lookup_result *result_r)
{
	bool again;

	return referral_lookup_cached(test_lookup, TEST_USER(user), &again,
				      result_r);
}

bool test_cached(const char *user)
{
	struct referral_lookup_result result;

	return test_cached_result(user, &result);
}

void test_caller_free(struct test_caller *caller)
{
	i_free(caller->mailhosts);
	i_free(caller->action);
	i_free(caller->error);
	i_free(caller->late);
	i_zero(caller);
}

void test_answer_host(const char *host)
{
	const char *const values[] = { host, NULL };
	const char *const *const attributes[] = { values, NULL };

	fake_ldap_answer(REFERRAL_LDAP_ENTRY, attributes);
}
