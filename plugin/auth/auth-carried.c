/* Requests that the carrier has been asked about */

#include "auth-common.h"
#include "auth-request.h"
#include "auth-request-handler-private.h"
#include "compat-auth.h"
#include "auth-carried.h"

/* A handler is shared by all clients of a login process. So requests are
   marked one by one, and only marked ones are decided. */
#define REFERRAL_EVENT_MARK "login_referral_carried"

static char mark_guarded, mark_carried;

void referral_request_set_carried(struct auth_request *request, bool guard)
{
	if (request->auth_only ||
	    (request->handler != NULL && request->handler->token_auth) ||
	    /* a master user's login has met the carrier before */
	    (guard && referral_request_is_marked(request)))
		return;
	event_set_ptr(request->event, REFERRAL_EVENT_MARK,
		      guard ? &mark_guarded : &mark_carried);
}

bool referral_request_is_marked(const struct auth_request *request)
{
	return event_get_ptr(request->event, REFERRAL_EVENT_MARK) != NULL;
}

bool referral_request_is_carried(const struct auth_request *request)
{
	return event_get_ptr(request->event, REFERRAL_EVENT_MARK) !=
		&mark_guarded;
}

void referral_request_log_not_carried(struct auth_request *request)
{
	e_error(request->event, "%srefused: passdb { driver = referral } is "
		"limited and was not asked about this one, so its user's home "
		"is not known (remove mechanisms, username_filter and skip "
		"from it)", referral_compat_request_log_prefix(request));
}
