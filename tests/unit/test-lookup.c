/* lookup.c: cache, merging, cancelling, over a fake LDAP client */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "str.h"
#include "strescape.h"
#include "referral-settings.h"
#include "cache.h"
#include "lookup.h"
#include "fake-ldap-client.h"
#include "test-lookup.h"

#define NOW 1000000000

static const struct referral_settings test_default_set = {
	.referral_ldap_uris = "ldap://ldap1.example.com ldaps://ldap2",
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
	.referral_ldap_timeout = 2000,
	.referral_ldap_connect_timeout = 1500,
	.referral_cache_ttl = 60,
	.referral_cache_negative_ttl = 10,
	.referral_cache_stale_ttl = 3600,
	.referral_cache_size = 1024 * 1024,
	.referral_action_attribute = "",
};

static struct referral_settings test_set;
static struct ioloop *test_ioloop;
static struct event *parent_event;
static struct referral_lookup *test_lookup;

/* One who asks: what came of it. */
struct test_caller {
	unsigned int calls;
	enum referral_lookup_status status;
	enum referral_lookup_source source;
	char *mailhosts, *action, *error;
	/* what to do in the callback, if anything */
	void (*hook)(struct test_caller *caller);
	struct referral_lookup_request *request;
};

static bool lookup_start(const char **error_r)
{
	test_ioloop = io_loop_create();
	io_loop_set_current(test_ioloop);
	ioloop_time = NOW;
	parent_event = event_create(NULL);
	return referral_lookup_init(parent_event, &test_set, "dns-client",
				    &test_lookup, error_r) == 0;
}

static void lookup_stop(void)
{
	/* nothing to do after a failed init */
	referral_lookup_deinit(&test_lookup);
	test_assert(test_lookup == NULL);
	test_assert(!fake_ldap_is_init);
	test_assert(fake_ldap_searches == NULL);
	event_unref(&parent_event);
	io_loop_destroy(&test_ioloop);
}

static void lookup_start_default(void)
{
	const char *error;

	test_set = test_default_set;
	if (!lookup_start(&error))
		i_fatal("%s", error);
}

static void
test_caller_set(struct test_caller *caller,
		const struct referral_lookup_result *result)
{
	i_free(caller->mailhosts);
	i_free(caller->action);
	i_free(caller->error);
	caller->calls++;
	caller->status = result->status;
	caller->source = result->source;
	caller->action = i_strdup(result->action);
	caller->error = i_strdup(result->error);
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

static void test_ask(struct test_caller *caller, const char *user)
{
	unsigned int calls = caller->calls;

	caller->request = referral_lookup_start(test_lookup, user,
						test_callback, caller);
	/* never from inside */
	test_assert(caller->calls == calls);
}

static bool test_cached(const char *user)
{
	struct referral_lookup_result result;

	return referral_lookup_cached(test_lookup, user, &result);
}

static void test_caller_free(struct test_caller *caller)
{
	i_free(caller->mailhosts);
	i_free(caller->action);
	i_free(caller->error);
	i_zero(caller);
}

/* Answer with one attribute's only value. */
static void test_answer_host(const char *host)
{
	const char *const values[] = { host, NULL };
	const char *const *const attributes[] = { values, NULL };

	fake_ldap_answer(REFERRAL_LDAP_ENTRY, attributes);
}

void test_lookup_init(void)
{
	static const struct {
		const char *filter, *base, *scope, *attributes, *init_error;
		/* NULL = success, else the error holds this */
		const char *error;
	} tests[] = {
		{ "(uid=%n)", "", "base", "a b", NULL, NULL },
		{ "(uid=%{foo})", "", "base", "a", NULL,
		  "referral_ldap_filter" },
		{ "(uid=u)", "ou=%{user", "base", "a", NULL,
		  "referral_ldap_base" },
		{ "(uid=u)", "", "children", "a", NULL,
		  "referral_ldap_scope" },
		{ "(uid=u)", "", "base", " ", NULL,
		  "referral_ldap_attributes" },
		{ "(uid=u)", "", "base", "a", "referral_ldap_uris: bad",
		  "referral_ldap_uris: bad" },
	};
	const char *error;
	unsigned int i;
	bool success;

	test_begin("lookup init");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_set = test_default_set;
		test_set.referral_ldap_filter = tests[i].filter;
		test_set.referral_ldap_base = tests[i].base;
		test_set.referral_ldap_scope = tests[i].scope;
		test_set.referral_ldap_attributes = tests[i].attributes;
		fake_ldap_init_error = tests[i].init_error;
		error = NULL;
		success = lookup_start(&error);
		test_assert_idx(success == (tests[i].error == NULL), i);
		test_assert_idx(success ||
				strstr(error, tests[i].error) != NULL, i);
		fake_ldap_init_error = NULL;
		lookup_stop();
	}

	lookup_start_default();
	test_assert_strcmp(fake_ldap_settings.uris,
			   "ldap://ldap1.example.com ldaps://ldap2");
	test_assert(fake_ldap_settings.starttls);
	test_assert_strcmp(fake_ldap_settings.tls_ca_file, "ca");
	test_assert_strcmp(fake_ldap_settings.tls_ca_dir, "ca-dir");
	test_assert_strcmp(fake_ldap_settings.tls_cert_file, "cert");
	test_assert_strcmp(fake_ldap_settings.tls_key_file, "key");
	test_assert_strcmp(fake_ldap_settings.auth_dn, "cn=dovecot");
	test_assert_strcmp(fake_ldap_settings.auth_dn_password, "secret");
	test_assert_strcmp(fake_ldap_settings.sasl_mechanism, "EXTERNAL");
	test_assert(fake_ldap_settings.timeout_msecs == 2000);
	test_assert(fake_ldap_settings.connect_timeout_msecs == 1500);
	test_assert_strcmp(fake_ldap_settings.dns_client_socket_path,
			   "dns-client");
	lookup_stop();
	test_end();
}

/* What is searched for */
void test_lookup_params(void)
{
	static const struct {
		const char *filter, *base, *scope, *attributes, *action;
		const char *user;
		const char *exp_filter, *exp_base, *exp_attributes;
		int exp_scope;
	} tests[] = {
		{ "(uid=%{user})", "dc=x", "subtree", "mailHost", "",
		  "u@example.com",
		  "(uid=u@example.com)", "dc=x", "mailHost", 2 },
		{ "(uid=%{username})", "dc=%{domain}", "onelevel", "a, b\tc",
		  "act", "u*@x,y", "(uid=u\\2a)", "dc=x\\2cy", "a b c act", 1 },
		{ "(mail=*)", "uid=%n", "base", "a", "a",
		  "u", "(mail=*)", "uid=u", "a a", 0 },
		{ "(uid=%u)", "", "subtree", "a", "",
		  "", "(uid=)", "", "a", 2 },
	};
	struct test_caller caller;
	const char *error;
	unsigned int i;

	test_begin("lookup params");
	i_zero(&caller);
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_set = test_default_set;
		test_set.referral_ldap_filter = tests[i].filter;
		test_set.referral_ldap_base = tests[i].base;
		test_set.referral_ldap_scope = tests[i].scope;
		test_set.referral_ldap_attributes = tests[i].attributes;
		test_set.referral_action_attribute = tests[i].action;
		if (!lookup_start(&error))
			i_fatal("%s", error);
		test_ask(&caller, tests[i].user);
		test_assert_strcmp_idx(fake_ldap_searches->filter,
				       tests[i].exp_filter, i);
		test_assert_strcmp_idx(fake_ldap_searches->base,
				       tests[i].exp_base, i);
		test_assert_strcmp_idx(fake_ldap_searches->attributes,
				       tests[i].exp_attributes, i);
		test_assert_idx(fake_ldap_searches->scope ==
				tests[i].exp_scope, i);
		referral_lookup_cancel(&caller.request);
		test_assert(caller.request == NULL);
		lookup_stop();
		test_assert_idx(caller.calls == 0, i);
	}
	test_caller_free(&caller);
	test_end();
}

/* "a|b;;\"\"" -> { { "a", "b" }, { }, { "" } } */
static const char *const *const *test_values(const char *str)
{
	const char *const *attributes = t_strsplit(str, ";");
	unsigned int i, count = str_array_length(attributes);
	const char *const **values = t_new(const char *const *, count + 1);
	static const char *const none[] = { NULL };
	static const char *const empty[] = { "", NULL };

	for (i = 0; i < count; i++) {
		if (attributes[i][0] == '\0')
			values[i] = none;
		else if (strcmp(attributes[i], "\"\"") == 0)
			values[i] = empty;
		else
			values[i] = t_strsplit(attributes[i], "|");
	}
	return values;
}

void test_lookup_results(void)
{
	static const struct {
		enum referral_ldap_status ldap;
		/* mailHost;mailServer;action: see test_values() */
		const char *values;

		enum referral_lookup_status status;
		const char *mailhosts, *action;
		bool error;
	} tests[] = {
		{ REFERRAL_LDAP_ENTRY, "a;;",
		  REFERRAL_LOOKUP_HOSTS, "a", NULL, FALSE },
		{ REFERRAL_LDAP_ENTRY, "a|b|c;d;e|f",
		  REFERRAL_LOOKUP_HOSTS, "a|b|c", "e", FALSE },
		{ REFERRAL_LDAP_ENTRY, ";d;proxy",
		  REFERRAL_LOOKUP_HOSTS, "d", "proxy", FALSE },
		{ REFERRAL_LDAP_ENTRY, ";;",
		  REFERRAL_LOOKUP_NO_VALUE, NULL, NULL, FALSE },
		{ REFERRAL_LDAP_ENTRY, ";;local",
		  REFERRAL_LOOKUP_NO_VALUE, NULL, "local", FALSE },
		/* empty is a value */
		{ REFERRAL_LDAP_ENTRY, "\"\";;",
		  REFERRAL_LOOKUP_HOSTS, "", NULL, FALSE },
		{ REFERRAL_LDAP_ENTRY, "\"\";d;\"\"",
		  REFERRAL_LOOKUP_HOSTS, "", "", FALSE },
		{ REFERRAL_LDAP_ENTRY, ";\"\";",
		  REFERRAL_LOOKUP_HOSTS, "", NULL, FALSE },
		{ REFERRAL_LDAP_ENTRY, "|a;;",
		  REFERRAL_LOOKUP_HOSTS, "|a", NULL, FALSE },
		{ REFERRAL_LDAP_NO_ENTRY, NULL,
		  REFERRAL_LOOKUP_NO_ENTRY, NULL, NULL, FALSE },
		{ REFERRAL_LDAP_SEVERAL_ENTRIES, NULL,
		  REFERRAL_LOOKUP_SEVERAL_ENTRIES, NULL, NULL, TRUE },
		{ REFERRAL_LDAP_UNAVAILABLE, NULL,
		  REFERRAL_LOOKUP_UNAVAILABLE, NULL, NULL, TRUE },
	};
	const char *error;
	unsigned int i;

	test_begin("lookup results");
	test_set = test_default_set;
	test_set.referral_ldap_attributes = "mailHost mailServer";
	test_set.referral_action_attribute = "action";
	if (!lookup_start(&error))
		i_fatal("%s", error);
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct test_caller caller = { .calls = 0 };
		const char *user = t_strdup_printf("user%u", i);
		struct referral_lookup_result result;

		test_ask(&caller, user);
		fake_ldap_answer(tests[i].ldap, tests[i].values == NULL ? NULL :
				 test_values(tests[i].values));
		test_assert_idx(caller.calls == 1, i);
		test_assert_idx(caller.status == tests[i].status, i);
		test_assert_idx(caller.source == REFERRAL_SOURCE_LDAP, i);
		test_assert_idx(null_strcmp(caller.mailhosts,
					    tests[i].mailhosts) == 0, i);
		test_assert_idx(null_strcmp(caller.action,
					    tests[i].action) == 0, i);
		test_assert_idx((caller.error != NULL) == tests[i].error, i);

		/* a cached answer is the same, an error is not cached */
		test_assert_idx(referral_lookup_cached(test_lookup, user,
				&result) == !tests[i].error, i);
		if (!tests[i].error) {
			test_caller_set(&caller, &result);
			test_assert_idx(caller.status == tests[i].status, i);
			test_assert_idx(caller.source ==
					REFERRAL_SOURCE_CACHE, i);
			test_assert_idx(null_strcmp(caller.mailhosts,
					tests[i].mailhosts) == 0, i);
			test_assert_idx(null_strcmp(caller.action,
					tests[i].action) == 0, i);
		}
		test_caller_free(&caller);
	}
	lookup_stop();
	test_end();
}

/* Who shares an answer with "user@example.com" */
void test_lookup_keys(void)
{
	static const struct {
		const char *filter, *base, *user;
		bool shared;
	} tests[] = {
		{ "(uid=%{user})", "", "user@example.com", TRUE },
		{ "(uid=%{user})", "", "user@example.net", FALSE },
		{ "(uid=%{user})", "", "user2@example.com", FALSE },
		{ "(uid=%{user})", "", "USER@example.com", FALSE },
		{ "(uid=%{username})", "", "user@example.net", TRUE },
		{ "(uid=%{username})", "", "user", TRUE },
		{ "(uid=%{username})", "", "user2@example.com", FALSE },
		{ "(uid=%n)", "dc=%d", "user@example.net", FALSE },
		{ "(uid=%n)", "dc=%d", "user2@example.com", FALSE },
		{ "(uid=x)", "dc=%d", "user2@example.com", TRUE },
		{ "(uid=x)", "dc=%d", "user@example.net", FALSE },
		{ "(uid=x)", "uid=%n", "user@example.net", TRUE },
		{ "(uid=x)", "", "anybody", TRUE },
	};
	const char *error;
	unsigned int i;

	test_begin("lookup keys");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct test_caller caller1 = { .calls = 0 };
		struct test_caller caller2 = { .calls = 0 };

		test_set = test_default_set;
		test_set.referral_ldap_filter = tests[i].filter;
		test_set.referral_ldap_base = tests[i].base;
		if (!lookup_start(&error))
			i_fatal("%s", error);

		/* in flight */
		test_ask(&caller1, "user@example.com");
		test_ask(&caller2, tests[i].user);
		test_assert_idx(fake_ldap_search_count ==
				(tests[i].shared ? 1 : 2), i);
		test_answer_host("a");
		test_assert_idx(caller1.calls == 1, i);
		test_assert_idx(caller2.calls == (tests[i].shared ? 1 : 0), i);
		/* and in the cache */
		test_assert_idx(test_cached(tests[i].user) == tests[i].shared,
				i);
		if (!tests[i].shared)
			test_answer_host("b");
		test_assert_idx(caller2.calls == 1, i);
		test_assert_strcmp_idx(caller1.mailhosts, "a", i);
		test_assert_strcmp_idx(caller2.mailhosts,
				       tests[i].shared ? "a" : "b", i);
		test_caller_free(&caller1);
		test_caller_free(&caller2);
		lookup_stop();
	}
	test_end();
}

void test_lookup_merge(void)
{
	struct test_caller callers[100];
	unsigned int i;

	test_begin("lookup merge");
	lookup_start_default();
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_ask(&callers[i], i % 2 == 0 ? "even" : "odd");
	test_assert(fake_ldap_search_count == 2);
	test_answer_host("h");
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == (i % 2 == 0 ? 1 : 0), i);
		if (i % 2 == 0)
			test_assert_strcmp_idx(callers[i].mailhosts, "h", i);
	}
	/* not merged with what is over, but with what is not */
	test_ask(&callers[0], "even");
	test_ask(&callers[2], "odd");
	test_assert(fake_ldap_search_count == 3);
	fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
	test_answer_host("h");
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == (i == 0 || i == 2 ? 2 : 1),
				i);
		test_assert_idx(callers[i].status == (i % 2 == 0 && i != 2 ?
				REFERRAL_LOOKUP_HOSTS :
				REFERRAL_LOOKUP_NO_ENTRY), i);
		test_caller_free(&callers[i]);
	}
	lookup_stop();
	test_end();
}

void test_lookup_cancel(void)
{
	/* a bit for each of three who ask the same */
	unsigned int cancelled, i;

	test_begin("lookup cancel");
	for (cancelled = 0; cancelled < 8; cancelled++) {
		struct test_caller callers[3];

		lookup_start_default();
		i_zero(&callers);
		for (i = 0; i < N_ELEMENTS(callers); i++)
			test_ask(&callers[i], "user");
		for (i = 0; i < N_ELEMENTS(callers); i++) {
			if ((cancelled & (1 << i)) != 0)
				referral_lookup_cancel(&callers[i].request);
		}
		/* no one need wait for the answer to be kept */
		test_assert_idx(fake_ldap_search_count == 1, cancelled);
		test_answer_host("h");
		for (i = 0; i < N_ELEMENTS(callers); i++) {
			test_assert_idx(callers[i].calls ==
				((cancelled & (1 << i)) != 0 ? 0 : 1),
				cancelled);
			test_caller_free(&callers[i]);
		}
		test_assert_idx(test_cached("user"), cancelled);
		lookup_stop();
	}

	/* cancelled by everyone, then asked again: still one search */
	struct test_caller caller = { .calls = 0 };

	lookup_start_default();
	test_ask(&caller, "user");
	referral_lookup_cancel(&caller.request);
	referral_lookup_cancel(&caller.request);
	test_ask(&caller, "user");
	test_assert(fake_ldap_search_count == 1);
	test_answer_host("h");
	test_assert(caller.calls == 1);
	/* cancelled, then the end */
	test_ask(&caller, "user");
	referral_lookup_cancel(&caller.request);
	lookup_stop();
	test_assert(caller.calls == 1);
	test_caller_free(&caller);
	test_end();
}

static struct test_caller *test_other;

static void test_hook_cancel_other(struct test_caller *caller ATTR_UNUSED)
{
	referral_lookup_cancel(&test_other->request);
}

static void test_hook_ask_again(struct test_caller *caller)
{
	caller->hook = NULL;
	test_ask(caller, "user");
}

/* Callbacks that call us */
void test_lookup_reentrant(void)
{
	struct test_caller callers[3];
	unsigned int i;

	test_begin("lookup reentrant");
	lookup_start_default();
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_ask(&callers[i], "user");
	callers[0].hook = test_hook_cancel_other;
	test_other = &callers[1];
	callers[2].hook = test_hook_ask_again;
	test_answer_host("h1");
	test_assert(callers[0].calls == 1);
	test_assert(callers[1].calls == 0);
	test_assert(callers[2].calls == 1);
	test_assert_strcmp(callers[2].mailhosts, "h1");
	test_assert(fake_ldap_search_count == 2);
	test_answer_host("h2");
	test_assert(callers[0].calls == 1);
	test_assert(callers[1].calls == 0);
	test_assert(callers[2].calls == 2);
	test_assert_strcmp(callers[2].mailhosts, "h2");

	/* the last one waiting is cancelled by the one before */
	callers[0].hook = test_hook_cancel_other;
	test_ask(&callers[0], "user");
	test_ask(&callers[1], "user");
	test_answer_host("h3");
	test_assert(callers[0].calls == 2);
	test_assert(callers[1].calls == 0);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_caller_free(&callers[i]);
	lookup_stop();
	test_end();
}

void test_lookup_cache(void)
{
	struct test_caller caller = { .calls = 0 };
	const struct referral_cache_stats *stats;
	const char *error;

	test_begin("lookup cache");
	lookup_start_default();
	test_assert(!test_cached("user"));
	test_ask(&caller, "user");
	test_assert(!test_cached("user"));
	/* fresh from the answer on, not from the question */
	ioloop_time += 2;
	test_answer_host("h");
	ioloop_time += 59;
	test_assert(test_cached("user"));
	ioloop_time += 1;
	test_assert(!test_cached("user"));

	test_ask(&caller, "user");
	fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
	ioloop_time += 9;
	test_assert(test_cached("user"));
	ioloop_time += 1;
	test_assert(!test_cached("user"));
	/* asked although fresh: the newest answer counts */
	test_ask(&caller, "user");
	test_answer_host("h");
	test_ask(&caller, "user");
	fake_ldap_answer(REFERRAL_LDAP_SEVERAL_ENTRIES, NULL);
	test_assert(!test_cached("user"));

	stats = referral_lookup_get_cache_stats(test_lookup);
	test_assert(stats->hits == 2);
	test_assert(stats->misses == 5);
	test_assert(stats->entries == 0);
	lookup_stop();

	/* without a cache */
	test_set = test_default_set;
	test_set.referral_cache_ttl = 0;
	test_set.referral_cache_negative_ttl = 0;
	if (!lookup_start(&error))
		i_fatal("%s", error);
	test_ask(&caller, "user");
	test_answer_host("h");
	test_assert(!test_cached("user"));
	test_ask(&caller, "user");
	fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
	test_assert(caller.status == REFERRAL_LOOKUP_UNAVAILABLE);
	test_caller_free(&caller);
	lookup_stop();
	test_end();
}

void test_lookup_stale(void)
{
	static const struct {
		/* the older answer; "" = no entry */
		const char *host;
		int age;
		bool stale;
	} tests[] = {
		{ "h", 0, TRUE },
		{ "h", 60, TRUE },
		{ "h", 60 + 3599, TRUE },
		{ "h", 60 + 3600, FALSE },
		{ "", 10, FALSE },
		{ NULL, 0, FALSE },
	};
	unsigned int i;

	test_begin("lookup stale");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct test_caller callers[2];

		lookup_start_default();
		i_zero(&callers);
		if (tests[i].host != NULL) {
			test_ask(&callers[0], "user");
			if (tests[i].host[0] != '\0')
				test_answer_host(tests[i].host);
			else
				fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
		}
		ioloop_time += tests[i].age;
		test_ask(&callers[0], "user");
		test_ask(&callers[1], "user");
		fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
		for (unsigned int j = 0; j < N_ELEMENTS(callers); j++) {
			if (!tests[i].stale) {
				test_assert_idx(callers[j].status ==
					REFERRAL_LOOKUP_UNAVAILABLE, i);
				test_assert_idx(callers[j].error != NULL, i);
				test_assert_idx(callers[j].source ==
						REFERRAL_SOURCE_LDAP, i);
			} else {
				test_assert_idx(callers[j].status ==
						REFERRAL_LOOKUP_HOSTS, i);
				test_assert_idx(callers[j].source ==
						REFERRAL_SOURCE_STALE, i);
				test_assert_strcmp_idx(callers[j].mailhosts,
						       tests[i].host, i);
			}
		}
		/* the stale answer has not become a fresh one */
		test_assert_idx(test_cached("user") == (tests[i].age == 0 &&
				tests[i].host != NULL), i);

		/* LDAP is back: nothing stale any more */
		test_ask(&callers[0], "user");
		test_answer_host("new");
		test_assert_strcmp_idx(callers[0].mailhosts, "new", i);
		test_assert_idx(callers[0].source == REFERRAL_SOURCE_LDAP, i);
		test_caller_free(&callers[0]);
		test_caller_free(&callers[1]);
		lookup_stop();
	}
	test_end();
}

static void test_hook_stop(struct test_caller *caller ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

void test_lookup_no_uris(void)
{
	struct test_caller callers[3];
	const char *error;
	unsigned int i;

	test_begin("lookup no uris");
	test_set = test_default_set;
	test_set.referral_ldap_uris = " ";
	if (!lookup_start(&error))
		i_fatal("%s", error);
	test_assert(!fake_ldap_is_init);
	test_assert(!test_cached("user"));
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_ask(&callers[i], "user");
	referral_lookup_cancel(&callers[0].request);
	callers[2].hook = test_hook_stop;
	io_loop_run(test_ioloop);
	test_assert(callers[0].calls == 0);
	for (i = 1; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == 1, i);
		test_assert_idx(callers[i].status ==
				REFERRAL_LOOKUP_UNAVAILABLE, i);
		test_assert_idx(strstr(callers[i].error,
				       "referral_ldap_uris") != NULL, i);
	}
	/* pending at the end */
	callers[2].hook = NULL;
	test_ask(&callers[2], "user");
	lookup_stop();
	test_assert(callers[2].calls == 2);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_caller_free(&callers[i]);
	test_end();
}

void test_lookup_deinit(void)
{
	struct test_caller callers[10];
	unsigned int i;

	test_begin("lookup deinit");
	lookup_start_default();
	i_zero(&callers);
	/* an older answer does not hide the end */
	test_ask(&callers[0], "user0");
	test_answer_host("h");
	callers[0].calls = 0;
	for (i = 0; i < N_ELEMENTS(callers); i++)
		test_ask(&callers[i], t_strdup_printf("user%u", i / 2));
	callers[0].hook = test_hook_cancel_other;
	test_other = &callers[1];
	lookup_stop();
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == (i == 1 ? 0 : 1), i);
		test_assert_idx(i == 1 || callers[i].status ==
				REFERRAL_LOOKUP_UNAVAILABLE, i);
		test_assert_idx(i == 1 || callers[i].error != NULL, i);
		test_caller_free(&callers[i]);
	}
	/* searches were taken back, not answered */
	test_assert(fake_ldap_cancel_count == N_ELEMENTS(callers) / 2);
	test_end();
}
