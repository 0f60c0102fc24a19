#ifndef REFERRAL_AUTH_OUTCOME_FIELDS_H
#define REFERRAL_AUTH_OUTCOME_FIELDS_H

/* The fields of an auth reply that carry a decision to the login process. */

struct auth_request;
struct referral_auth_answer;
struct referral_auth_protocol;
struct referral_decision;
struct referral_user;

/* Of whom the directory is asked. user_r points into request. */
void referral_request_get_user(const struct auth_request *request,
			       struct referral_user *user_r);
/* Is there something to log in with at another server: a plaintext password,
   a password in referral_proxy_fields, or one that a passdb has set? */
bool referral_outcome_can_proxy(const struct auth_request *request,
				const struct referral_auth_protocol *protocol);
/* The same fields as "key" and "key=value" strings that a session proxied to
   the decision's home server gets, but for the destination, and with the
   variables in them as they are. */
const char *const *
referral_outcome_proxy_fields(const struct auth_request *request,
			      const struct referral_auth_protocol *protocol,
			      const struct referral_decision *decision);
/* Set the fields of the decision. What other passdbs have said about where the
   session goes is removed first: one half of an answer from there and one from
   here would send a password anywhere. What they say about how to log in there
   stays, but for what referral_proxy_fields says. */
void referral_outcome_set_fields(struct auth_request *request,
				 const struct referral_auth_answer *answer,
				 const struct referral_auth_protocol *protocol,
				 const struct referral_decision *decision);
/* NO [UNAVAILABLE] (RFC 5530), without a penalty for the client */
void referral_outcome_set_tempfail(struct auth_request *request);

#endif
