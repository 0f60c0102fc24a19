/* The log line and the event of a decision. */

#include "auth-common.h"
#include "event-filter.h"
#include "ioloop.h"
#include "str.h"
#include "time-util.h"
#include "auth-request.h"
#include "mailhost.h"
#include "missing.h"
#include "words.h"
#include "referral-decision.h"
#include "referral-settings.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-query.h"
#include "auth-log.h"

static struct referral_missing log_missing;

/* What sites may set to see events: metrics, log_debug, log_core_filter. These
   filters are not changed but replaced. */
static struct referral_log_filter {
	struct event_filter *filter;
	bool empty;
} log_filters[3];

static bool referral_log_is_refused(const struct referral_decision *decision)
{
	return decision->action == REFERRAL_ACTION_TEMPFAIL ||
		decision->action == REFERRAL_ACTION_REJECT;
}

/* Is there something to mend, in the directory or in the settings? A dry run is
   for finding that out: who has no home there may be one who was not found. */
static bool
referral_log_is_trouble(const struct referral_auth_answer *answer,
			const struct referral_decision *decision, bool dry_run)
{
	switch (decision->reason) {
	case REFERRAL_REASON_HOME:
		/* nobody could be asked whether it still is */
		return answer->lookup.source == REFERRAL_SOURCE_STALE;
	case REFERRAL_REASON_ELSEWHERE:
	case REFERRAL_REASON_MOVING:
		return FALSE;
	case REFERRAL_REASON_NO_ENTRY:
	case REFERRAL_REASON_NO_VALUE:
		return referral_log_is_refused(decision) || dry_run ||
			decision->detail != NULL;
	default:
		return decision->detail != NULL || dry_run;
	}
}

static enum log_type
referral_log_level(const struct referral_auth_answer *answer,
		   const struct referral_decision *decision, bool dry_run)
{
	if (referral_log_is_trouble(answer, decision, dry_run))
		return LOG_TYPE_WARNING;
	if (decision->action == REFERRAL_ACTION_LOCAL &&
	    decision->reason == REFERRAL_REASON_HOME &&
	    decision->detail == NULL)
		return LOG_TYPE_DEBUG;
	return LOG_TYPE_INFO;
}

/* Does somebody wait to read this? A dry run is made for it, and a user who was
   refused will ask why. */
static bool
referral_log_is_always_shown(const struct referral_decision *decision,
			     bool dry_run)
{
	return dry_run || referral_log_is_refused(decision);
}

static bool
referral_log_filter_is_empty(struct referral_log_filter *known,
			     struct event_filter *filter)
{
	string_t *str;

	if (filter == NULL)
		return TRUE;
	if (filter != known->filter) {
		event_filter_unref(&known->filter);
		known->filter = filter;
		event_filter_ref(filter);
		str = t_str_new(256);
		event_filter_export(filter, str);
		known->empty = str_len(str) == 0;
	}
	return known->empty;
}

/* An event costs the auth process more than all the rest of a cached referral,
   and most sites neither count events nor have auth_verbose. */
static bool
referral_log_is_wanted(struct auth_request *request, enum log_type level)
{
	struct event_filter *send_filter;

	return event_want_log_level(request->event, level) ||
		!referral_compat_send_filter_get(&send_filter) ||
		!referral_log_filter_is_empty(&log_filters[0], send_filter) ||
		!referral_log_filter_is_empty(&log_filters[1],
			event_get_global_debug_log_filter()) ||
		!referral_log_filter_is_empty(&log_filters[2],
			event_get_global_core_log_filter());
}

static const char *
referral_log_text(const struct referral_auth_answer *answer,
		  const struct referral_auth_protocol *protocol,
		  const struct referral_decision *decision, long long usecs)
{
	bool dry_run = protocol->set->referral_dry_run;
	string_t *str = t_str_new(128);

	if (dry_run)
		str_append(str, "dry run, would be: ");
	str_append(str, referral_action_to_string(decision->action));
	if (decision->target.name != NULL) {
		str_append(str, " to ");
		str_append(str, referral_host_to_string(&decision->target,
							REFERRAL_IMAP_PORT));
	}
	str_printfa(str, " (%s, %s, %lld.%03lld ms)",
		    referral_reason_to_string(decision->reason),
		    referral_source_to_string(answer->lookup.source),
		    usecs / 1000, usecs % 1000);
	if (dry_run && !protocol->proxy_tls &&
	    (decision->action == REFERRAL_ACTION_PROXY ||
	     decision->action == REFERRAL_ACTION_OFFER))
		str_append(str, " (no TLS in referral_proxy_fields)");
	if (decision->detail != NULL)
		str_printfa(str, ": %s", decision->detail);
	return str_c(str);
}

/* event: NULL to create one */
static struct event *
referral_log_event_init(struct auth_request *request, struct event *event)
{
	if (event != NULL)
		event_ref(event);
	else
		event = event_create(request->event);
	event_add_category(event, &referral_event_category);
	event_set_log_prefix_callback(event, FALSE,
				      referral_compat_request_log_prefix,
				      request);
	return event;
}

static struct event *
referral_log_event_create(struct auth_request *request,
			  const struct referral_auth_answer *answer,
			  const struct referral_decision *decision)
{
	struct event *event = referral_log_event_init(request, answer->event);

	event_set_name(event, "login_referral_finished");
	event_add_str(event, "protocol",
		      referral_compat_request_protocol(request));
	event_add_str(event, "result",
		      referral_status_to_string(answer->lookup.status));
	event_add_str(event, "action",
		      referral_action_to_string(decision->action));
	event_add_str(event, "reason",
		      referral_reason_to_string(decision->reason));
	if (decision->target.name != NULL)
		event_add_str(event, "host", decision->target.name);
	event_add_str(event, "source",
		      referral_source_to_string(answer->lookup.source));
	event_add_int(event, "age", answer->lookup.age_secs);
	if (answer->again)
		event_add_str(event, "again", "yes");
	return event;
}

/* Returns TRUE if this login's own line has to say something. */
static bool
referral_log_missing(const struct referral_auth_answer *answer,
		     const struct referral_decision *decision, bool dry_run)
{
	struct referral_missing_counts counts;
	/* a dry run warns of each */
	bool local = !dry_run && decision->action == REFERRAL_ACTION_LOCAL &&
		decision->reason != REFERRAL_REASON_HOME;

	switch (referral_missing_note(&log_missing, answer->lookup.status,
				      local, ioloop_time, &counts)) {
	case REFERRAL_MISSING_NOTHING:
		break;
	case REFERRAL_MISSING_FIRST:
		return TRUE;
	case REFERRAL_MISSING_COUNTS:
		e_info(auth_event, "referral: within an hour %u logins without "
		       "an entry and %u without a home server in it had a "
		       "session here (referral_missing_action = local), %u "
		       "had a home server", counts.no_entry, counts.no_value,
		       counts.found);
		break;
	case REFERRAL_MISSING_NOBODY:
		e_warning(auth_event, "referral: within an hour %u logins had "
			  "a session here because the directory has no home "
			  "server for them, and no user at all had one (check "
			  "referral_ldap_base, referral_ldap_filter, "
			  "referral_ldap_attributes, and whether "
			  "referral_ldap_auth_dn may read them)",
			  counts.no_entry + counts.no_value);
		break;
	}
	return FALSE;
}

static const char *
referral_log_first_missing(const struct referral_decision *decision)
{
	return t_strdup_printf("; the first session here for want of %s: if "
		"it should not be, check %s and the rights of "
		"referral_ldap_auth_dn, or set referral_missing_action; later "
		"ones are counted in one line an hour",
		decision->reason == REFERRAL_REASON_NO_ENTRY ?
		"an entry" : "a home server",
		decision->reason == REFERRAL_REASON_NO_ENTRY ?
		"referral_ldap_base, referral_ldap_filter" :
		"referral_ldap_attributes");
}

void referral_auth_log(struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       const struct referral_auth_protocol *protocol,
		       const struct referral_decision *decision)
{
	bool dry_run = protocol->set->referral_dry_run;
	bool always = referral_log_is_always_shown(decision, dry_run);
	enum log_type level = referral_log_level(answer, decision, dry_run);
	struct timeval now;
	struct event *event;
	long long usecs;
	bool first = referral_log_missing(answer, decision, dry_run);

	if (first)
		level = LOG_TYPE_WARNING;
	if (!always && !referral_log_is_wanted(request, level))
		return;

	/* the loop's own time may be older than the answer */
	i_gettimeofday(&now);
	usecs = I_MAX(timeval_diff_usecs(&now, &answer->started), 0);

	event = referral_log_event_create(request, answer, decision);
	event_add_str(event, "dry_run", dry_run ? "yes" : "no");
	if (always)
		event_set_min_log_level(event, LOG_TYPE_INFO);
	/* e_log() of Dovecot 2.4.3 and later asks nobody */
	if (event_want_level(event, level)) {
		e_log(event, level, "%s%s",
		      referral_log_text(answer, protocol, decision, usecs),
		      first ? referral_log_first_missing(decision) : "");
	} else {
		event_send_abort(event);
	}
	event_unref(&event);
}

void referral_auth_log_taken(struct auth_request *request, const char *field)
{
	struct event *event;

	if (!event_want_log_level(request->event, LOG_TYPE_DEBUG) &&
	    referral_log_filter_is_empty(&log_filters[1],
			event_get_global_debug_log_filter()))
		return;
	event = referral_log_event_init(request, NULL);
	e_debug(event, "no decision: another passdb has set %s", field);
	event_unref(&event);
}

void referral_auth_log_deinit(void)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(log_filters); i++)
		event_filter_unref(&log_filters[i].filter);
}
