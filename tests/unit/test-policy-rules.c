/* What must hold for every combination of settings and input. */

#include "lib.h"
#include "test-core.h"
#include "test-policy.h"

static const char *const protocols[] = { "imap", "sieve", "pop3", "lmtp" };
static const char *const actions[] = {
	"refer", "offer", "suggest", "proxy", "local",
};
static const char *const other_actions[] = { "proxy", "local", "reject" };
static const char *const missing_actions[] = { "local", "reject", "tempfail" };
static const char *const failure_actions[] = { "tempfail", "local" };
static const char *const user_actions[] = {
	NULL, "refer", "offer", "suggest", "proxy", "local", "reject",
	"tempfail", "x",
};
static const char *const remote_ips[] = { "10.0.0.1", "192.0.2.9", "" };

enum answer {
	ANSWER_HOME,
	ANSWER_ELSEWHERE,
	ANSWER_NOT_ALLOWED,
	ANSWER_INVALID,
	ANSWER_NO_ENTRY,
	ANSWER_NO_VALUE,
	ANSWER_SEVERAL,
	ANSWER_DISAGREE,
	ANSWER_UNAVAILABLE,
	ANSWER_COUNT
};

static const struct {
	enum referral_lookup_status status;
	const char *value;
} answers[ANSWER_COUNT] = {
	[ANSWER_HOME] = { REFERRAL_LOOKUP_HOSTS, "us.example" },
	[ANSWER_ELSEWHERE] = { REFERRAL_LOOKUP_HOSTS, "them.example" },
	[ANSWER_NOT_ALLOWED] = { REFERRAL_LOOKUP_HOSTS, "evil.org" },
	[ANSWER_INVALID] = { REFERRAL_LOOKUP_HOSTS, "x]y" },
	[ANSWER_NO_ENTRY] = { REFERRAL_LOOKUP_NO_ENTRY, NULL },
	[ANSWER_NO_VALUE] = { REFERRAL_LOOKUP_NO_VALUE, NULL },
	[ANSWER_SEVERAL] = { REFERRAL_LOOKUP_SEVERAL_ENTRIES, NULL },
	[ANSWER_DISAGREE] = { REFERRAL_LOOKUP_DISAGREE, NULL },
	[ANSWER_UNAVAILABLE] = { REFERRAL_LOOKUP_UNAVAILABLE, NULL },
};

struct rule_case {
	struct test_policy_settings set;
	enum answer answer;
	const char *user_action, *remote_ip;
	bool can_proxy;
};

static bool is(const char *str, const char *word)
{
	return null_strcmp(str, word) == 0;
}

/* Has anybody said that this ends in a local session? */
static bool local_is_wanted(const struct rule_case *rule)
{
	if (is(rule->user_action, "tempfail"))
		return FALSE;
	switch (rule->answer) {
	case ANSWER_HOME:
		return TRUE;
	case ANSWER_DISAGREE:
		return FALSE;
	case ANSWER_ELSEWHERE:
		return is(rule->set.action, "local") ||
			is(rule->set.other_action, "local") ||
			is(rule->user_action, "local");
	case ANSWER_NO_ENTRY:
	case ANSWER_NO_VALUE:
		return is(rule->set.missing_action, "local");
	default:
		return is(rule->set.failure_action, "local");
	}
}

static bool referral_is_wanted(const struct rule_case *rule)
{
	return rule->answer == ANSWER_ELSEWHERE &&
		!is(rule->user_action, "tempfail") &&
		is(rule->remote_ip, "10.0.0.1") &&
		(is(rule->set.protocol, "imap") ||
		 is(rule->set.protocol, "sieve"));
}

static bool
rules_hold(const struct rule_case *rule,
	   const struct referral_decision *decision)
{
	bool lmtp = is(rule->set.protocol, "lmtp");

	switch (decision->action) {
	case REFERRAL_ACTION_LOCAL:
		return local_is_wanted(rule);
	case REFERRAL_ACTION_OFFER:
		if (!rule->can_proxy)
			return FALSE;
		/* fall through */
	case REFERRAL_ACTION_REFER:
	case REFERRAL_ACTION_SUGGEST:
		return referral_is_wanted(rule) &&
			is(decision->target.name, "them.example");
	case REFERRAL_ACTION_PROXY:
		return rule->answer == ANSWER_ELSEWHERE &&
			!is(rule->user_action, "tempfail") &&
			(rule->can_proxy || lmtp) &&
			is(decision->home.name, "them.example");
	case REFERRAL_ACTION_REJECT:
		return rule->answer != ANSWER_HOME && !lmtp &&
			(is(rule->set.missing_action, "reject") ||
			 is(rule->set.other_action, "reject"));
	case REFERRAL_ACTION_TEMPFAIL:
		return rule->answer != ANSWER_HOME ||
			is(rule->user_action, "tempfail");
	}
	return FALSE;
}

/* Is everything asked first that the decision hangs on? */
static bool
questions_fit(const struct referral_policy *policy,
	      const struct referral_policy_input *input,
	      const struct referral_decision *decision)
{
	bool here = decision->action == REFERRAL_ACTION_LOCAL &&
		(decision->reason == REFERRAL_REASON_HOME ||
		 decision->reason == REFERRAL_REASON_NO_ENTRY ||
		 decision->reason == REFERRAL_REASON_NO_VALUE);
	bool away = decision->action == REFERRAL_ACTION_REFER ||
		decision->action == REFERRAL_ACTION_OFFER ||
		decision->action == REFERRAL_ACTION_SUGGEST ||
		decision->action == REFERRAL_ACTION_PROXY;

	if ((here || decision->reason == REFERRAL_REASON_MOVING) &&
	    !referral_policy_wants_fresh(policy, input))
		return FALSE;
	return !away || referral_policy_sends_away(policy, input);
}

static bool check_policy(struct rule_case *rule)
{
	struct referral_policy *policy = test_policy_get(&rule->set);
	struct referral_lookup_result lookup;
	struct referral_policy_input input;
	struct referral_decision decision;
	unsigned int i;

	for (i = 0; i < ANSWER_COUNT * N_ELEMENTS(user_actions) *
		     N_ELEMENTS(remote_ips) * 2; i++) {
		unsigned int n = i / 2;
		const char *mailhosts[2];

		rule->can_proxy = i % 2 == 1;
		rule->answer = n % ANSWER_COUNT;
		n /= ANSWER_COUNT;
		rule->user_action = user_actions[n % N_ELEMENTS(user_actions)];
		n /= N_ELEMENTS(user_actions);
		rule->remote_ip = remote_ips[n];

		mailhosts[0] = answers[rule->answer].value;
		mailhosts[1] = NULL;
		i_zero(&lookup);
		lookup.status = answers[rule->answer].status;
		lookup.mailhosts = mailhosts;
		lookup.action = rule->user_action;
		i_zero(&input);
		input.lookup = &lookup;
		input.remote_ip = test_ip(rule->remote_ip);
		input.can_proxy = rule->can_proxy;
		referral_policy_find_home(policy, pool_datastack_create(),
					  &lookup, 0, &input.home);
		referral_policy_decide(policy, pool_datastack_create(),
				       &input, &decision);
		if (!rules_hold(rule, &decision) ||
		    !questions_fit(policy, &input, &decision))
			return FALSE;
	}
	return TRUE;
}

void test_policy_rules(void)
{
	struct rule_case rule;
	unsigned int i, n, count = N_ELEMENTS(protocols) *
		N_ELEMENTS(actions) * N_ELEMENTS(other_actions) *
		N_ELEMENTS(missing_actions) * N_ELEMENTS(failure_actions);

	test_begin("policy: rules that always hold");
	i_zero(&rule);
	rule.set.networks = "10.0.0.0/8";
	rule.set.allowed_hosts = "*.example";
	for (i = 0; i < count; i++) T_BEGIN {
		n = i;
		rule.set.protocol = protocols[n % N_ELEMENTS(protocols)];
		n /= N_ELEMENTS(protocols);
		rule.set.action = actions[n % N_ELEMENTS(actions)];
		n /= N_ELEMENTS(actions);
		rule.set.other_action =
			other_actions[n % N_ELEMENTS(other_actions)];
		n /= N_ELEMENTS(other_actions);
		rule.set.missing_action =
			missing_actions[n % N_ELEMENTS(missing_actions)];
		n /= N_ELEMENTS(missing_actions);
		rule.set.failure_action = failure_actions[n];
		test_assert_idx(check_policy(&rule), i);
	} T_END;
	test_end();
}
