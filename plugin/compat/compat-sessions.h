#ifndef REFERRAL_COMPAT_SESSIONS_H
#define REFERRAL_COMPAT_SESSIONS_H

/* The sessions that a Dovecot has, and their end. What anvil and the login
   processes tell and do of it differs between the generations. Blocking, for
   doveadm. */

#include "guid.h"
#include "net.h"

struct referral_session {
	const char *user;
	/* "imap", "pop3", "sieve", "submission" */
	const char *protocol;
	/* family 0 if it is not known */
	struct ip_addr client_ip;
	/* The process that has it; it may serve others as well. 0 if not
	   known. */
	pid_t pid;
	/* Equal sessions that can't be told from each other: at least 1 */
	unsigned int count;
	/* it is a login process that hands on to dest_ip */
	bool proxied;
	struct ip_addr dest_ip;
	/* empty if it has none */
	guid_128_t guid;
};
ARRAY_DEFINE_TYPE(referral_session, struct referral_session);

/* All sessions of mail clients; deliveries and the like are none. Returns 0, or
   -1 and error_r. */
int referral_compat_sessions_get(const char *base_dir, pool_t pool,
				 ARRAY_TYPE(referral_session) *sessions_r,
				 const char **error_r);

/* Have a session ended, which takes a moment: look again. A second call for the
   same session (retry), some 0.3 s later, may use rougher means; some sessions
   are told only then. alone: nobody else's session is in its process. Returns
   0, or -1 and error_r: why it stays. */
int referral_compat_session_end(const char *base_dir,
				const struct referral_session *session,
				bool alone, bool retry, const char **error_r);

#endif
