/* lookup.c: what is asked, and what becomes of the answer */

#include "lib.h"
#include "ioloop.h"
#include "str.h"
#include "strescape.h"
#include "cache.h"
#include "fake-ldap-client.h"
#include "test-lookup.h"
#include "test-lookup-caller.h"

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
		success = test_lookup_start(&error);
		test_assert_idx(success == (tests[i].error == NULL), i);
		test_assert_idx(success ||
				strstr(error, tests[i].error) != NULL, i);
		fake_ldap_init_error = NULL;
		test_lookup_stop();
	}

	test_lookup_start_default();
	test_assert_strcmp(fake_ldap_settings.referral_ldap_uris,
			   "ldap://ldap1.example.com");
	test_assert(fake_ldap_max_waiting > 0);
	test_assert(fake_ldap_settings.referral_ldap_starttls);
	test_assert_strcmp(fake_ldap_settings.referral_ldap_tls_ca_file,
			   "ca");
	test_assert_strcmp(fake_ldap_settings.referral_ldap_tls_ca_dir,
			   "ca-dir");
	test_assert_strcmp(fake_ldap_settings.referral_ldap_tls_cert_file,
			   "cert");
	test_assert_strcmp(fake_ldap_settings.referral_ldap_tls_key_file,
			   "key");
	test_assert_strcmp(fake_ldap_settings.referral_ldap_auth_dn,
			   "cn=dovecot");
	test_assert_strcmp(fake_ldap_settings.referral_ldap_auth_dn_password,
			   "secret");
	test_assert_strcmp(fake_ldap_settings.referral_ldap_sasl_mechanism,
			   "EXTERNAL");
	test_assert(fake_ldap_settings.referral_ldap_timeout == 2000);
	test_assert(fake_ldap_settings.referral_ldap_connect_timeout == 1500);
	test_assert_strcmp(fake_ldap_dns_client_socket_path,
			   "dns-client");
	test_lookup_stop();
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
		if (!test_lookup_start(&error))
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
		test_lookup_stop();
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
	if (!test_lookup_start(&error))
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
		test_assert_idx(test_cached_result(user,
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
	test_lookup_stop();
	test_end();
}

/* Values that mean hosts without being some */
void test_lookup_format(void)
{
	struct test_caller caller = { .calls = 0 };
	const char *error;

	test_begin("lookup format");
	test_set = test_default_set;
	test_set.referral_mailhost_format = "url %{value}.example.com host";
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
	test_ask(&caller, "user");
	fake_ldap_answer(REFERRAL_LDAP_ENTRY, test_values(
		"imap://A.example.org/|b|c.example.net:1143|x]"));
	test_assert_strcmp(caller.mailhosts, "A.example.org|b.example.com|"
			   "c.example.net:1143|x]");
	test_assert(test_cached("user"));
	test_caller_free(&caller);
	test_lookup_stop();

	/* what would be a host, but not in this form */
	test_set.referral_mailhost_format = "url";
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
	test_ask(&caller, "user");
	fake_ldap_answer(REFERRAL_LDAP_ENTRY, test_values("a|x]"));
	test_assert_strcmp(caller.mailhosts,
			   "a (fits no referral_mailhost_format)|x]");
	test_caller_free(&caller);
	test_lookup_stop();

	test_set.referral_mailhost_format = "/x";
	test_assert(!test_lookup_start(&error));
	test_assert(strstr(error, "referral_mailhost_format: ") != NULL);
	test_lookup_stop();
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
		if (!test_lookup_start(&error))
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
		test_lookup_stop();
	}
	test_end();
}
