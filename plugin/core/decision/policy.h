#ifndef REFERRAL_POLICY_H
#define REFERRAL_POLICY_H

/* From a lookup result to a decision. Pure: no clock, no sockets. */

#include "referral-decision.h"

struct referral_settings;
struct referral_identity;
struct referral_policy;

enum referral_home_kind {
	/* the result of the lookup names no host */
	REFERRAL_HOME_NONE,
	/* no value is a valid host */
	REFERRAL_HOME_INVALID,
	REFERRAL_HOME_HERE,
	REFERRAL_HOME_ELSEWHERE,
};

struct referral_home {
	enum referral_home_kind kind;
	/* _HERE, _ELSEWHERE: what the directory names */
	struct referral_host host;
};

struct referral_policy_input {
	const struct referral_lookup_result *lookup;
	/* what referral_policy_find_home() has found */
	struct referral_home home;
	/* the client's address; family 0 if not known */
	struct ip_addr remote_ip;
	/* there is a plaintext password or referral_proxy_fields holds
	   credentials: proxying is possible */
	bool can_proxy;
	/* the port that the client came in on, one of ours; 0 if not known */
	in_port_t local_port;
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

/* Does referral_host_map name this server where the directory names another?
   Such a referral is never made. Returns 0, or -1 and error_r. */
int referral_policy_check_map(const struct referral_policy *policy,
			      const char **error_r);

/* Do the settings proxy anybody's session? (referral_action_attribute may do so
   for one user in spite of them.) */
bool referral_policy_may_proxy(const struct referral_policy *policy);

/* Does this protocol have login referrals (RFC 2221: imap, RFC 5804: sieve)? */
bool referral_protocol_has_referral(const char *protocol);

/* Does anybody log in? Not for mail (lmtp) and commands (doveadm). */
bool referral_protocol_has_logins(const char *protocol);

/* Where is the user at home? One of several values that is us makes this
   server the home, otherwise it is the first valid one. home_r points into
   lookup, or what it needs is allocated from pool. */
void referral_policy_find_home(const struct referral_policy *policy,
			       pool_t pool,
			       const struct referral_lookup_result *lookup,
			       in_port_t local_port,
			       struct referral_home *home_r);
/* Is the home server a name whose addresses are worth resolving: no value is
   us by its name, and either referral_resolve_hosts is set and the outcome
   could change, or the session will be proxied there? */
bool referral_policy_wants_addresses(const struct referral_policy *policy,
				     const struct referral_policy_input *input);
/* These are its addresses: an elsewhere that is us becomes here. */
void referral_policy_add_addresses(const struct referral_policy *policy,
				   const struct ip_addr *ips,
				   unsigned int ips_count,
				   in_port_t local_port,
				   struct referral_home *home);

/* Does a session here begin because the directory says so, or is the user's
   mailbox being moved? Then it has to be true now: what was true a while ago
   may have the user end up in the mailbox that was left. */
bool referral_policy_wants_fresh(const struct referral_policy *policy,
				 const struct referral_policy_input *input);
/* Is the user sent to another server, by a referral or by proxying, as far as
   the policy can tell? */
bool referral_policy_sends_away(const struct referral_policy *policy,
				const struct referral_policy_input *input);

/* Decide. decision_r's strings are input's, or allocated from pool. Never
   yields ACTION_LOCAL unless this server is the home server or the settings,
   or referral_action_attribute, say local.

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

/* By which rule is the home this server, in words ("referral_local_hosts has
   *.example.com")? NULL if it is not. ips are those that its name resolves to.
   Allocated from the data stack. */
const char *referral_policy_get_rule(const struct referral_policy *policy,
				     const struct referral_policy_input *input,
				     const struct ip_addr *ips,
				     unsigned int ips_count);

#endif
