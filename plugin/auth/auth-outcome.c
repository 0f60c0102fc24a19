/* From an answer to the end of a login or a lookup. */

#include "auth-common.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "policy.h"
#include "referral-decision.h"
#include "referral-settings.h"
#include "auth-config.h"
#include "auth-counts.h"
#include "auth-log.h"
#include "auth-loop.h"
#include "auth-query.h"
#include "auth-outcome-fields.h"
#include "auth-outcome.h"

bool referral_outcome_is_taken(struct auth_request *request, bool login)
{
	static const char *const taking_fields[] = {
		"proxy", "proxy_maybe", "nologin"
	};
	unsigned int i, count = N_ELEMENTS(taking_fields);

	/* LMTP and doveadm ask in spite of it */
	if (!login)
		count--;
	for (i = 0; i < count; i++) {
		if (auth_fields_exists(request->fields.extra_fields,
				       taking_fields[i])) {
			referral_auth_log_taken(request, taking_fields[i]);
			return TRUE;
		}
	}
	return FALSE;
}

void referral_outcome_decide(struct auth_request *request,
			     const struct referral_auth_answer *answer,
			     const struct referral_auth_protocol *protocol,
			     bool can_proxy,
			     struct referral_decision *decision_r)
{
	struct referral_policy_input input;

	if (protocol->policy == NULL) {
		i_zero(decision_r);
		decision_r->action = REFERRAL_ACTION_TEMPFAIL;
		decision_r->reason = REFERRAL_REASON_UNAVAILABLE;
		decision_r->detail = protocol->error;
		return;
	}
	referral_auth_answer_to_input(request, protocol, answer, &input);
	input.can_proxy = can_proxy;
	referral_policy_decide(protocol->policy, request->pool,
			       &input, decision_r);
	referral_auth_loop_end(request, answer, protocol, decision_r);
}

static void
referral_outcome_decide_login(const struct referral_auth_config *config,
			      struct auth_request *request,
			      const struct referral_auth_answer *answer,
			      const struct referral_auth_protocol *protocol,
			      struct referral_decision *decision_r)
{
	referral_outcome_decide(request, answer, protocol,
				referral_outcome_can_proxy(request, protocol),
				decision_r);
	if (!protocol->set->referral_dry_run) {
		referral_auth_loop_count(config, request, answer, protocol,
					 decision_r);
	}
	referral_auth_counts_add(decision_r);
	referral_auth_log(request, answer, protocol, decision_r);
	if (protocol->set->referral_dry_run)
		decision_r->action = REFERRAL_ACTION_LOCAL;
}

enum auth_client_result
referral_outcome_apply(const struct referral_auth_config *config,
		       struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       const struct referral_auth_protocol *protocol)
{
	struct referral_decision decision;

	referral_outcome_decide_login(config, request, answer, protocol,
				      &decision);
	referral_outcome_set_fields(request, answer, protocol, &decision);
	return decision.action == REFERRAL_ACTION_TEMPFAIL ?
		AUTH_CLIENT_RESULT_FAILURE : AUTH_CLIENT_RESULT_SUCCESS;
}

enum passdb_result
referral_outcome_apply_pass(const struct referral_auth_config *config,
			    struct auth_request *request,
			    const struct referral_auth_answer *answer,
			    const struct referral_auth_protocol *protocol)
{
	struct referral_decision decision;

	referral_outcome_decide_login(config, request, answer, protocol,
				      &decision);
	switch (decision.action) {
	case REFERRAL_ACTION_OFFER:
	case REFERRAL_ACTION_PROXY:
		decision.action = REFERRAL_ACTION_PROXY;
		referral_outcome_set_fields(request, answer, protocol,
					    &decision);
		return PASSDB_RESULT_OK;
	case REFERRAL_ACTION_LOCAL:
	case REFERRAL_ACTION_SUGGEST:
		return PASSDB_RESULT_OK;
	case REFERRAL_ACTION_REFER:
	case REFERRAL_ACTION_REJECT:
	case REFERRAL_ACTION_TEMPFAIL:
		break;
	}
	/* Not "unknown user": that would have the mail delivered here. */
	return PASSDB_RESULT_INTERNAL_FAILURE;
}
