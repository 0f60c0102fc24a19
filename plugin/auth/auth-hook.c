/* Holds back successful logins until their decision is made. */

#include "auth-common.h"
#include "auth-request.h"
#include "auth-request-handler.h"
#include "auth-request-handler-private.h"
#include "compat-auth.h"
#include "auth-carried.h"
#include "auth-config.h"
#include "auth-query.h"
#include "auth-outcome.h"
#include "auth-outcome-fields.h"
#include "auth-hook.h"

/* the mechanism's final data of a login that is held back */
struct referral_held_reply {
	const void *data;
	size_t size;
};

static struct referral_auth_config *hook_config;
/* Dovecot's own callback. There is only one: whoever else has put a callback
   of their own there is left alone. */
static auth_request_handler_reply_callback_t *hook_original;

static const struct referral_auth_protocol *
referral_hook_protocol(const struct auth_request *request)
{
	return referral_auth_config_find(hook_config,
		referral_compat_request_protocol(request));
}

static void
referral_hook_release(struct auth_request *request,
		      const struct referral_auth_answer *answer,
		      const struct referral_held_reply *reply)
{
	enum auth_client_result result = AUTH_CLIENT_RESULT_SUCCESS;

	if (request->handler->destroyed || request->removed_from_handler) {
		/* nobody is listening any more, but the handler's reference
		   is still waiting for this call */
		referral_outcome_set_tempfail(request);
		result = AUTH_CLIENT_RESULT_FAILURE;
	} else T_BEGIN {
		result = referral_outcome_apply(hook_config, request, answer,
			referral_hook_protocol(request));
	} T_END;
	hook_original(request, result, reply->data, reply->size);
}

static void
referral_hook_answered(struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       void *context)
{
	referral_hook_release(request, answer, context);
}

static void
referral_hook_decide(struct auth_request *request,
		     const void *data, size_t size)
{
	struct referral_held_reply *held;
	struct referral_auth_answer answer;

	held = p_new(request->pool, struct referral_held_reply, 1);
	held->data = data;
	held->size = size;
	if (referral_auth_query(hook_config, referral_hook_protocol(request),
				request, 0, referral_hook_answered, held,
				&answer)) {
		referral_hook_release(request, &answer, held);
		return;
	}
	/* the caller's data is gone by the time of the answer */
	if (size > 0)
		held->data = p_memdup(request->pool, data, size);
}

static void referral_hook_fail(struct auth_request *request)
{
	referral_outcome_set_tempfail(request);
	hook_original(request, AUTH_CLIENT_RESULT_FAILURE, NULL, 0);
}

static void
referral_hook_reply(struct auth_request *request,
		    enum auth_client_result result,
		    const void *reply, size_t reply_size)
{
	if (result != AUTH_CLIENT_RESULT_SUCCESS ||
	    request->handler->destroyed ||
	    !referral_request_is_marked(request) ||
	    referral_outcome_is_taken(request, TRUE)) {
		hook_original(request, result, reply, reply_size);
		return;
	}
	if (!referral_request_is_carried(request)) {
		T_BEGIN {
			referral_request_log_not_carried(request);
		} T_END;
		referral_hook_fail(request);
		return;
	}
	if (hook_config == NULL) {
		/* shutting down: undecided must not mean local */
		referral_hook_fail(request);
		return;
	}

	T_BEGIN {
		referral_hook_decide(request, reply, reply_size);
	} T_END;
}

/* Another module has put its own callback there: taking turns would recurse. */
static void referral_hook_refuse(struct auth_request *request)
{
	e_error(request->event, "%sanother module holds back this login "
		"process's replies: the login is refused, since its user's "
		"home can't be looked up (remove that module)",
		referral_compat_request_log_prefix(request));
	referral_outcome_set_tempfail(request);
}

bool referral_auth_hook_arm(struct auth_request *request)
{
	struct auth_request_handler *handler = request->handler;

	if (worker || handler == NULL || request->auth_only ||
	    handler->token_auth || handler->destroyed)
		return TRUE;

	if (handler->reply_callback == referral_hook_reply)
		return TRUE;
	if (hook_original == NULL)
		hook_original = handler->reply_callback;
	if (handler->reply_callback != hook_original) {
		referral_hook_refuse(request);
		return FALSE;
	}
	/* never undone: requests of this handler may be held back */
	handler->reply_callback = referral_hook_reply;
	return TRUE;
}

void referral_auth_hook_init(struct referral_auth_config *config)
{
	hook_config = config;
}

void referral_auth_hook_deinit(void)
{
	hook_config = NULL;
}
