/* Holds back successful logins until their decision is made. */

#include "auth-common.h"
#include "array.h"
#include "ioloop.h"
#include "llist.h"
#include "time-util.h"
#include "auth-fields.h"
#define AUTH_REQUEST_FIELDS_CONST
#include "auth-request.h"
#include "auth-request-handler.h"
#include "auth-request-handler-private.h"
#include "lookup.h"
#include "policy.h"
#include "referral-settings.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-outcome.h"
#include "auth-hook.h"

/* A handler is shared by all clients of a login process. So requests are
   marked one by one, and only marked ones are decided. */
#define REFERRAL_EVENT_MARK "login_referral_armed"

struct referral_pending {
	struct referral_pending *prev, *next;
	struct auth_request *request;
	const struct referral_auth_protocol *protocol;
	struct timeval started;

	/* a copy of the mechanism's final data */
	void *reply;
	size_t reply_size;
};

static struct referral_auth_config *hook_config;
static struct referral_pending *hook_pending;
/* Dovecot's own callback. There is only one: whoever else has put a callback
   of their own there is left alone. */
static auth_request_handler_reply_callback_t *hook_original;

static void
referral_auth_finish(struct referral_pending *pending,
		     const struct referral_lookup_result *lookup)
{
	struct auth_request *request = pending->request;
	struct auth_request_handler *handler = request->handler;
	enum auth_client_result result = AUTH_CLIENT_RESULT_SUCCESS;

	if (handler->destroyed || request->removed_from_handler) {
		/* nobody is listening any more, but the handler's reference
		   is still waiting for this call */
		referral_outcome_set_tempfail(request);
		result = AUTH_CLIENT_RESULT_FAILURE;
	} else {
		struct referral_outcome_params params = {
			.config = hook_config,
			.protocol = pending->protocol,
			.lookup = lookup,
			.started = pending->started,
		};
		T_BEGIN {
			result = referral_outcome_apply(request, &params);
		} T_END;
	}
	hook_original(request, result, pending->reply, pending->reply_size);
}

static void
referral_auth_lookup_done(const struct referral_lookup_result *lookup,
			  void *context)
{
	struct referral_pending *pending = context;
	struct auth_request *request = pending->request;

	DLLIST_REMOVE(&hook_pending, pending);
	referral_auth_finish(pending, lookup);
	/* pending is in the request's pool */
	auth_request_unref(&request);
}

/* Where an earlier passdb has said it all, nobody needs to be asked. */
static bool
referral_auth_lookup_field(const struct referral_pending *pending,
			   struct referral_lookup_result *lookup_r)
{
	const struct referral_settings *set = pending->protocol->set;
	const char *value = NULL;
	const char **values;

	i_zero(lookup_r);
	lookup_r->source = REFERRAL_SOURCE_FIELD;
	if (*set->referral_mailhost_field != '\0') {
		value = auth_fields_find(pending->request->fields.extra_fields,
					 set->referral_mailhost_field);
	}
	if (value != NULL) {
		values = t_new(const char *, 2);
		values[0] = value;
		lookup_r->status = REFERRAL_LOOKUP_HOSTS;
		lookup_r->mailhosts = values;
		return TRUE;
	}
	lookup_r->status = REFERRAL_LOOKUP_NO_VALUE;
	return hook_config->lookup == NULL;
}

static void referral_auth_decide(struct referral_pending *pending)
{
	struct auth_request *request = pending->request;
	struct referral_lookup_result lookup;

	if (referral_auth_lookup_field(pending, &lookup) ||
	    referral_lookup_cached(hook_config->lookup, request->fields.user,
				   &lookup)) {
		referral_auth_finish(pending, &lookup);
		return;
	}
	/* the caller's data and the client may both be gone by the answer */
	if (pending->reply_size > 0) {
		pending->reply = p_memdup(request->pool, pending->reply,
					  pending->reply_size);
	}
	auth_request_ref(request);
	pending = p_memdup(request->pool, pending, sizeof(*pending));
	DLLIST_PREPEND(&hook_pending, pending);
	(void)referral_lookup_start(hook_config->lookup, request->fields.user,
				    referral_auth_lookup_done, pending);
}

static void
referral_auth_reply(struct auth_request *request,
		    enum auth_client_result result,
		    const void *reply, size_t reply_size)
{
	struct auth_fields *fields = request->fields.extra_fields;
	struct referral_pending pending;

	if (result != AUTH_CLIENT_RESULT_SUCCESS || hook_config == NULL ||
	    request->handler->destroyed ||
	    event_get_ptr(request->event, REFERRAL_EVENT_MARK) == NULL ||
	    /* another passdb has decided */
	    auth_fields_exists(fields, "proxy") ||
	    auth_fields_exists(fields, "proxy_maybe") ||
	    auth_fields_exists(fields, "nologin")) {
		hook_original(request, result, reply, reply_size);
		return;
	}

	i_zero(&pending);
	pending.request = request;
	pending.protocol = referral_auth_config_find(hook_config,
		referral_compat_request_protocol(request));
	pending.started = ioloop_timeval;
	pending.reply = (void *)reply;
	pending.reply_size = reply_size;
	T_BEGIN {
		referral_auth_decide(&pending);
	} T_END;
}

void referral_auth_hook_arm(struct auth_request *request)
{
	struct auth_request_handler *handler = request->handler;

	if (worker || handler == NULL || request->auth_only ||
	    handler->token_auth || handler->destroyed)
		return;

	event_set_ptr(request->event, REFERRAL_EVENT_MARK, request);
	if (handler->reply_callback == referral_auth_reply)
		return;
	if (hook_original == NULL)
		hook_original = handler->reply_callback;
	/* Never over somebody else's callback: taking turns would recurse.
	   And never undone: requests of this handler may be held back. */
	if (handler->reply_callback == hook_original)
		handler->reply_callback = referral_auth_reply;
}

void referral_auth_hook_init(struct referral_auth_config *config)
{
	hook_config = config;
}

void referral_auth_hook_deinit(void)
{
	i_assert(hook_pending == NULL);
	hook_config = NULL;
}
