#ifndef REFERRAL_DOVEADM_SESSIONS_H
#define REFERRAL_DOVEADM_SESSIONS_H

/* The sessions of this server that belong elsewhere. */

#include "compat-sessions.h"

struct doveadm_cmd_context;
struct referral_line;

struct referral_stray_session {
	struct referral_session session;
	/* where the directory says that it belongs, this server included */
	const char *home;
	/* what a login would get now */
	const char *action;
	/* A login would get a session here, too: nothing is won by ending
	   this one. */
	bool allowed;
};
ARRAY_DEFINE_TYPE(referral_stray_session, struct referral_stray_session);

/* users: only theirs; NULL for all. Sessions whose home can't be told are not
   among them: an error says so. Returns 0, or -1 after an error. */
int referral_stray_sessions_get(struct doveadm_cmd_context *cctx, pool_t pool,
				const char *const *users,
				ARRAY_TYPE(referral_stray_session) *strays_r);

/* How long the session's process has been running, which is at least as long
   as the session; -1 if not known. */
int referral_session_secs(const struct referral_session *session);

#endif
