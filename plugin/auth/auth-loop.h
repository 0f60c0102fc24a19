#ifndef REFERRAL_AUTH_LOOP_H
#define REFERRAL_AUTH_LOOP_H

/* Decisions that would lead back here: see loop.h. */

struct auth_request;
struct referral_auth_answer;
struct referral_auth_config;
struct referral_auth_protocol;
struct referral_decision;

/* Has a proxy, one that we trust, brought the session from where this answer
   would send it back to? One of the two servers is wrong, and it may be us, if
   the answer is an old one. */
bool referral_auth_loop_is_back(struct auth_request *request,
				const struct referral_auth_answer *answer,
				const struct referral_auth_protocol *protocol);
/* Turn a decision that would lead straight back here into one that does not: an
   offer into a proxied session, all else into a refusal (_REASON_LOOP). */
void referral_auth_loop_end(struct auth_request *request,
			    const struct referral_auth_answer *answer,
			    const struct referral_auth_protocol *protocol,
			    struct referral_decision *decision);
/* If the session is to be proxied: count it, and refuse it if it goes in a
   circle. */
void referral_auth_loop_count(const struct referral_auth_config *config,
			      struct auth_request *request,
			      const struct referral_auth_answer *answer,
			      const struct referral_auth_protocol *protocol,
			      struct referral_decision *decision);

#endif
