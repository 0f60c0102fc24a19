#ifndef REFERRAL_POLICY_H
#define REFERRAL_POLICY_H

/* From a lookup result to a decision. Pure: no clock, no sockets. */

#include "referral-decision.h"

struct referral_settings;
struct referral_identity;
struct referral_policy;

struct referral_policy_input {
	const struct referral_lookup_result *lookup;
	/* the client's address; family 0 if not known */
	struct ip_addr remote_ip;
	/* there is a plaintext password or referral_proxy_fields holds
	   credentials: proxying is possible */
	bool can_proxy;
};

/* Parse the decision settings for one protocol ("imap", "sieve", "pop3",
   "lmtp", "submission", ...). identity is kept by reference. Returns 0, or -1
   and error_r that names the setting. Also used by the settings check, with
   identity = NULL: then nothing is said about "us". */
int referral_policy_create(pool_t pool, const char *protocol,
			   const struct referral_settings *set,
			   const struct referral_identity *identity,
			   struct referral_policy **policy_r,
			   const char **error_r);

/* Does this protocol have login referrals (RFC 2221: imap, RFC 5804: sieve)? */
bool referral_protocol_has_referral(const char *protocol);

/* The value refer, offer, suggest, proxy, local, reject or tempfail. Returns
   FALSE if it is none of them. */
bool referral_action_parse(const char *str, enum referral_action *action_r);
const char *referral_action_to_string(enum referral_action action);
const char *referral_reason_to_string(enum referral_reason reason);
const char *referral_status_to_string(enum referral_lookup_status status);
const char *referral_source_to_string(enum referral_lookup_source source);

/* Decide. decision_r's strings are allocated from pool. Never yields
   ACTION_LOCAL unless this server is the home server or the settings say
   local. */
void referral_policy_decide(const struct referral_policy *policy, pool_t pool,
			    const struct referral_policy_input *input,
			    struct referral_decision *decision_r);

/* A value that is a valid host and not us, so that its addresses are worth
   resolving (referral_resolve_hosts); returns FALSE if there is none. */
bool referral_policy_first_foreign(const struct referral_policy *policy,
				   pool_t pool,
				   const struct referral_lookup_result *lookup,
				   struct referral_host *host_r);

#endif
