#include "lib.h"
#include "test-core.h"
#include "test-policy.h"

#define STR(value, default_value) ((value) != NULL ? (value) : (default_value))

static struct referral_settings
settings_from(const struct test_policy_settings *tset)
{
	const struct referral_settings set = {
		.referral_action = STR(tset->action, "refer"),
		.referral_other_action = STR(tset->other_action, "proxy"),
		.referral_missing_action = STR(tset->missing_action, "local"),
		.referral_missing_host = STR(tset->missing_host, ""),
		.referral_failure_action =
			STR(tset->failure_action, "tempfail"),
		.referral_networks = STR(tset->networks, ""),
		.referral_allowed_hosts = STR(tset->allowed_hosts, ""),
		.referral_host_map = STR(tset->host_map, ""),
		.referral_resolve_hosts = !tset->no_resolve,
	};
	return set;
}

int test_policy_create_from(const struct test_policy_settings *tset,
			    struct referral_policy **policy_r,
			    const char **error_r)
{
	const struct referral_settings set = settings_from(tset);
	const struct ip_addr own_ip = test_ip("192.0.2.1");
	const struct referral_identity_settings identity_set = {
		.local_hosts = "",
		.hostname = "us",
		.fqdn = "us.example",
		.own_ips = &own_ip,
		.own_ips_count = 1,
	};
	struct referral_identity *identity;
	pool_t pool = pool_datastack_create();

	if (referral_identity_create(pool, &identity_set, &identity,
				     error_r) < 0)
		return -1;
	if (referral_policy_create(pool, STR(tset->protocol, "imap"), &set,
				   identity, policy_r, error_r) < 0)
		return -1;
	return referral_policy_check_map(*policy_r, error_r);
}

struct referral_policy *
test_policy_get(const struct test_policy_settings *tset)
{
	struct referral_policy *policy;
	const char *error;

	if (test_policy_create_from(tset, &policy, &error) < 0)
		i_fatal("referral_policy_create(): %s", error);
	return policy;
}

void test_action_names(void)
{
	static const char *const names[] = {
		"refer", "offer", "suggest", "proxy", "local", "reject",
		"tempfail",
	};
	static const char *const invalid[] = {
		"", " refer", "refer ", "ref", "referx", "yes", "refer:offer",
	};
	enum referral_action action, action2;
	unsigned int i;

	test_begin("action names");
	for (i = 0; i < N_ELEMENTS(names); i++) {
		test_assert_idx(referral_action_parse(names[i], &action), i);
		test_assert_idx(action == i, i);
		test_assert_strcmp_idx(referral_action_to_string(action),
				       names[i], i);
		test_assert_idx(referral_action_parse(t_str_ucase(names[i]),
						      &action2) &&
				action2 == action, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		action = REFERRAL_ACTION_TEMPFAIL;
		test_assert_idx(!referral_action_parse(invalid[i], &action), i);
		test_assert_idx(action == REFERRAL_ACTION_TEMPFAIL, i);
	}
	test_assert_strcmp(referral_reason_to_string(REFERRAL_REASON_HOME),
			   "home");
	test_assert_strcmp(referral_reason_to_string(
		REFERRAL_REASON_NO_CREDENTIALS), "no_credentials");
	test_assert_strcmp(referral_reason_to_string(
		REFERRAL_REASON_LOOP), "loop");
	test_assert_strcmp(referral_status_to_string(
		REFERRAL_LOOKUP_UNAVAILABLE), "unavailable");
	test_assert_strcmp(referral_source_to_string(REFERRAL_SOURCE_STALE),
			   "stale");
	test_assert(referral_protocol_has_referral("imap"));
	test_assert(referral_protocol_has_referral("sieve"));
	test_assert(!referral_protocol_has_referral("pop3"));
	test_assert(!referral_protocol_has_referral("lmtp"));
	test_end();
}

void test_policy_create(void)
{
	static const struct {
		struct test_policy_settings set;
		/* NULL: valid */
		const char *error;
	} tests[] = {
		{ .error = NULL },
		{ .set = { .action = "offer", .other_action = "reject",
			   .missing_action = "tempfail",
			   .failure_action = "local",
			   .networks = "10.0.0.0/8, ::1 192.0.2.7",
			   .allowed_hosts = "*.example 192.0.2.0/24",
			   .host_map = "a.internal=a.example" } },
		{ .set = { .action = "suggest", .missing_action = "reject" } },
		{ .set = { .action = "proxy" } },
		{ .set = { .action = "local", .other_action = "local" } },
		{ .set = { .host_map = "us=us.example b=b.example" } },

		{ .set = { .action = "" },
		  .error = "referral_action: unknown action \"\"" },
		{ .set = { .action = "x\ny" },
		  .error = "referral_action: unknown action \"x\\x0ay\"" },
		{ .set = { .action = "reject" },
		  .error = "referral_action: unknown action \"reject\"" },
		{ .set = { .action = "tempfail" },
		  .error = "referral_action: unknown action \"tempfail\"" },
		{ .set = { .other_action = "refer" },
		  .error = "referral_other_action: "
			"unknown action \"refer\"" },
		{ .set = { .other_action = "tempfail" },
		  .error = "referral_other_action: "
			"unknown action \"tempfail\"" },
		{ .set = { .missing_action = "host", .missing_host = "old",
			   .allowed_hosts = "new", .host_map = "old=new" } },
		{ .set = { .missing_action = "host" },
		  .error = "referral_missing_host is not set "
			"(referral_missing_action = host)" },
		{ .set = { .missing_action = "host", .missing_host = "a b" },
		  .error = "referral_missing_host: a b: "
			"invalid character in the host name" },
		{ .set = { .missing_action = "host", .missing_host = "old",
			   .allowed_hosts = "*.example" },
		  .error = "referral_missing_host: "
			"referral_allowed_hosts does not allow old" },
		/* nobody is sent there, so far */
		{ .set = { .missing_host = "a b" },
		  .error = "referral_missing_host: a b: "
			"invalid character in the host name" },
		{ .set = { .missing_host = "old", .allowed_hosts = "a" } },
		{ .set = { .missing_action = "proxy" },
		  .error = "referral_missing_action: "
			"unknown action \"proxy\"" },
		{ .set = { .failure_action = "reject" },
		  .error = "referral_failure_action: "
			"unknown action \"reject\"" },
		{ .set = { .networks = "10.0.0.0/8 10.0.0.0/33" },
		  .error = "referral_networks: 10.0.0.0/33: neither an address "
			"nor a network such as 192.0.2.0/24" },
		{ .set = { .networks = "*.example" },
		  .error = "referral_networks: *.example: neither an address "
			"nor a network such as 192.0.2.0/24" },
		{ .set = { .networks = "192.0.2.1:143" },
		  .error = "referral_networks: 192.0.2.1:143: neither an "
			"address nor a network such as 192.0.2.0/24" },
		{ .set = { .allowed_hosts = "a b@" },
		  .error = "referral_allowed_hosts: b@: "
			"invalid character in the host name" },
		{ .set = { .host_map = "a" },
		  .error = "referral_host_map: a: "
			"not an internal=public pair" },
		{ .set = { .host_map = "a=us.example" },
		  .error = "referral_host_map: a=us.example: its public host "
			"is this server, its internal host is not "
			"(check referral_local_hosts)" },
		{ .set = { .host_map = "a=b.org", .allowed_hosts = "*.com" },
		  .error = "referral_host_map: a=b.org: "
			"referral_allowed_hosts does not allow "
			"its public host" },
	};
	struct referral_policy *policy;
	const char *error;
	unsigned int i;

	test_begin("policy create");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		test_assert_idx((test_policy_create_from(
			&tests[i].set, &policy, &error) < 0) ==
				(tests[i].error != NULL), i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

/* doveconf does not know who "us" is. */
void test_policy_without_identity(void)
{
	static const struct test_policy_settings tset = {
		.host_map = "a=us.example",
	};
	static const char *const mailhosts[] = { "us.example", NULL };
	const struct referral_settings set = settings_from(&tset);
	const struct ip_addr ip = test_ip("192.0.2.1");
	const struct referral_lookup_result lookup = {
		.status = REFERRAL_LOOKUP_HOSTS,
		.mailhosts = mailhosts,
	};
	struct referral_policy_input input = {
		.lookup = &lookup,
	};
	struct referral_policy *policy;
	struct referral_decision decision;
	const char *error;
	pool_t pool = pool_datastack_create();

	test_begin("policy without identity");
	test_assert(referral_policy_create(pool, "imap", &set, NULL, &policy,
					   &error) == 0);
	referral_policy_find_home(policy, pool, &lookup, 0, &input.home);
	referral_policy_add_addresses(policy, &ip, 1, 0, &input.home);
	referral_policy_decide(policy, pool, &input, &decision);
	test_assert(decision.action == REFERRAL_ACTION_REFER);
	test_assert(decision.reason == REFERRAL_REASON_ELSEWHERE);
	test_assert(!referral_policy_wants_addresses(policy, &input));
	test_end();
}

void test_policy_may_proxy(void)
{
	static const struct {
		struct test_policy_settings set;
		bool may;
	} tests[] = {
		{ { .action = "refer" }, FALSE },
		{ { .action = "refer", .networks = "10.0.0.0/8" }, TRUE },
		{ { .action = "refer", .networks = "10.0.0.0/8",
		    .other_action = "local" }, FALSE },
		{ { .action = "refer", .protocol = "pop3" }, TRUE },
		{ { .action = "refer", .protocol = "pop3",
		    .other_action = "reject" }, FALSE },
		{ { .action = "refer", .protocol = "sieve" }, FALSE },
		{ { .action = "offer" }, TRUE },
		{ { .action = "offer", .other_action = "local" }, TRUE },
		{ { .action = "offer", .protocol = "pop3" }, TRUE },
		{ { .action = "offer", .protocol = "pop3",
		    .other_action = "local" }, FALSE },
		{ { .action = "suggest" }, FALSE },
		{ { .action = "suggest", .protocol = "sieve" }, TRUE },
		{ { .action = "suggest", .protocol = "sieve",
		    .other_action = "local" }, FALSE },
		{ { .action = "proxy", .other_action = "local" }, TRUE },
		{ { .action = "proxy", .protocol = "pop3",
		    .other_action = "local" }, TRUE },
		{ { .action = "local" }, FALSE },
		{ { .action = "local", .networks = "10.0.0.0/8" }, TRUE },
	};
	unsigned int i;

	test_begin("policy may proxy");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_policy_may_proxy(
			test_policy_get(&tests[i].set)) == tests[i].may, i);
	}
	test_end();
}
