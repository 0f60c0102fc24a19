#ifndef REFERRAL_AUTH_LOG_H
#define REFERRAL_AUTH_LOG_H

/* The log line and the event of a decision. */

struct auth_request;
struct referral_auth_answer;
struct referral_auth_protocol;
struct referral_decision;

/* Plainly at home: a debug line. Trouble with LDAP, the directory's values or
   the settings, and in a dry run a user without a home: a warning. All others:
   an info line, which Dovecot shows with auth_verbose only; that of a dry run
   or of a login that is refused is always shown. */
void referral_auth_log(struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       const struct referral_auth_protocol *protocol,
		       const struct referral_decision *decision);
/* No decision is made, since another passdb has set this field. */
void referral_auth_log_taken(struct auth_request *request, const char *field);
void referral_auth_log_deinit(void);

#endif
