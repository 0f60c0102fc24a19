#ifndef REFERRAL_POLICY_PRIVATE_H
#define REFERRAL_POLICY_PRIVATE_H

#include "host-pattern.h"
#include "policy.h"
#include "words.h"

struct referral_policy {
	/* NULL: no host is us */
	const struct referral_identity *identity;
	struct referral_hostmap *map;
	struct referral_hostglobs *allowed_hosts;
	/* referral_networks; empty = everyone */
	ARRAY_TYPE(referral_host_pattern) networks;

	enum referral_action action, other_action;
	/* unless there is a missing_host */
	enum referral_action missing_action;
	enum referral_action failure_action;
	/* the home of users who have none in the directory; name == NULL if
	   that is not wanted */
	struct referral_host missing_host;

	bool resolve_hosts:1;
	/* a port in mailHost is an IMAP port */
	bool imap:1;
	/* refer and offer exist here */
	bool has_referral:1;
	/* nobody logs in: mail is delivered, or doveadm asks. No password is
	   needed to proxy, and a rejection would lose mail. */
	bool no_login:1;
};

#endif
