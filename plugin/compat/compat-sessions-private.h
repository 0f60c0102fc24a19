#ifndef REFERRAL_COMPAT_SESSIONS_PRIVATE_H
#define REFERRAL_COMPAT_SESSIONS_PRIVATE_H

#include "compat-sessions.h"

struct istream;

/* Connect to one of base_dir's sockets, say something and read on from input_r,
   which owns the connection. Returns 0, or -1 and error_r. */
int referral_sessions_ask(const char *base_dir, const char *name,
			  const char *question, struct istream **input_r,
			  const char **error_r);
/* Returns the next line, or NULL and error_r. */
const char *referral_sessions_read(struct istream *input,
				   const char **error_r);

/* anvil's and the login processes' word for a protocol -> ours; NULL for
   what has no sessions of mail clients. */
const char *referral_session_protocol(const char *service);

/* The name of a process, "" if there is none (any more). */
const char *referral_session_process(pid_t pid);
/* SIGTERM. One that has ended is no error. Returns 0, or -1 and error_r. */
int referral_session_terminate(pid_t pid, const char **error_r);

#endif
