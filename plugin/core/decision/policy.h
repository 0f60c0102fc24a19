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
	/* the port that the client came in on, one of ours; 0 if not known */
	in_port_t local_port;
	/* what the host of referral_policy_first_foreign() resolves to
	   (referral_resolve_hosts); NULL, 0 if that was not asked or failed */
	const struct ip_addr *home_ips;
	unsigned int home_ips_count;
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

/* Does anybody log in? Not for mail (lmtp) and commands (doveadm). */
bool referral_protocol_has_logins(const char *protocol);

/* Decide. decision_r's strings are allocated from pool. Never yields
   ACTION_LOCAL unless this server is the home server or the settings, or
   referral_action_attribute, say local.

   A referral is for clients in referral_networks on a protocol that has one;
   for everyone else refer, offer and suggest mean referral_other_action, also
   where referral_action_attribute asks for them. Its proxy and local hold for
   every client.

   lmtp and doveadm, where nobody logs in: proxying needs no credentials, and
   reject becomes tempfail.

   home and target are set whenever one valid host was chosen, except that
   target is empty if it may not be told (_REASON_NOT_ALLOWED) or is not needed
   (_REASON_HOME). mailHost's port is one of IMAP: it is dropped for other
   protocols; 993 is dropped from target, for an imap URL cannot ask for TLS. A
   port that referral_host_map names is always kept. */
void referral_policy_decide(const struct referral_policy *policy, pool_t pool,
			    const struct referral_policy_input *input,
			    struct referral_decision *decision_r);

/* Returns TRUE and the host that the decision would send the user to, if it
   is a name whose addresses are worth resolving: no value is us by its name,
   and either referral_resolve_hosts is set and the outcome could change, or
   the session will be proxied there. */
bool referral_policy_first_foreign(const struct referral_policy *policy,
				   pool_t pool,
				   const struct referral_policy_input *input,
				   struct referral_host *host_r);

#endif
