/* The words for actions, reasons, results and sources */

#include "lib.h"
#include "words.h"

static const char *const action_names[] = {
	[REFERRAL_ACTION_REFER] = "refer",
	[REFERRAL_ACTION_OFFER] = "offer",
	[REFERRAL_ACTION_SUGGEST] = "suggest",
	[REFERRAL_ACTION_PROXY] = "proxy",
	[REFERRAL_ACTION_LOCAL] = "local",
	[REFERRAL_ACTION_REJECT] = "reject",
	[REFERRAL_ACTION_TEMPFAIL] = "tempfail",
};

static const char *const reason_names[] = {
	[REFERRAL_REASON_HOME] = "home",
	[REFERRAL_REASON_ELSEWHERE] = "elsewhere",
	[REFERRAL_REASON_NO_ENTRY] = "no_entry",
	[REFERRAL_REASON_NO_VALUE] = "no_value",
	[REFERRAL_REASON_SEVERAL_ENTRIES] = "several_entries",
	[REFERRAL_REASON_DISAGREE] = "disagree",
	[REFERRAL_REASON_MOVING] = "moving",
	[REFERRAL_REASON_INVALID_VALUE] = "invalid_value",
	[REFERRAL_REASON_NOT_ALLOWED] = "not_allowed",
	[REFERRAL_REASON_UNAVAILABLE] = "unavailable",
	[REFERRAL_REASON_NO_CREDENTIALS] = "no_credentials",
	[REFERRAL_REASON_LOOP] = "loop",
};

static const char *const status_names[] = {
	[REFERRAL_LOOKUP_HOSTS] = "hosts",
	[REFERRAL_LOOKUP_NO_ENTRY] = "no_entry",
	[REFERRAL_LOOKUP_NO_VALUE] = "no_value",
	[REFERRAL_LOOKUP_SEVERAL_ENTRIES] = "several_entries",
	[REFERRAL_LOOKUP_DISAGREE] = "disagree",
	[REFERRAL_LOOKUP_UNAVAILABLE] = "unavailable",
};

static const char *const source_names[] = {
	[REFERRAL_SOURCE_MIRROR] = "mirror",
	[REFERRAL_SOURCE_FIELD] = "field",
	[REFERRAL_SOURCE_LDAP] = "ldap",
	[REFERRAL_SOURCE_CACHE] = "cache",
	[REFERRAL_SOURCE_STALE] = "stale",
};

bool referral_action_parse(const char *str, enum referral_action *action_r)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(action_names); i++) {
		if (strcasecmp(str, action_names[i]) == 0) {
			*action_r = i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *referral_action_to_string(enum referral_action action)
{
	i_assert(action < N_ELEMENTS(action_names));
	return action_names[action];
}

const char *referral_reason_to_string(enum referral_reason reason)
{
	i_assert(reason < N_ELEMENTS(reason_names));
	return reason_names[reason];
}

const char *referral_status_to_string(enum referral_lookup_status status)
{
	i_assert(status < N_ELEMENTS(status_names));
	return status_names[status];
}

const char *referral_source_to_string(enum referral_lookup_source source)
{
	i_assert(source < N_ELEMENTS(source_names));
	return source_names[source];
}
