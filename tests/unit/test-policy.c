#include "lib.h"
#include "mailhost.h"
#include "test-core.h"
#include "test-policy.h"

/* The words are those of the enums: home, elsewhere ... */
struct decide_test {
	struct test_policy_settings set;
	/* up to three values; none: status counts */
	const char *mailhosts[4];
	enum referral_lookup_status status;
	const char *user_action, *error;
	const char *remote_ip;
	in_port_t local_port;
	bool no_password;
	const char *home_ip;

	const char *action, *reason;
	/* NULL: none */
	const char *home, *target, *detail;
};

static void
decide(const struct decide_test *test, struct referral_decision *decision_r)
{
	const struct ip_addr home_ip =
		test_ip(test->home_ip == NULL ? "" : test->home_ip);
	const struct referral_lookup_result lookup = {
		.status = test->status,
		.mailhosts = test->mailhosts,
		.action = test->user_action,
		.error = test->error,
	};
	struct referral_policy_input input = {
		.lookup = &lookup,
		.remote_ip = test_ip(test->remote_ip == NULL ? "" :
				     test->remote_ip),
		.local_port = test->local_port,
		.can_proxy = !test->no_password,
	};
	const struct referral_policy *policy = test_policy_get(&test->set);
	pool_t pool = pool_datastack_create();

	referral_policy_find_home(policy, pool, &lookup, test->local_port,
				  &input.home);
	referral_policy_add_addresses(policy, &home_ip,
				      test->home_ip == NULL ? 0 : 1,
				      test->local_port, &input.home);
	referral_policy_decide(policy, pool, &input, decision_r);
}

static const char *host_string(const struct referral_host *host)
{
	return host->name == NULL ? NULL : referral_host_to_string(host, 0);
}

static void run(const char *name, const struct decide_test *tests,
		unsigned int count)
{
	struct referral_decision decision;
	unsigned int i;

	test_begin(name);
	for (i = 0; i < count; i++) {
		decide(&tests[i], &decision);
		test_assert_strcmp_idx(
			referral_action_to_string(decision.action),
			tests[i].action, i);
		test_assert_strcmp_idx(
			referral_reason_to_string(decision.reason),
			tests[i].reason, i);
		test_assert_strcmp_idx(host_string(&decision.home),
				       tests[i].home, i);
		test_assert_strcmp_idx(host_string(&decision.target),
				       tests[i].target, i);
		test_assert_strcmp_idx(decision.detail, tests[i].detail, i);
	}
	test_end();
}

/* results of the lookup other than hosts */
static const struct decide_test status_tests[] = {
	{ .status = REFERRAL_LOOKUP_NO_ENTRY,
	  .action = "local", .reason = "no_entry" },
	{ .status = REFERRAL_LOOKUP_NO_VALUE,
	  .action = "local", .reason = "no_value" },
	{ .set = { .missing_action = "reject" },
	  .status = REFERRAL_LOOKUP_NO_ENTRY,
	  .action = "reject", .reason = "no_entry" },
	{ .set = { .missing_action = "tempfail" },
	  .status = REFERRAL_LOOKUP_NO_VALUE,
	  .action = "tempfail", .reason = "no_value" },
	{ .status = REFERRAL_LOOKUP_SEVERAL_ENTRIES,
	  .error = "2 entries match (uid=u)",
	  .action = "tempfail", .reason = "several_entries",
	  .detail = "2 entries match (uid=u)" },
	{ .status = REFERRAL_LOOKUP_UNAVAILABLE, .error = "ldap is down",
	  .action = "tempfail", .reason = "unavailable",
	  .detail = "ldap is down" },
	{ .status = REFERRAL_LOOKUP_UNAVAILABLE,
	  .action = "tempfail", .reason = "unavailable" },
	{ .set = { .failure_action = "local" },
	  .status = REFERRAL_LOOKUP_UNAVAILABLE, .error = "ldap is down",
	  .action = "local", .reason = "unavailable",
	  .detail = "ldap is down" },
	{ .set = { .failure_action = "local" },
	  .status = REFERRAL_LOOKUP_SEVERAL_ENTRIES,
	  .action = "local", .reason = "several_entries" },
	/* missing and failure have nothing to do with each other, nor with
	   the other settings */
	{ .set = { .failure_action = "local", .missing_action = "tempfail",
		   .action = "local", .other_action = "local" },
	  .status = REFERRAL_LOOKUP_NO_ENTRY, .user_action = "local",
	  .action = "tempfail", .reason = "no_entry" },
	{ .set = { .missing_action = "local", .action = "local",
		   .other_action = "local" },
	  .status = REFERRAL_LOOKUP_UNAVAILABLE, .user_action = "local",
	  .action = "tempfail", .reason = "unavailable" },
	/* a delivery is deferred, not lost */
	{ .set = { .protocol = "lmtp", .missing_action = "reject" },
	  .status = REFERRAL_LOOKUP_NO_ENTRY,
	  .action = "tempfail", .reason = "no_entry" },
	{ .set = { .protocol = "pop3", .missing_action = "reject" },
	  .status = REFERRAL_LOOKUP_NO_ENTRY,
	  .action = "reject", .reason = "no_entry" },
};

static const struct decide_test unsure_tests[] = {
	/* local sessions are never begun on this */
	{ .set = { .failure_action = "local", .missing_action = "local" },
	  .status = REFERRAL_LOOKUP_DISAGREE,
	  .error = "ldap://a says \"x\", ldap://b says \"y\"",
	  .action = "tempfail", .reason = "disagree",
	  .detail = "ldap://a says \"x\", ldap://b says \"y\"" },
	/* a home by a setting is a home */
	{ .set = { .missing_action = "host", .missing_host = "old.example" },
	  .status = REFERRAL_LOOKUP_NO_ENTRY,
	  .action = "refer", .reason = "elsewhere", .home = "old.example",
	  .target = "old.example", .detail = "no entry in the directory, so "
		"it is referral_missing_host" },
	{ .set = { .missing_action = "host", .missing_host = "old.example",
		   .action = "proxy" },
	  .status = REFERRAL_LOOKUP_NO_VALUE, .no_password = TRUE,
	  .action = "tempfail", .reason = "no_credentials",
	  .home = "old.example", .target = "old.example",
	  .detail = "proxying needs the user's plaintext password or "
		"credentials in referral_proxy_fields; no home server in the "
		"directory, so it is referral_missing_host" },
	{ .set = { .missing_action = "host", .missing_host = "us" },
	  .status = REFERRAL_LOOKUP_NO_VALUE,
	  .action = "local", .reason = "home", .home = "us" },
	{ .set = { .missing_action = "host", .missing_host = "us" },
	  .status = REFERRAL_LOOKUP_NO_VALUE, .user_action = "tempfail",
	  .action = "tempfail", .reason = "moving", .home = "us" },
	/* the mailbox is being moved: wherever it is, whoever comes */
	{ .mailhosts = { "us.example" }, .user_action = "tempfail",
	  .action = "tempfail", .reason = "moving", .home = "us.example" },
	{ .mailhosts = { "them.example" }, .user_action = "TEMPFAIL",
	  .action = "tempfail", .reason = "moving", .home = "them.example" },
	{ .set = { .action = "local", .other_action = "local",
		   .networks = "10.0.0.0/8", .failure_action = "local" },
	  .mailhosts = { "them.example" }, .user_action = "tempfail",
	  .remote_ip = "192.0.2.9",
	  .action = "tempfail", .reason = "moving", .home = "them.example" },
	{ .set = { .failure_action = "local" },
	  .mailhosts = { "x]" }, .user_action = "tempfail",
	  .action = "tempfail", .reason = "moving",
	  .detail = "invalid value \"x]\": "
		"invalid character in the host name" },
	{ .status = REFERRAL_LOOKUP_NO_VALUE, .user_action = "tempfail",
	  .action = "tempfail", .reason = "moving" },
	{ .set = { .protocol = "lmtp" }, .mailhosts = { "us.example" },
	  .user_action = "tempfail",
	  .action = "tempfail", .reason = "moving", .home = "us.example" },
};

void test_policy_decide(void)
{
	run("policy decide", status_tests, N_ELEMENTS(status_tests));
	run("policy decide: unsure", unsure_tests, N_ELEMENTS(unsure_tests));
}

/* whose host is it? */
static const struct decide_test host_tests[] = {
	{ .mailhosts = { "us.example" },
	  .action = "local", .reason = "home", .home = "us.example" },
	{ .mailhosts = { "US." },
	  .action = "local", .reason = "home", .home = "us" },
	{ .mailhosts = { "192.0.2.1" },
	  .action = "local", .reason = "home", .home = "192.0.2.1" },
	{ .mailhosts = { "them.example" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "them.example", .target = "them.example" },
	{ .mailhosts = { "Them.Example.:1143" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "them.example:1143", .target = "them.example:1143" },
	{ .mailhosts = { "[2001:db8::7]" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "[2001:db8::7]", .target = "[2001:db8::7]" },
	/* our name, another port */
	{ .mailhosts = { "us.example:2143" }, .local_port = 143,
	  .action = "refer", .reason = "elsewhere",
	  .home = "us.example:2143", .target = "us.example:2143" },
	{ .mailhosts = { "us.example:2143" }, .local_port = 2143,
	  .action = "local", .reason = "home", .home = "us.example:2143" },
	/* being at home needs no action */
	{ .set = { .action = "proxy", .other_action = "reject",
		   .networks = "10.0.0.0/8", .allowed_hosts = "*.org" },
	  .mailhosts = { "us.example" }, .user_action = "refer",
	  .no_password = TRUE,
	  .action = "local", .reason = "home", .home = "us.example" },

	/* several values */
	{ .mailhosts = { "a.example", "b.example" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a.example", .target = "a.example" },
	{ .mailhosts = { "a.example", "us.example", "b.example" },
	  .action = "local", .reason = "home", .home = "us.example" },
	{ .mailhosts = { "x]y", "a.example" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a.example", .target = "a.example",
	  .detail = "invalid value \"x]y\": "
		"invalid character in the host name" },
	{ .mailhosts = { "x]y", "", "us" },
	  .action = "local", .reason = "home", .home = "us",
	  .detail = "invalid value \"x]y\": "
		"invalid character in the host name" },
	{ .mailhosts = { "a.example", "x]y" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a.example", .target = "a.example",
	  .detail = "invalid value \"x]y\": "
		"invalid character in the host name" },

	/* invalid */
	{ .mailhosts = { "" },
	  .action = "tempfail", .reason = "invalid_value",
	  .detail = "invalid value \"\": empty host name" },
	{ .mailhosts = { "a\r\n* BYE" },
	  .action = "tempfail", .reason = "invalid_value",
	  .detail = "invalid value \"a\\x0d\\x0a* BYE\": "
		"invalid character in the host name" },
	{ .mailhosts = { "us.example\x01" },
	  .action = "tempfail", .reason = "invalid_value",
	  .detail = "invalid value \"us.example\\x01\": "
		"invalid character in the host name" },
	{ .mailhosts = { "[x]/] t", "h:99999" },
	  .action = "tempfail", .reason = "invalid_value",
	  .detail = "invalid value \"[x]/] t\": "
		"unexpected character after \"]\"" },
	{ .set = { .failure_action = "local" },
	  .mailhosts = { "a b" },
	  .action = "local", .reason = "invalid_value",
	  .detail = "invalid value \"a b\": "
		"invalid character in the host name" },
	{ .set = { .missing_action = "local", .action = "local" },
	  .mailhosts = { "a b" }, .user_action = "local",
	  .action = "tempfail", .reason = "invalid_value",
	  .detail = "invalid value \"a b\": "
		"invalid character in the host name" },

	/* its addresses */
	{ .mailhosts = { "alias.example" }, .home_ip = "192.0.2.1",
	  .action = "local", .reason = "home", .home = "alias.example" },
	{ .mailhosts = { "alias.example" }, .home_ip = "192.0.2.2",
	  .action = "refer", .reason = "elsewhere",
	  .home = "alias.example", .target = "alias.example" },
	{ .mailhosts = { "alias.example:2143" }, .home_ip = "192.0.2.1",
	  .action = "refer", .reason = "elsewhere",
	  .home = "alias.example:2143", .target = "alias.example:2143" },
	{ .mailhosts = { "alias.example:2143" }, .home_ip = "192.0.2.1",
	  .local_port = 2143,
	  .action = "local", .reason = "home", .home = "alias.example:2143" },

	/* allowed hosts: a mailHost outside is never told to anyone */
	{ .set = { .allowed_hosts = "*.example 198.51.100.0/24" },
	  .mailhosts = { "a.example" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a.example", .target = "a.example" },
	{ .set = { .allowed_hosts = "*.example 198.51.100.0/24" },
	  .mailhosts = { "198.51.100.9" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "198.51.100.9", .target = "198.51.100.9" },
	{ .set = { .allowed_hosts = "*.example" },
	  .mailhosts = { "evil.org:25" },
	  .action = "tempfail", .reason = "not_allowed",
	  .home = "evil.org:25",
	  .detail = "host \"evil.org:25\" is outside "
		"referral_allowed_hosts" },
	{ .set = { .allowed_hosts = "*.example", .action = "proxy",
		   .failure_action = "local" },
	  .mailhosts = { "203.0.113.1" },
	  .action = "local", .reason = "not_allowed", .home = "203.0.113.1",
	  .detail = "host \"203.0.113.1\" is outside "
		"referral_allowed_hosts" },
	{ .set = { .allowed_hosts = "*.example", .action = "local" },
	  .mailhosts = { "evil.org" }, .user_action = "local",
	  .action = "tempfail", .reason = "not_allowed", .home = "evil.org",
	  .detail = "host \"evil.org\" is outside referral_allowed_hosts" },

	/* host map */
	{ .set = { .host_map = "a.internal=a.example:1143" },
	  .mailhosts = { "A.internal" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a.internal", .target = "a.example:1143" },
	{ .set = { .host_map = "a.internal=a.example",
		   .allowed_hosts = "*.example" },
	  .mailhosts = { "a.internal" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a.internal", .target = "a.example" },
	{ .set = { .host_map = "a.internal=a.example",
		   .allowed_hosts = "*.example" },
	  .mailhosts = { "b.internal" },
	  .action = "tempfail", .reason = "not_allowed", .home = "b.internal",
	  .detail = "host \"b.internal\" is outside referral_allowed_hosts" },
	{ .set = { .host_map = "us=us.example" }, .mailhosts = { "us" },
	  .action = "local", .reason = "home", .home = "us" },
	/* a map that leads back here on a port that only now is known */
	{ .set = { .host_map = "a.internal=us.example:1143" },
	  .mailhosts = { "a.internal" }, .local_port = 1143,
	  .action = "tempfail", .reason = "not_allowed", .home = "a.internal",
	  .detail = "a referral to \"us.example:1143\" would come back here "
		"(check referral_host_map, referral_local_hosts)" },
	{ .set = { .host_map = "a.internal=us.example:1143",
		   .action = "proxy" },
	  .mailhosts = { "a.internal" }, .local_port = 1143,
	  .action = "proxy", .reason = "elsewhere",
	  .home = "a.internal", .target = "us.example:1143" },

	/* RFC.md row 18: no port that means TLS, except by the map */
	{ .mailhosts = { "a.example:993" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a.example:993", .target = "a.example" },
	{ .set = { .host_map = "a=a.example" }, .mailhosts = { "a:993" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a:993", .target = "a.example" },
	{ .set = { .host_map = "a=a.example:1993" }, .mailhosts = { "a:143" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a:143", .target = "a.example:1993" },
	/* mailHost's port is no port of ManageSieve or POP3 */
	{ .set = { .protocol = "sieve" }, .mailhosts = { "a.example:1143" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a.example", .target = "a.example" },
	{ .set = { .protocol = "sieve", .host_map = "a:1143=b:4191" },
	  .mailhosts = { "a:1143" },
	  .action = "refer", .reason = "elsewhere",
	  .home = "a", .target = "b:4191" },
	{ .set = { .protocol = "pop3" }, .mailhosts = { "a.example:1143" },
	  .action = "proxy", .reason = "elsewhere",
	  .home = "a.example", .target = "a.example" },
};

void test_policy_decide_hosts(void)
{
	run("policy decide: hosts", host_tests, N_ELEMENTS(host_tests));
}

/* for a user whose home is a.example: whose action counts? */
#define ELSEWHERE .mailhosts = { "a" }, .home = "a", .target = "a", \
	.reason = "elsewhere"
#define NO_PASSWORD_DETAIL "proxying needs the user's plaintext password " \
	"or credentials in referral_proxy_fields"
#define NO_OFFER_DETAIL "no credentials to proxy with, " \
	"so refer in place of offer"

static const struct decide_test action_tests[] = {
	{ ELSEWHERE, .action = "refer" },
	{ ELSEWHERE, .set = { .action = "offer" }, .action = "offer" },
	{ ELSEWHERE, .set = { .action = "suggest" }, .action = "suggest" },
	{ ELSEWHERE, .set = { .action = "proxy" }, .action = "proxy" },
	{ ELSEWHERE, .set = { .action = "local" }, .action = "local" },

	/* without a password */
	{ ELSEWHERE, .no_password = TRUE, .action = "refer" },
	{ ELSEWHERE, .set = { .action = "offer" }, .no_password = TRUE,
	  .action = "refer", .detail = NO_OFFER_DETAIL },
	{ ELSEWHERE, .set = { .action = "suggest" }, .no_password = TRUE,
	  .action = "suggest" },
	{ ELSEWHERE, .set = { .action = "local" }, .no_password = TRUE,
	  .action = "local" },
	{ .mailhosts = { "a" }, .home = "a", .target = "a",
	  .set = { .action = "proxy" }, .no_password = TRUE,
	  .action = "tempfail", .reason = "no_credentials",
	  .detail = NO_PASSWORD_DETAIL },
	{ .mailhosts = { "a" }, .home = "a", .target = "a",
	  .set = { .protocol = "pop3", .failure_action = "local" },
	  .no_password = TRUE,
	  .action = "tempfail", .reason = "no_credentials",
	  .detail = NO_PASSWORD_DETAIL },
	{ ELSEWHERE, .set = { .protocol = "pop3", .other_action = "reject" },
	  .no_password = TRUE, .action = "reject" },

	/* networks */
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8 fd00::/8" },
	  .remote_ip = "10.1.2.3", .action = "refer" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8 fd00::/8" },
	  .remote_ip = "::ffff:10.1.2.3", .action = "refer" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8 fd00::/8" },
	  .remote_ip = "fd00::9", .action = "refer" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8 fd00::/8" },
	  .remote_ip = "192.0.2.9", .action = "proxy" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8 fd00::/8" },
	  .remote_ip = "2001:db8::9", .action = "proxy" },
	/* a client without an address is outside */
	{ ELSEWHERE, .set = { .networks = "0.0.0.0/0 ::/0" },
	  .action = "proxy" },
	{ ELSEWHERE, .remote_ip = NULL, .action = "refer" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8",
			      .other_action = "reject" },
	  .remote_ip = "192.0.2.9", .action = "reject" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8",
			      .other_action = "local" },
	  .remote_ip = "192.0.2.9", .action = "local" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8", .action = "local",
			      .other_action = "reject" },
	  .remote_ip = "192.0.2.9", .action = "reject" },
	{ .mailhosts = { "a" }, .home = "a", .target = "a",
	  .set = { .networks = "10.0.0.0/8" },
	  .remote_ip = "192.0.2.9", .no_password = TRUE,
	  .action = "tempfail", .reason = "no_credentials",
	  .detail = NO_PASSWORD_DETAIL },

	/* protocols */
	{ ELSEWHERE, .set = { .protocol = "sieve" }, .action = "refer" },
	{ ELSEWHERE, .set = { .protocol = "sieve", .action = "offer" },
	  .action = "offer" },
	{ ELSEWHERE, .set = { .protocol = "sieve", .action = "suggest" },
	  .action = "proxy" },
	{ ELSEWHERE, .set = { .protocol = "pop3" }, .action = "proxy" },
	{ ELSEWHERE, .set = { .protocol = "pop3", .action = "offer" },
	  .action = "proxy" },
	{ ELSEWHERE, .set = { .protocol = "pop3", .action = "suggest",
			      .other_action = "reject" },
	  .action = "reject" },
	{ ELSEWHERE, .set = { .protocol = "pop3", .action = "proxy",
			      .other_action = "reject" },
	  .action = "proxy" },
	{ ELSEWHERE, .set = { .protocol = "submission", .action = "local",
			      .other_action = "reject" },
	  .action = "local" },
	{ ELSEWHERE, .set = { .protocol = "unknown" }, .action = "proxy" },
	{ ELSEWHERE, .set = { .protocol = "lmtp" }, .no_password = TRUE,
	  .action = "proxy" },
	{ ELSEWHERE, .set = { .protocol = "lmtp", .other_action = "reject" },
	  .action = "tempfail" },
	{ ELSEWHERE, .set = { .protocol = "doveadm" }, .no_password = TRUE,
	  .action = "proxy" },

	/* the user's own attribute */
	{ ELSEWHERE, .user_action = "proxy", .action = "proxy" },
	{ ELSEWHERE, .user_action = "OFFER", .action = "offer" },
	{ ELSEWHERE, .user_action = "local", .action = "local" },
	{ ELSEWHERE, .user_action = "suggest", .action = "suggest" },
	{ ELSEWHERE, .set = { .action = "proxy" }, .user_action = "refer",
	  .action = "refer" },
	{ ELSEWHERE, .set = { .action = "local" }, .user_action = "refer",
	  .action = "refer" },
	{ ELSEWHERE, .user_action = "offer", .no_password = TRUE,
	  .action = "refer", .detail = NO_OFFER_DETAIL },
	{ ELSEWHERE, .set = { .protocol = "pop3" }, .user_action = "refer",
	  .action = "proxy" },
	{ ELSEWHERE, .set = { .protocol = "pop3", .other_action = "reject" },
	  .user_action = "proxy", .action = "proxy" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8" },
	  .user_action = "refer", .remote_ip = "192.0.2.9",
	  .action = "proxy" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8", .action = "proxy" },
	  .user_action = "refer", .remote_ip = "10.0.0.1",
	  .action = "refer" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8",
			      .other_action = "reject" },
	  .user_action = "local", .remote_ip = "192.0.2.9",
	  .action = "local" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8",
			      .other_action = "reject" },
	  .user_action = "proxy", .remote_ip = "192.0.2.9",
	  .action = "proxy" },
	{ ELSEWHERE, .user_action = "reject", .action = "refer",
	  .detail = "unknown action \"reject\" in referral_action_attribute "
		"ignored" },
	{ ELSEWHERE, .set = { .action = "proxy" }, .user_action = "",
	  .action = "proxy",
	  .detail = "unknown action \"\" in referral_action_attribute "
		"ignored" },
	{ ELSEWHERE, .set = { .networks = "10.0.0.0/8", .action = "proxy",
			      .other_action = "reject" },
	  .user_action = "x", .remote_ip = "192.0.2.9", .action = "reject",
	  .detail = "unknown action \"x\" in referral_action_attribute "
		"ignored" },
	{ .mailhosts = { "x]", "a" }, .home = "a", .target = "a",
	  .user_action = "\r\nx", .action = "refer", .reason = "elsewhere",
	  .detail = "invalid value \"x]\": "
		"invalid character in the host name; "
		"unknown action \"\\x0d\\x0ax\" in "
		"referral_action_attribute ignored" },
};

void test_policy_decide_action(void)
{
	run("policy decide: action", action_tests, N_ELEMENTS(action_tests));
}
