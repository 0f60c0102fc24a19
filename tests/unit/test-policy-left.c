/* policy-left.c: whose sessions here have lost their reason? */

#include "lib.h"
#include "test-core.h"
#include "test-policy.h"

#define US "us.example"
#define THEM "them.example"

static const struct {
	const char *name;
	struct test_policy_settings set;
	/* values, with a space between; NULL: no entry */
	const char *before, *after;
	/* referral_action_attribute of the later answer */
	const char *action;
	/* what the later host resolves to */
	const char *ip;
	bool left;
} tests[] = {
	{ .name = "moved", .before = US, .after = THEM, .left = TRUE },
	{ .name = "was elsewhere", .before = "x.example", .after = THEM },
	{ .name = "came here", .before = THEM, .after = US },
	{ .name = "still here", .before = US, .after = US },
	{ .name = "here under another name", .before = US,
	  .after = "192.0.2.1" },
	{ .name = "one of several is still here", .before = US,
	  .after = THEM " " US },
	{ .name = "one of several was here", .before = THEM " " US,
	  .after = THEM, .left = TRUE },
	{ .name = "the name resolves to us", .before = US, .after = THEM,
	  .ip = "192.0.2.1" },
	{ .name = "the name resolves to another", .before = US, .after = THEM,
	  .ip = "192.0.2.9", .left = TRUE },
	{ .name = "the name and a port resolve to us", .before = US,
	  .after = THEM ":1143", .ip = "192.0.2.1" },
	{ .name = "another port of ours", .before = US,
	  .after = US ":1143" },
	{ .name = "the new home can't be told: invalid", .before = US,
	  .after = "x]y" },
	{ .name = "the new home can't be told: no entry", .before = US },
	{ .name = "the old home could not be told", .after = THEM },
	{ .name = "not allowed", .set = { .allowed_hosts = "*.org" },
	  .before = US, .after = THEM },
	{ .name = "proxied", .set = { .action = "proxy" },
	  .before = US, .after = THEM, .left = TRUE },
	{ .name = "offered", .set = { .action = "offer" },
	  .before = US, .after = THEM, .left = TRUE },
	{ .name = "here all the same: local", .set = { .action = "local" },
	  .before = US, .after = THEM },
	{ .name = "here all the same: suggest", .set = { .action = "suggest" },
	  .before = US, .after = THEM },
	{ .name = "here all the same: suggest, some networks",
	  .set = { .action = "suggest", .networks = "10.0.0.0/8" },
	  .before = US, .after = THEM },
	{ .name = "here for other networks",
	  .set = { .networks = "10.0.0.0/8", .other_action = "local" },
	  .before = US, .after = THEM },
	{ .name = "elsewhere for all networks",
	  .set = { .networks = "10.0.0.0/8", .other_action = "reject" },
	  .before = US, .after = THEM, .left = TRUE },
	{ .name = "no referral, so here",
	  .set = { .protocol = "pop3", .other_action = "local" },
	  .before = US, .after = THEM },
	{ .name = "this user may stay", .action = "local",
	  .before = US, .after = THEM },
	{ .name = "this user may stay, some networks", .action = "Suggest",
	  .set = { .networks = "10.0.0.0/8" }, .before = US, .after = THEM },
	{ .name = "this user is proxied", .action = "proxy",
	  .before = US, .after = THEM, .left = TRUE },
	{ .name = "an action that says nothing", .action = "x",
	  .before = US, .after = THEM, .left = TRUE },
};

static void
answer_init(const char *values, struct referral_lookup_result *result_r)
{
	i_zero(result_r);
	result_r->status = REFERRAL_LOOKUP_NO_ENTRY;
	if (values != NULL) {
		result_r->status = REFERRAL_LOOKUP_HOSTS;
		result_r->mailhosts = t_strsplit(values, " ");
	}
}

void test_policy_has_left(void)
{
	struct referral_lookup_result before, after;
	struct referral_policy_input before_input, after_input;
	struct ip_addr ip;
	unsigned int i;

	test_begin("policy has left");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		answer_init(tests[i].before, &before);
		answer_init(tests[i].after, &after);
		after.action = tests[i].action;
		i_zero(&before_input);
		before_input.lookup = &before;
		before_input.can_proxy = TRUE;
		after_input = before_input;
		after_input.lookup = &after;
		if (tests[i].ip != NULL) {
			ip = test_ip(tests[i].ip);
			after_input.home_ips = &ip;
			after_input.home_ips_count = 1;
		}
		test_assert_idx(referral_policy_has_left(
			test_policy_get(&tests[i].set),
			pool_datastack_create(),
			&before_input, &after_input) == tests[i].left, i);
	}
	test_end();
}
