#ifndef REFERRAL_AUTH_CARRIED_H
#define REFERRAL_AUTH_CARRIED_H

/* Has the carrier itself been asked about a request?

   Where it is limited to some mechanisms or users, or may be skipped, Dovecot
   does not ask it about the others, and nobody would decide about them. So a
   copy without limits, the guard, is put before it (auth-check.c): what has met
   the guard only is refused. */

struct auth_request;

/* Called by the carrier (or guard) passdb: it was asked. Does nothing for
   requests that get no decision: SMTP servers and doveadm (auth_only), token
   authentication. */
void referral_request_set_carried(struct auth_request *request, bool guard);
/* Has any of them been asked? */
bool referral_request_is_marked(const struct auth_request *request);
/* Returns FALSE if the guard has been asked and the carrier has not. */
bool referral_request_is_carried(const struct auth_request *request);
/* Log why such a request is refused. */
void referral_request_log_not_carried(struct auth_request *request);

#endif
