/* A login's decision without a login. */

#include "auth-common.h"
#include "ioloop.h"
#include "llist.h"
#include "net.h"
#include "str.h"
#include "str-sanitize.h"
#include "time-util.h"
#include "auth.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "passdb-cache.h"
#include "referral-line.h"
#include "referral-settings.h"
#include "args.h"
#include "compat-auth.h"
#include "auth-carried.h"
#include "auth-config.h"
#include "auth-explain-answer.h"
#include "auth-query.h"
#include "passdb-referral.h"
#include "auth-explain.h"

#define REFERRAL_EVENT_EXPLAIN "login_referral_explain"

#define EXPLAIN_DEFAULT_PROTOCOL "imap"
#define EXPLAIN_DEFAULT_MECH "PLAIN"

/* In its request's pool */
struct referral_explain {
	struct referral_explain *prev, *next;
	struct auth_request *request;
	const struct referral_auth_protocol *protocol;
	struct timeval started;
	/* what the passdbs said */
	const char *passdb;

	/* NULL when nobody waits any more: a passdb's lookup can't be
	   cancelled, so the request lives until that is done */
	referral_explain_callback_t *callback;
	void *context;

	/* NULL while there is none */
	string_t *answer;
	struct timeout *to;
	/* inside referral_explain_start() */
	bool starting;
};

static struct referral_auth_config *explain_config;
static struct referral_explain *explains;

bool referral_request_is_explain(const struct auth_request *request)
{
	return event_get_ptr(request->event, REFERRAL_EVENT_EXPLAIN) != NULL;
}

static void explain_free(struct referral_explain *explain)
{
	struct auth_request *request = explain->request;

	timeout_remove(&explain->to);
	DLLIST_REMOVE(&explains, explain);
	event_set_ptr(request->event, REFERRAL_EVENT_EXPLAIN, NULL);
	auth_request_unref(&request);
}

static void explain_finish(struct referral_explain *explain)
{
	referral_explain_callback_t *callback = explain->callback;

	explain->callback = NULL;
	if (callback != NULL)
		callback(str_c(explain->answer), explain->context);
	explain_free(explain);
}

/* lookup: NULL if the directory was not asked */
static void
explain_answer(struct referral_explain *explain,
	       const struct referral_auth_answer *lookup)
{
	const struct referral_explain_answer params = {
		.request = explain->request,
		.protocol = explain->protocol,
		.started = explain->started,
		.passdb = explain->passdb,
		.lookup = lookup,
	};

	if (explain_config != NULL && explain->callback != NULL) T_BEGIN {
		explain->answer = str_new(explain->request->pool, 256);
		referral_explain_answer_append(&params, explain->answer);
	} T_END;
	if (explain->starting)
		explain->to = timeout_add_short(0, explain_finish, explain);
	else
		explain_finish(explain);
}

static void
explain_looked_up(struct auth_request *request ATTR_UNUSED,
		  const struct referral_auth_answer *answer, void *context)
{
	explain_answer(context, answer);
}

static void explain_query(struct referral_explain *explain)
{
	struct referral_auth_answer answer;

	if (referral_auth_query(explain_config, explain->protocol,
				explain->request,
				REFERRAL_AUTH_QUERY_FLAG_EXPLAIN,
				explain_looked_up, explain, &answer))
		explain_answer(explain, &answer);
}

/* Is there a passdb (PAM for one) that knows users only by their passwords?
   Then "unknown" says nothing: Dovecot makes it of SCHEME_NOT_AVAILABLE, too,
   if another passdb did not know the user. */
static bool explain_is_unsure(struct auth_request *request)
{
	const struct auth_passdb *db;

	for (db = auth_request_get_auth(request)->passdbs; db != NULL;
	     db = db->next) {
		if (db->passdb->iface.lookup_credentials == NULL)
			return TRUE;
	}
	return FALSE;
}

/* Returns the words for what the passdbs said; decided_r: is a login with the
   right password ours to decide? */
static const char *
explain_passdb_result(struct auth_request *request, enum passdb_result result,
		      bool *decided_r)
{
	struct auth_fields *fields = request->fields.extra_fields;

	*decided_r = FALSE;
	switch (result) {
	case PASSDB_RESULT_OK:
		if (request->failed || !request->passdb_success)
			return "refused";
		if (auth_fields_exists(fields, "proxy") ||
		    auth_fields_exists(fields, "proxy_maybe") ||
		    auth_fields_exists(fields, "nologin"))
			return "another passdb decides";
		*decided_r = TRUE;
		return "known";
	case PASSDB_RESULT_USER_UNKNOWN:
	case PASSDB_RESULT_PASSWORD_MISMATCH:
	case PASSDB_RESULT_SCHEME_NOT_AVAILABLE:
		if (result == PASSDB_RESULT_SCHEME_NOT_AVAILABLE ||
		    explain_is_unsure(request)) {
			*decided_r = TRUE;
			return "not verified";
		}
		return "unknown user";
	case PASSDB_RESULT_USER_DISABLED:
		return "disabled";
	case PASSDB_RESULT_PASS_EXPIRED:
		return "expired";
	case PASSDB_RESULT_NEXT:
	case PASSDB_RESULT_INTERNAL_FAILURE:
		break;
	}
	return "internal failure";
}

/* auth_cache_size: the lookup has just been kept there. A user that is created
   now could not log in until auth_cache_negative_ttl is over. */
static void explain_forget_unknown(const struct auth_request *request)
{
	const char *const users[] = { request->fields.user, NULL };

	if (passdb_cache != NULL)
		(void)auth_cache_clear_users(passdb_cache, users);
}

static void
explain_verified(struct auth_request *request, enum passdb_result result)
{
	struct referral_explain *explain =
		event_get_ptr(request->event, REFERRAL_EVENT_EXPLAIN);
	bool decided;

	referral_compat_request_clear_mech(request);
	if (result == PASSDB_RESULT_USER_UNKNOWN)
		explain_forget_unknown(request);
	/* passdbs are deinitialised after us */
	if (explain_config == NULL) {
		explain_finish(explain);
		return;
	}
	explain->passdb = explain_passdb_result(request, result, &decided);
	if (decided &&
	    !referral_passdb_is_in(auth_request_get_auth(request))) {
		explain->passdb = "no passdb referral for this protocol";
		decided = FALSE;
	} else if (decided && !referral_request_is_carried(request)) {
		explain->passdb = "passdb referral is limited to others";
		decided = FALSE;
	}
	if (decided)
		explain_query(explain);
	else
		explain_answer(explain, NULL);
}

/* Dovecot would silently take an address that it can't read for none. */
static bool explain_value_is_valid(const char *key, const char *value)
{
	struct ip_addr ip;
	in_port_t port;

	if (strcmp(key, "lip") == 0 || strcmp(key, "rip") == 0)
		return net_addr2ip(value, &ip) == 0;
	if (strcmp(key, "lport") == 0 || strcmp(key, "rport") == 0)
		return net_str2port(value, &port) == 0;
	return TRUE;
}

/* What may be told of the session */
static int
explain_import(struct auth_request *request, const char *const *args,
	       const char **error_r)
{
	static const char *const keys[] = {
		"service", "lip", "rip", "lport", "rport", "session",
		"local_name", "secured", NULL
	};
	const char *key, *value;

	/* the protocol chooses the passdbs */
	if (!auth_request_import_info(request, "service",
				      EXPLAIN_DEFAULT_PROTOCOL))
		i_unreached();
	for (; *args != NULL; args++) {
		value = strchr(*args, '=');
		if (value == NULL)
			continue;
		key = t_strdup_until(*args, value++);
		if (!str_array_find(keys, key) &&
		    strncmp(key, "forward_", 8) != 0)
			continue;
		if (!explain_value_is_valid(key, value) ||
		    !auth_request_import_auth(request, key, value)) {
			*error_r = t_strdup_printf("invalid %s: %s", key,
						   str_sanitize(value, 64));
			return -1;
		}
	}
	return 0;
}

static bool explain_has_logins(const struct auth_request *request)
{
	const char *protocol = referral_compat_request_protocol(request);

	return strcmp(protocol, "lmtp") != 0 &&
		strcmp(protocol, "doveadm") != 0;
}

/* Passdbs may be limited to some mechanisms. */
static int
explain_set_mech(struct auth_request *request, const char *const *args,
		 const char **error_r)
{
	const char *mech = referral_args_find(args, REFERRAL_LINE_MECH);

	if (mech == NULL && !explain_has_logins(request))
		return 0;
	if (referral_compat_request_set_mech(request, t_str_ucase(
			mech == NULL ? EXPLAIN_DEFAULT_MECH : mech)) ||
	    mech == NULL)
		return 0;
	*error_r = t_strdup_printf("mechanism %s is not in auth_mechanisms",
				   str_sanitize(mech, 64));
	return -1;
}

static const char *explain_log_prefix(struct auth_request *request)
{
	return t_strdup_printf("referral explain(%s): ",
		request->fields.user == NULL ? "" :
		str_sanitize(request->fields.user, 64));
}

static struct auth_request *explain_request_create(void)
{
	struct auth_request *request =
		referral_compat_request_create(auth_event);

	/* Before anything can log: a line about an unknown user looks like
	   somebody's guess (fail2ban). In Dovecot 2.3 the passdbs' events
	   inherit the level; in 2.4 each has that of its own settings, and the
	   prefix says what the line is. Auth workers have requests of their
	   own: what they log can't be helped. */
	event_set_min_log_level(request->event, LOG_TYPE_WARNING);
	event_set_log_prefix_callback(request->event, FALSE,
				      explain_log_prefix, request);
	return request;
}

static int
explain_set_user(struct auth_request *request, const char *user,
		 const char **error_r)
{
	if (!auth_request_set_username(request, user, error_r))
		return -1;
	if (request->fields.requested_login_user != NULL) {
		*error_r = "a master user: ask for the target alone";
		return -1;
	}
	return 0;
}

int referral_explain_normalize(const char *user, const char **name_r,
			       const char **error_r)
{
	static const char *const no_args[] = { NULL };
	struct auth_request *request = explain_request_create();
	int ret;

	ret = explain_import(request, no_args, error_r);
	auth_request_init(request);
	if (ret == 0)
		ret = explain_set_user(request, user, error_r);
	if (ret == 0)
		*name_r = t_strdup(request->fields.user);
	else
		*error_r = t_strdup(*error_r);
	auth_request_unref(&request);
	return ret;
}

/* Is the name one that needs no passdb any more? */
static bool
explain_is_session_user(const struct referral_auth_protocol *protocol,
			const char *const *args)
{
	const char *value =
		referral_args_find(args, REFERRAL_LINE_SESSION_USER);

	return value != NULL && strcmp(value, "yes") == 0 &&
		*protocol->set->referral_mailhost_field == '\0';
}

/* The order of calls is what matters here. */
static int
explain_request_init(struct auth_request *request, const char *user,
		     const char *const *args,
		     const struct referral_auth_protocol **protocol_r,
		     bool *verified_r, const char **error_r)
{
	if (explain_import(request, args, error_r) < 0)
		return -1;
	auth_request_init(request);
	/* else the policy server would be asked
	   (auth_policy_check_before_auth) */
	request->policy_processed = TRUE;
	*protocol_r = referral_auth_config_find(explain_config,
		referral_compat_request_protocol(request));
	*verified_r = explain_is_session_user(*protocol_r, args);
	if (*verified_r) {
		auth_request_set_username_forced(request, user);
		return 0;
	}
	/* after init: auth_username_format, master user separator */
	if (explain_set_user(request, user, error_r) < 0)
		return -1;
	return explain_set_mech(request, args, error_r);
}

int referral_explain_start(const char *user, const char *const *args,
			   referral_explain_callback_t *callback, void *context,
			   struct referral_explain **explain_r,
			   const char **error_r)
{
	struct auth_request *request = explain_request_create();
	const struct referral_auth_protocol *protocol;
	struct referral_explain *explain;
	bool verified;

	if (explain_request_init(request, user, args, &protocol, &verified,
				 error_r) < 0) {
		*error_r = t_strdup(*error_r);
		referral_compat_request_clear_mech(request);
		auth_request_unref(&request);
		return -1;
	}
	explain = p_new(request->pool, struct referral_explain, 1);
	explain->request = request;
	explain->protocol = protocol;
	explain->callback = callback;
	explain->context = context;
	i_gettimeofday(&explain->started);
	DLLIST_PREPEND(&explains, explain);
	event_set_ptr(request->event, REFERRAL_EVENT_EXPLAIN, explain);

	explain->starting = TRUE;
	if (verified) {
		explain->passdb = "session";
		explain_query(explain);
	} else {
		referral_compat_request_lookup(request, explain_verified);
	}
	explain->starting = FALSE;
	*explain_r = explain;
	return 0;
}

void referral_explain_cancel(struct referral_explain **_explain)
{
	struct referral_explain *explain = *_explain;

	*_explain = NULL;
	explain->callback = NULL;
}

void referral_explain_init(struct referral_auth_config *config)
{
	explain_config = config;
}

/* Dovecot 2.4 holds an internal failure back for a while
   (auth_internal_failure_delay), with a reference. When the ioloop has ended,
   nobody calls back any more. */
static void explain_end_delayed(struct referral_explain *explain)
{
	struct auth_request *request = explain->request;

	if (request->to_penalty == NULL)
		return;
	timeout_remove(&request->to_penalty);
	referral_compat_request_clear_mech(request);
	explain_finish(explain);
	auth_request_unref(&request);
}

void referral_explain_deinit(void)
{
	struct referral_explain *explain, *next;

	explain_config = NULL;
	for (explain = explains; explain != NULL; explain = next) {
		next = explain->next;
		explain->callback = NULL;
		if (explain->to != NULL)
			explain_finish(explain);
		else
			explain_end_delayed(explain);
	}
}
