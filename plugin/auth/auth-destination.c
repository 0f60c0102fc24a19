/* Where does mail for this user go, where does a command for this user run? */

#include "auth-common.h"
#include "auth-request.h"
#include "compat-auth.h"
#include "auth-carried.h"
#include "auth-config.h"
#include "auth-explain.h"
#include "auth-query.h"
#include "auth-outcome.h"
#include "auth-destination.h"

static const char *const dest_protocols[] = { "lmtp", "doveadm", NULL };

/* the request's event remembers whose turn it is after ours */
#define REFERRAL_EVENT_DEST "login_referral_destination"

struct referral_dest {
	lookup_credentials_callback_t *callback;
};

static struct referral_auth_config *dest_config;
static lookup_credentials_callback_t *dest_callback;

static const struct referral_auth_protocol *
referral_dest_protocol(const struct auth_request *request)
{
	return referral_auth_config_find(dest_config,
		referral_compat_request_protocol(request));
}

/* The lookup ends with a callback that is private to the request: ours is put
   in its place. */
static void referral_dest_hold(struct auth_request *request)
{
	struct referral_dest *dest;

	if (request->private_callback.lookup_credentials == dest_callback)
		return;
	dest = p_new(request->pool, struct referral_dest, 1);
	dest->callback = request->private_callback.lookup_credentials;
	event_set_ptr(request->event, REFERRAL_EVENT_DEST, dest);
	request->private_callback.lookup_credentials = dest_callback;
}

static void
referral_dest_end(struct auth_request *request, enum passdb_result result)
{
	struct referral_dest *dest =
		event_get_ptr(request->event, REFERRAL_EVENT_DEST);

	referral_compat_credentials_reply(dest->callback, result, request);
}

static void
referral_dest_release(struct auth_request *request,
		      const struct referral_auth_answer *answer)
{
	enum passdb_result result;

	T_BEGIN {
		result = referral_outcome_apply_pass(dest_config, request, answer,
			referral_dest_protocol(request));
	} T_END;
	referral_dest_end(request, result);
}

static void
referral_dest_answered(struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       void *context ATTR_UNUSED)
{
	referral_dest_release(request, answer);
}

static void
referral_dest_finished(struct auth_request *request, enum passdb_result result)
{
	struct referral_auth_answer answer;

	if (result != PASSDB_RESULT_OK ||
	    referral_outcome_is_taken(request, FALSE)) {
		referral_dest_end(request, result);
		return;
	}
	if (!referral_request_is_carried(request)) {
		T_BEGIN {
			referral_request_log_not_carried(request);
		} T_END;
		referral_dest_end(request, PASSDB_RESULT_INTERNAL_FAILURE);
		return;
	}
	if (dest_config == NULL) {
		/* shutting down: undecided must not mean local */
		referral_dest_end(request, PASSDB_RESULT_INTERNAL_FAILURE);
		return;
	}
	if (referral_auth_query(dest_config, referral_dest_protocol(request),
				request, 0, referral_dest_answered, NULL,
				&answer))
		referral_dest_release(request, &answer);
}

void referral_auth_destination_arm(struct auth_request *request)
{
	if (dest_config == NULL || request->handler != NULL ||
	    request->wanted_credentials_scheme == NULL ||
	    *request->wanted_credentials_scheme != '\0' ||
	    referral_request_is_explain(request) ||
	    /* userdb static asks the passdbs whether the user exists */
	    request->fields.userdb_reply != NULL ||
	    !str_array_find(dest_protocols,
			    referral_compat_request_protocol(request)))
		return;
	referral_dest_hold(request);
}

void referral_auth_destination_init(struct referral_auth_config *config)
{
	dest_config = config;
	dest_callback = referral_compat_pass_callback(referral_dest_finished);
}

void referral_auth_destination_deinit(void)
{
	dest_config = NULL;
}
