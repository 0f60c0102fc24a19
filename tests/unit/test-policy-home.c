/* policy-decide.c: what has to be asked before it is decided, and what after */

#include "lib.h"
#include "mailhost.h"
#include "test-core.h"
#include "test-policy.h"

struct home_test {
	struct test_policy_settings set;
	const char *mailhosts[4];
	enum referral_lookup_status status;
	const char *user_action, *remote_ip;
	/* one of the home server's addresses */
	const char *home_ip;
	bool no_password;

	enum referral_home_kind kind;
	const char *host;
	/* of the host's name */
	bool addresses;
	bool fresh, away;
};

#define NONE .kind = REFERRAL_HOME_NONE
#define INVALID .kind = REFERRAL_HOME_INVALID
#define HERE .kind = REFERRAL_HOME_HERE
#define ELSEWHERE .kind = REFERRAL_HOME_ELSEWHERE

static const struct home_test home_tests[] = {
	{ .mailhosts = { "a.example" }, ELSEWHERE, .host = "a.example",
	  .addresses = TRUE, .away = TRUE },
	{ .mailhosts = { "A.example:2143" }, ELSEWHERE,
	  .host = "a.example:2143", .addresses = TRUE, .away = TRUE },
	{ .mailhosts = { "x]", "a", "b" }, ELSEWHERE, .host = "a",
	  .addresses = TRUE, .away = TRUE },
	{ .set = { .action = "proxy" }, .mailhosts = { "a" }, ELSEWHERE,
	  .host = "a", .addresses = TRUE, .away = TRUE },
	{ .set = { .action = "suggest" }, .mailhosts = { "a" }, ELSEWHERE,
	  .host = "a", .addresses = TRUE, .away = TRUE },
	{ .set = { .allowed_hosts = "*.org" }, .mailhosts = { "a" }, ELSEWHERE,
	  .host = "a", .addresses = TRUE, .away = TRUE },
	/* no addresses are of use */
	{ .set = { .no_resolve = TRUE }, .mailhosts = { "a" }, ELSEWHERE,
	  .host = "a", .away = TRUE },
	/* unless the session is proxied there: auth resolves it, not Dovecot */
	{ .set = { .no_resolve = TRUE, .action = "proxy" },
	  .mailhosts = { "a" }, ELSEWHERE, .host = "a", .addresses = TRUE,
	  .away = TRUE },
	{ .set = { .no_resolve = TRUE, .action = "offer" },
	  .mailhosts = { "a" }, ELSEWHERE, .host = "a", .addresses = TRUE,
	  .away = TRUE },
	{ .set = { .no_resolve = TRUE, .action = "offer" },
	  .mailhosts = { "a" }, .no_password = TRUE, ELSEWHERE, .host = "a",
	  .away = TRUE },
	{ .set = { .no_resolve = TRUE, .protocol = "lmtp" },
	  .mailhosts = { "a" }, .no_password = TRUE, ELSEWHERE, .host = "a",
	  .addresses = TRUE, .away = TRUE },
	{ .set = { .no_resolve = TRUE, .action = "proxy" },
	  .mailhosts = { "a" }, .home_ip = "192.0.2.1", ELSEWHERE,
	  .host = "a", .addresses = TRUE, .away = TRUE },
	{ .mailhosts = { "us.example" }, HERE, .host = "us.example",
	  .fresh = TRUE },
	{ .mailhosts = { "a", "us.example" }, HERE, .host = "us.example",
	  .fresh = TRUE },
	{ .mailhosts = { "198.51.100.1" }, ELSEWHERE, .host = "198.51.100.1",
	  .away = TRUE },
	{ .mailhosts = { "198.51.100.1", "a" }, ELSEWHERE,
	  .host = "198.51.100.1", .away = TRUE },
	{ .mailhosts = { "x]" }, INVALID },
	{ .set = { .failure_action = "local" }, .mailhosts = { "x]" },
	  INVALID },
	/* the name is ours after all, or not */
	{ .mailhosts = { "a" }, .home_ip = "192.0.2.1", HERE, .host = "a",
	  .fresh = TRUE },
	{ .mailhosts = { "a" }, .home_ip = "192.0.2.9", ELSEWHERE, .host = "a",
	  .addresses = TRUE, .away = TRUE },
	/* an address counts for what is elsewhere alone */
	{ .mailhosts = { "x]" }, .home_ip = "192.0.2.1", INVALID },
	{ .status = REFERRAL_LOOKUP_NO_ENTRY, .home_ip = "192.0.2.1", NONE,
	  .fresh = TRUE },
	/* no home: a session here, or not */
	{ .status = REFERRAL_LOOKUP_NO_ENTRY, NONE, .fresh = TRUE },
	{ .status = REFERRAL_LOOKUP_NO_VALUE, NONE, .fresh = TRUE },
	{ .set = { .missing_action = "reject" },
	  .status = REFERRAL_LOOKUP_NO_ENTRY, NONE },
	{ .set = { .missing_action = "tempfail" },
	  .status = REFERRAL_LOOKUP_NO_VALUE, NONE },
	{ .status = REFERRAL_LOOKUP_UNAVAILABLE, NONE },
	{ .set = { .failure_action = "local" },
	  .status = REFERRAL_LOOKUP_UNAVAILABLE, NONE },
	{ .status = REFERRAL_LOOKUP_SEVERAL_ENTRIES, NONE },
	{ .status = REFERRAL_LOOKUP_DISAGREE, NONE },
	/* or it is one that a setting names */
	{ .set = { .missing_action = "host", .missing_host = "Old.example:2143" },
	  .status = REFERRAL_LOOKUP_NO_ENTRY, ELSEWHERE,
	  .host = "old.example:2143", .addresses = TRUE, .away = TRUE },
	{ .set = { .missing_action = "host", .missing_host = "us.example" },
	  .status = REFERRAL_LOOKUP_NO_VALUE, HERE, .host = "us.example",
	  .fresh = TRUE },
	{ .set = { .missing_action = "host", .missing_host = "old.example" },
	  .status = REFERRAL_LOOKUP_NO_VALUE, .home_ip = "192.0.2.1", HERE,
	  .host = "old.example", .fresh = TRUE },
	{ .set = { .missing_action = "host", .missing_host = "old.example" },
	  .status = REFERRAL_LOOKUP_SEVERAL_ENTRIES, NONE },
	{ .set = { .missing_action = "host", .missing_host = "old.example" },
	  .status = REFERRAL_LOOKUP_UNAVAILABLE, NONE },
	{ .set = { .missing_action = "host", .missing_host = "old.example" },
	  .mailhosts = { "x]" }, INVALID },
	{ .set = { .missing_action = "host", .missing_host = "old.example" },
	  .mailhosts = { "a" }, ELSEWHERE, .host = "a", .addresses = TRUE,
	  .away = TRUE },
	/* local for everyone, whatever the directory says */
	{ .set = { .action = "local" }, .mailhosts = { "a" }, ELSEWHERE,
	  .host = "a" },
	{ .set = { .networks = "10.0.0.0/8", .other_action = "local" },
	  .remote_ip = "192.0.2.7", .mailhosts = { "a" }, ELSEWHERE,
	  .host = "a" },
	{ .set = { .networks = "10.0.0.0/8", .other_action = "local" },
	  .remote_ip = "10.0.0.7", .mailhosts = { "a" }, ELSEWHERE,
	  .host = "a", .addresses = TRUE, .away = TRUE },
	{ .set = { .networks = "10.0.0.0/8", .other_action = "reject" },
	  .remote_ip = "192.0.2.7", .mailhosts = { "a" }, ELSEWHERE,
	  .host = "a", .addresses = TRUE },
	/* by the user's own entry */
	{ .mailhosts = { "a" }, .user_action = "local", ELSEWHERE, .host = "a",
	  .fresh = TRUE },
	{ .mailhosts = { "a" }, .user_action = "proxy", ELSEWHERE, .host = "a",
	  .addresses = TRUE, .away = TRUE },
	{ .mailhosts = { "a" }, .user_action = "tempfail", ELSEWHERE,
	  .host = "a", .addresses = TRUE, .fresh = TRUE },
	{ .mailhosts = { "us.example" }, .user_action = "Tempfail", HERE,
	  .host = "us.example", .fresh = TRUE },
	{ .set = { .missing_action = "reject" },
	  .status = REFERRAL_LOOKUP_NO_VALUE, .user_action = "tempfail", NONE,
	  .fresh = TRUE },
	{ .mailhosts = { "a" }, .user_action = "reject", ELSEWHERE,
	  .host = "a", .addresses = TRUE, .away = TRUE },
};

void test_policy_home(void)
{
	struct referral_lookup_result lookup;
	struct referral_policy_input input;
	const struct referral_policy *policy;
	const struct home_test *test;
	struct ip_addr home_ip;
	const char *host;
	unsigned int i;

	test_begin("policy: home");
	for (i = 0; i < N_ELEMENTS(home_tests); i++) {
		test = &home_tests[i];
		policy = test_policy_get(&test->set);
		i_zero(&lookup);
		lookup.status = test->status;
		lookup.mailhosts = test->mailhosts;
		lookup.action = test->user_action;
		i_zero(&input);
		input.lookup = &lookup;
		input.can_proxy = !test->no_password;
		if (test->remote_ip != NULL)
			input.remote_ip = test_ip(test->remote_ip);
		referral_policy_find_home(policy, pool_datastack_create(),
					  &lookup, 0, &input.home);
		if (test->home_ip != NULL) {
			home_ip = test_ip(test->home_ip);
			referral_policy_add_addresses(policy, &home_ip, 1, 0,
						      &input.home);
		}
		test_assert_idx(input.home.kind == test->kind, i);
		host = input.home.host.name == NULL ? NULL :
			referral_host_to_string(&input.home.host, 0);
		test_assert_strcmp_idx(host, test->host, i);
		test_assert_idx(referral_policy_wants_addresses(policy,
			&input) == test->addresses, i);
		test_assert_idx(referral_policy_wants_fresh(policy,
			&input) == test->fresh, i);
		test_assert_idx(referral_policy_sends_away(policy,
			&input) == test->away, i);
	}
	test_end();
}

/* What has been parsed is not parsed again. */
void test_policy_home_parsed(void)
{
	static const char *const mailhosts[] = { "x", "y", "z", NULL };
	static const struct referral_host hosts[] = {
		{ .name = NULL },
		{ .name = "a.example", .port = 2143 },
		{ .name = "us.example" },
	};
	struct test_policy_settings set = { .action = "refer" };
	const struct referral_policy *policy = test_policy_get(&set);
	struct referral_lookup_result lookup = {
		.mailhosts = mailhosts,
		.hosts = hosts,
	};
	struct referral_home home;

	test_begin("policy: parsed home");
	referral_policy_find_home(policy, pool_datastack_create(), &lookup, 0,
				  &home);
	test_assert(home.kind == REFERRAL_HOME_HERE);
	test_assert(home.host.name == hosts[2].name);
	test_end();
}
