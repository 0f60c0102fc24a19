/* Where does mail for this user go? */

#include "auth-common.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-query.h"
#include "auth-outcome.h"
#include "auth-pass.h"

#define REFERRAL_PASS_PROTOCOL "lmtp"

static struct referral_auth_config *pass_config;

static const struct referral_auth_protocol *referral_pass_protocol(void)
{
	return referral_auth_config_find(pass_config, REFERRAL_PASS_PROTOCOL);
}

static void
referral_pass_release(struct auth_request *request,
		      const struct referral_auth_answer *answer)
{
	enum passdb_result result;

	T_BEGIN {
		result = referral_outcome_apply_pass(request, answer,
						     referral_pass_protocol());
	} T_END;
	referral_compat_pass_release(request, result);
}

static void
referral_pass_answered(struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       void *context ATTR_UNUSED)
{
	referral_pass_release(request, answer);
}

void referral_auth_pass_finished(struct auth_request *request,
				 enum passdb_result result)
{
	struct auth_fields *fields = request->fields.extra_fields;
	struct referral_auth_answer answer;

	if (result != PASSDB_RESULT_OK ||
	    /* another passdb has decided */
	    auth_fields_exists(fields, "proxy") ||
	    auth_fields_exists(fields, "proxy_maybe")) {
		referral_compat_pass_release(request, result);
		return;
	}
	if (pass_config == NULL) {
		/* shutting down: undecided must not mean local */
		referral_compat_pass_release(request,
					     PASSDB_RESULT_INTERNAL_FAILURE);
		return;
	}
	if (referral_auth_query(pass_config, referral_pass_protocol(), request,
				referral_pass_answered, NULL, &answer))
		referral_pass_release(request, &answer);
}

void referral_auth_pass_arm(struct auth_request *request)
{
	if (pass_config == NULL || request->handler != NULL ||
	    request->wanted_credentials_scheme == NULL ||
	    *request->wanted_credentials_scheme != '\0' ||
	    strcmp(referral_compat_request_protocol(request),
		   REFERRAL_PASS_PROTOCOL) != 0)
		return;
	referral_compat_pass_hold(request);
}

void referral_auth_pass_init(struct referral_auth_config *config)
{
	pass_config = config;
}

void referral_auth_pass_deinit(void)
{
	pass_config = NULL;
}
