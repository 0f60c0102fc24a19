/* Who was at home here, and is not any more? */

#include "lib.h"
#include "array.h"
#include "identity.h"
#include "policy-private.h"

/* The port that clients have come in on is not known here: it might make this
   server the home after all. */
static bool
host_may_be_us(const struct referral_policy *policy,
	       const struct referral_policy_input *input,
	       const struct referral_host *host)
{
	struct referral_host any_port = *host;
	unsigned int i;

	any_port.port = 0;
	if (referral_identity_matches(policy->identity, &any_port, 0))
		return TRUE;
	for (i = 0; i < input->home_ips_count; i++) {
		if (referral_identity_matches_ip(policy->identity, &any_port,
						 &input->home_ips[i], 0))
			return TRUE;
	}
	return FALSE;
}

static bool is_session_here(enum referral_action action)
{
	return action == REFERRAL_ACTION_LOCAL ||
		action == REFERRAL_ACTION_SUGGEST;
}

/* for clients of whatever network */
static bool
may_have_session_here(const struct referral_policy *policy,
		      const struct referral_policy_input *input,
		      const struct referral_decision *decision)
{
	enum referral_action user_action;

	if (is_session_here(decision->action) ||
	    is_session_here(policy->action))
		return TRUE;
	if (array_count(&policy->networks) > 0 &&
	    is_session_here(policy->other_action))
		return TRUE;
	return input->lookup->action != NULL &&
		referral_action_parse(input->lookup->action, &user_action) &&
		is_session_here(user_action);
}

bool referral_policy_has_left(const struct referral_policy *policy,
			      pool_t pool,
			      const struct referral_policy_input *before,
			      const struct referral_policy_input *after)
{
	struct referral_decision decision;

	if (policy->identity == NULL)
		return FALSE;
	referral_policy_decide(policy, pool, before, &decision);
	if (decision.reason != REFERRAL_REASON_HOME)
		return FALSE;
	referral_policy_decide(policy, pool, after, &decision);
	return decision.reason == REFERRAL_REASON_ELSEWHERE &&
		!host_may_be_us(policy, after, &decision.home) &&
		!may_have_session_here(policy, after, &decision);
}
