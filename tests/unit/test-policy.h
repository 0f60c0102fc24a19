#ifndef TEST_POLICY_H
#define TEST_POLICY_H

#include "referral-settings.h"
#include "identity.h"
#include "policy.h"
#include "words.h"

/* Fields that a test case leaves NULL get their default. This server is
   us.example, 192.0.2.1. */
struct test_policy_settings {
	const char *protocol;
	const char *action, *other_action, *missing_action, *failure_action;
	const char *networks, *allowed_hosts, *host_map;
	/* with missing_action = host */
	const char *missing_host;
	bool no_resolve;
};

int test_policy_create_from(const struct test_policy_settings *tset,
			    struct referral_policy **policy_r,
			    const char **error_r);
struct referral_policy *
test_policy_get(const struct test_policy_settings *tset);

#endif
