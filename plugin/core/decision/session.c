/* Whether a session belongs here. */

#include "lib.h"
#include "session.h"

static const char *const place_names[] = {
	[REFERRAL_SESSION_HOME] = "home",
	[REFERRAL_SESSION_ALLOWED] = "allowed",
	[REFERRAL_SESSION_ELSEWHERE] = "elsewhere",
	[REFERRAL_SESSION_UNKNOWN] = "unknown",
};

static bool stays_here(const struct referral_decision *decision, bool dry_run)
{
	return dry_run || decision->action == REFERRAL_ACTION_LOCAL ||
		decision->action == REFERRAL_ACTION_SUGGEST;
}

enum referral_session_place
referral_session_place(const struct referral_decision *decision, bool dry_run)
{
	switch (decision->reason) {
	case REFERRAL_REASON_HOME:
		return REFERRAL_SESSION_HOME;
	case REFERRAL_REASON_ELSEWHERE:
	/* The administrator wants the mailbox to rest. */
	case REFERRAL_REASON_MOVING:
	case REFERRAL_REASON_NO_CREDENTIALS:
		return stays_here(decision, dry_run) ?
			REFERRAL_SESSION_ALLOWED : REFERRAL_SESSION_ELSEWHERE;
	case REFERRAL_REASON_NO_ENTRY:
	case REFERRAL_REASON_NO_VALUE:
	case REFERRAL_REASON_SEVERAL_ENTRIES:
	case REFERRAL_REASON_DISAGREE:
	case REFERRAL_REASON_INVALID_VALUE:
	case REFERRAL_REASON_NOT_ALLOWED:
	case REFERRAL_REASON_UNAVAILABLE:
	case REFERRAL_REASON_LOOP:
		break;
	}
	return REFERRAL_SESSION_UNKNOWN;
}

const char *referral_session_place_to_string(enum referral_session_place place)
{
	i_assert(place < N_ELEMENTS(place_names));
	return place_names[place];
}
