/* Where does mail for this user go? */

#include "auth-common.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-explain.h"
#include "auth-query.h"
#include "auth-outcome.h"
#include "auth-destination.h"

#define REFERRAL_PASS_PROTOCOL "lmtp"

/* the request's event remembers whose turn it is after ours */
#define REFERRAL_EVENT_PASS "login_referral_pass"

struct referral_pass {
	lookup_credentials_callback_t *callback;
};

static struct referral_auth_config *pass_config;
static lookup_credentials_callback_t *pass_callback;

static const struct referral_auth_protocol *referral_pass_protocol(void)
{
	return referral_auth_config_find(pass_config, REFERRAL_PASS_PROTOCOL);
}

/* The lookup ends with a callback that is private to the request: ours is put
   in its place. */
static void referral_pass_hold(struct auth_request *request)
{
	struct referral_pass *pass;

	if (request->private_callback.lookup_credentials == pass_callback)
		return;
	pass = p_new(request->pool, struct referral_pass, 1);
	pass->callback = request->private_callback.lookup_credentials;
	event_set_ptr(request->event, REFERRAL_EVENT_PASS, pass);
	request->private_callback.lookup_credentials = pass_callback;
}

static void
referral_pass_end(struct auth_request *request, enum passdb_result result)
{
	struct referral_pass *pass =
		event_get_ptr(request->event, REFERRAL_EVENT_PASS);

	referral_compat_credentials_reply(pass->callback, result, request);
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
	referral_pass_end(request, result);
}

static void
referral_pass_answered(struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       void *context ATTR_UNUSED)
{
	referral_pass_release(request, answer);
}

static void
referral_pass_finished(struct auth_request *request, enum passdb_result result)
{
	struct auth_fields *fields = request->fields.extra_fields;
	struct referral_auth_answer answer;

	if (result != PASSDB_RESULT_OK ||
	    /* another passdb has decided */
	    auth_fields_exists(fields, "proxy") ||
	    auth_fields_exists(fields, "proxy_maybe")) {
		referral_pass_end(request, result);
		return;
	}
	if (pass_config == NULL) {
		/* shutting down: undecided must not mean local */
		referral_pass_end(request, PASSDB_RESULT_INTERNAL_FAILURE);
		return;
	}
	if (referral_auth_query(pass_config, referral_pass_protocol(), request,
				0, referral_pass_answered, NULL, &answer))
		referral_pass_release(request, &answer);
}

void referral_auth_pass_arm(struct auth_request *request)
{
	if (pass_config == NULL || request->handler != NULL ||
	    request->wanted_credentials_scheme == NULL ||
	    *request->wanted_credentials_scheme != '\0' ||
	    referral_request_is_explain(request) ||
	    strcmp(referral_compat_request_protocol(request),
		   REFERRAL_PASS_PROTOCOL) != 0)
		return;
	referral_pass_hold(request);
}

void referral_auth_pass_init(struct referral_auth_config *config)
{
	pass_config = config;
	pass_callback = referral_compat_pass_callback(referral_pass_finished);
}

void referral_auth_pass_deinit(void)
{
	pass_config = NULL;
}
