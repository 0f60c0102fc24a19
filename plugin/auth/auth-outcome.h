#ifndef REFERRAL_AUTH_OUTCOME_H
#define REFERRAL_AUTH_OUTCOME_H

/* From a lookup result to the fields that the login process acts on. Every
   decision is logged (auth-log.h). */

#include "auth-request-handler.h"
#include "passdb.h"

struct auth_request;
struct referral_auth_answer;
struct referral_auth_config;
struct referral_auth_protocol;
struct referral_decision;

/* Has another passdb said where this session goes, or that there is none? Then
   it is left alone, with a debug line. login: nologin counts, too. */
bool referral_outcome_is_taken(struct auth_request *request, bool login);

/* The decision alone: nothing is set, logged or counted, and a dry run is not
   looked at. can_proxy: there is something to log in with at the home
   server. */
void referral_outcome_decide(struct auth_request *request,
			     const struct referral_auth_answer *answer,
			     const struct referral_auth_protocol *protocol,
			     bool can_proxy,
			     struct referral_decision *decision_r);

/* Decide and set the request's fields. Returns what to tell Dovecot's own
   reply callback: SUCCESS, or FAILURE if the login has to be tried later. */
enum auth_client_result
referral_outcome_apply(const struct referral_auth_config *config,
		       struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       const struct referral_auth_protocol *protocol);

/* The same for a lookup without a login (LMTP, doveadm): nobody is told of a
   referral, but the mail has to go where the user's mailbox is. Returns the
   result that the lookup is to end with: OK, or INTERNAL_FAILURE ("try
   later"). */
enum passdb_result
referral_outcome_apply_pass(const struct referral_auth_config *config,
			    struct auth_request *request,
			    const struct referral_auth_answer *answer,
			    const struct referral_auth_protocol *protocol);

#endif
