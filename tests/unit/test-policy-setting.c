#include "lib.h"
#include "test-core.h"
#include "test-policy.h"

#define OTHER_NETWORKS "referral_other_action " \
	"(the client is outside of referral_networks)"
#define OTHER_PROTOCOL "referral_other_action " \
	"(the protocol has no such referral)"

/* Which setting has chosen the action? */
static const struct {
	struct test_policy_settings set;
	enum referral_lookup_status status;
	const char *host, *user_action, *ip;
	/* NULL: none had a choice */
	const char *setting;
} settings[] = {
	{ .host = "us.example" },
	{ .host = "home.example", .setting = "referral_action" },
	{ .host = "home.example", .user_action = "proxy",
	  .setting = "referral_action_attribute" },
	{ .host = "home.example", .user_action = "offer",
	  .setting = "referral_action_attribute" },
	{ .host = "home.example", .user_action = "tempfail",
	  .setting = "referral_action_attribute" },
	{ .host = "us.example", .user_action = "tempfail",
	  .setting = "referral_action_attribute" },
	{ .host = "home.example", .user_action = "dance",
	  .setting = "referral_action" },
	{ .set.networks = "10.0.0.0/8", .host = "home.example",
	  .ip = "10.1.2.3", .setting = "referral_action" },
	{ .set.networks = "10.0.0.0/8", .host = "home.example",
	  .ip = "192.0.2.7", .setting = OTHER_NETWORKS },
	{ .set.networks = "10.0.0.0/8", .host = "home.example",
	  .ip = "192.0.2.7", .user_action = "refer",
	  .setting = OTHER_NETWORKS },
	{ .set.networks = "10.0.0.0/8", .host = "home.example",
	  .ip = "192.0.2.7", .user_action = "local",
	  .setting = "referral_action_attribute" },
	{ .set.protocol = "pop3", .host = "home.example",
	  .setting = OTHER_PROTOCOL },
	{ .set.protocol = "pop3", .set.action = "local",
	  .host = "home.example", .setting = "referral_action" },
	{ .set.protocol = "sieve", .set.action = "suggest",
	  .host = "home.example", .setting = OTHER_PROTOCOL },
	{ .set.allowed_hosts = "*.example.com", .host = "home.example",
	  .setting = "referral_failure_action" },
	{ .host = "-bad-", .setting = "referral_failure_action" },
	{ .status = REFERRAL_LOOKUP_NO_ENTRY,
	  .setting = "referral_missing_action" },
	{ .status = REFERRAL_LOOKUP_NO_VALUE,
	  .setting = "referral_missing_action" },
	{ .status = REFERRAL_LOOKUP_SEVERAL_ENTRIES,
	  .setting = "referral_failure_action" },
	{ .status = REFERRAL_LOOKUP_UNAVAILABLE,
	  .setting = "referral_failure_action" },
	{ .status = REFERRAL_LOOKUP_DISAGREE },
};

void test_policy_setting(void)
{
	unsigned int i;

	test_begin("policy: setting");
	for (i = 0; i < N_ELEMENTS(settings); i++) {
		const char *hosts[] = { settings[i].host, NULL };
		const struct referral_lookup_result lookup = {
			.status = settings[i].status,
			.mailhosts = settings[i].host == NULL ? NULL : hosts,
			.action = settings[i].user_action,
		};
		struct referral_policy_input input = {
			.lookup = &lookup,
			.remote_ip = test_ip(settings[i].ip == NULL ? "" :
					     settings[i].ip),
			.can_proxy = TRUE,
		};
		struct referral_policy *policy =
			test_policy_get(&settings[i].set);
		struct referral_decision decision;
		pool_t pool = pool_datastack_create();

		referral_policy_find_home(policy, pool, &lookup, 0,
					  &input.home);
		referral_policy_decide(policy, pool, &input, &decision);
		test_assert_strcmp_idx(
			decision.setting == NULL ? "" : decision.setting,
			settings[i].setting == NULL ? "" :
			settings[i].setting, i);
	}
	test_end();
}
