#ifndef REFERRAL_SESSION_H
#define REFERRAL_SESSION_H

/* Does a session that this server has belong here? */

#include "referral-decision.h"

enum referral_session_place {
	/* this is the home server */
	REFERRAL_SESSION_HOME,
	/* The home is elsewhere, but a new login would get a session here,
	   too: a setting or the user's entry says so. */
	REFERRAL_SESSION_ALLOWED,
	/* The home is elsewhere, or the mailbox is being moved, and a new
	   login would not stay here. */
	REFERRAL_SESSION_ELSEWHERE,
	/* Nobody can tell, for now or because of what the directory says:
	   no reason to end a session. */
	REFERRAL_SESSION_UNKNOWN,
};

/* decision: what a login of the same user and client would get. dry_run:
   whether it would only be logged. */
enum referral_session_place
referral_session_place(const struct referral_decision *decision, bool dry_run);

/* "home", "allowed", "elsewhere", "unknown" */
const char *
referral_session_place_to_string(enum referral_session_place place);

#endif
