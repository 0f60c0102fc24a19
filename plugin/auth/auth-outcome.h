#ifndef REFERRAL_AUTH_OUTCOME_H
#define REFERRAL_AUTH_OUTCOME_H

/* From a lookup result to the fields that the login process acts on, with the
   log line and the event of the decision. */

#include "auth-request-handler.h"

struct auth_request;
struct referral_auth_config;
struct referral_auth_protocol;
struct referral_lookup_result;

struct referral_outcome_params {
	const struct referral_auth_config *config;
	const struct referral_auth_protocol *protocol;
	const struct referral_lookup_result *lookup;
	/* what the mailHost resolves to (referral_resolve_hosts) */
	const struct ip_addr *home_ips;
	unsigned int home_ips_count;
	/* when the authentication had succeeded */
	struct timeval started;
};

/* Decide and set the request's fields. Returns what to tell Dovecot's own
   reply callback: SUCCESS, or FAILURE if the login has to be tried later. */
enum auth_client_result
referral_outcome_apply(struct auth_request *request,
		       const struct referral_outcome_params *params);

/* NO [UNAVAILABLE] (RFC 5530), without a penalty for the client */
void referral_outcome_set_tempfail(struct auth_request *request);

#endif
