#ifndef REFERRAL_AUTH_QUERY_H
#define REFERRAL_AUTH_QUERY_H

/* Where is the user of this request at home? From the field of an earlier
   passdb, the cache or the directory; with the addresses of the home server
   where they matter. */

#include "lookup.h"
#include "policy.h"

struct auth_request;
struct referral_auth_config;
struct referral_auth_protocol;

struct referral_auth_answer {
	struct referral_lookup_result lookup;
	/* what that means for this login */
	struct referral_home home;
	/* the user was sent to another server a moment ago, and is here
	   again */
	bool again;
	/* homes have changed lately: see referral_lookup_is_changing() */
	bool changing;
	/* what the home server's name resolves to (referral_resolve_hosts) */
	const struct ip_addr *home_ips;
	unsigned int home_ips_count;
	/* when the question was asked */
	struct timeval started;
	/* made then, too, since Dovecot's stats take an event's age for its
	   duration; NULL if nobody had to be waited for */
	struct event *event;
};

/* What the policy is to decide on; input_r points into answer. */
void referral_auth_answer_to_input(const struct auth_request *request,
				   const struct referral_auth_protocol *protocol,
				   const struct referral_auth_answer *answer,
				   struct referral_policy_input *input_r);

enum referral_auth_query_flags {
	/* Somebody wants to know what would happen to a login: the counters
	   and what is remembered of logins stay as they are. */
	REFERRAL_AUTH_QUERY_FLAG_EXPLAIN = 0x01,
};

/* answer is valid during the call only */
typedef void referral_auth_query_callback_t(
	struct auth_request *request,
	const struct referral_auth_answer *answer, void *context);

/* Ask. Returns TRUE and answer_r (valid until the ioloop runs) if nobody has
   to be waited for. Else returns FALSE, keeps a reference to the request, and
   the callback is called exactly once, never from inside this call: at the
   latest when the configuration is deinitialised. */
bool referral_auth_query(const struct referral_auth_config *config,
			 const struct referral_auth_protocol *protocol,
			 struct auth_request *request,
			 enum referral_auth_query_flags flags,
			 referral_auth_query_callback_t *callback,
			 void *context, struct referral_auth_answer *answer_r);

#endif
