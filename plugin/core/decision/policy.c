/* The settings that decide, parsed for one protocol. */

#include "lib.h"
#include "array.h"
#include "referral-settings.h"
#include "hostmap.h"
#include "mailhost.h"
#include "policy-private.h"

#define ACTION(action) (1U << REFERRAL_ACTION_##action)

static int
parse_action(const char *setting, const char *value, unsigned int allowed,
	     enum referral_action *action_r, const char **error_r)
{
	if (!referral_action_parse(value, action_r) ||
	    (allowed & (1U << *action_r)) == 0) {
		*error_r = t_strdup_printf("%s: unknown action \"%s\"", setting,
					   referral_mailhost_sanitize(value));
		return -1;
	}
	return 0;
}

static int
parse_actions(const struct referral_settings *set,
	      struct referral_policy *policy, const char **error_r)
{
	const struct {
		const char *setting, *value;
		unsigned int allowed;
		enum referral_action *action_r;
	} actions[] = {
		{ "referral_action", set->referral_action,
		  ACTION(REFER) | ACTION(OFFER) | ACTION(SUGGEST) |
		  ACTION(PROXY) | ACTION(LOCAL), &policy->action },
		{ "referral_other_action", set->referral_other_action,
		  ACTION(PROXY) | ACTION(LOCAL) | ACTION(REJECT),
		  &policy->other_action },
		{ "referral_missing_action", set->referral_missing_action,
		  ACTION(LOCAL) | ACTION(REJECT) | ACTION(TEMPFAIL),
		  &policy->missing_action },
		{ "referral_failure_action", set->referral_failure_action,
		  ACTION(TEMPFAIL) | ACTION(LOCAL), &policy->failure_action },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(actions); i++) {
		/* no action, but another answer */
		if (actions[i].action_r == &policy->missing_action &&
		    strcmp(actions[i].value, "host") == 0)
			continue;
		if (parse_action(actions[i].setting, actions[i].value,
				 actions[i].allowed, actions[i].action_r,
				 error_r) < 0)
			return -1;
	}
	return 0;
}

static int
parse_missing_host(pool_t pool, const struct referral_settings *set,
		   struct referral_policy *policy, const char **error_r)
{
	const char *value = set->referral_missing_host, *error;
	struct referral_host host;

	i_zero(&host);
	/* wrong it is for every action */
	if (*value != '\0' &&
	    referral_mailhost_parse(pool, value, &host, &error) < 0) {
		*error_r = t_strdup_printf("referral_missing_host: %s: %s",
			referral_mailhost_sanitize(value), error);
		return -1;
	}
	if (strcmp(set->referral_missing_action, "host") != 0)
		return 0;
	if (*value == '\0') {
		*error_r = "referral_missing_host is not set "
			"(referral_missing_action = host)";
		return -1;
	}
	policy->missing_host = host;
	return 0;
}

/* Is it one that clients may be told? */
static int
check_missing_host(const struct referral_policy *policy, const char **error_r)
{
	struct referral_host target;

	if (policy->missing_host.name == NULL ||
	    referral_hostglobs_is_empty(policy->allowed_hosts))
		return 0;
	(void)referral_hostmap_lookup(policy->map, &policy->missing_host,
				      &target);
	if (referral_hostglobs_match(policy->allowed_hosts, &target))
		return 0;
	*error_r = t_strdup_printf("referral_missing_host: "
		"referral_allowed_hosts does not allow %s",
		referral_host_to_string(&target, 0));
	return -1;
}

static int
parse_networks(pool_t pool, const char *str,
	       ARRAY_TYPE(referral_host_pattern) *networks,
	       const char **error_r)
{
	const char *const *strs = t_strsplit_spaces(str, ", \t");
	struct referral_host_pattern pattern;
	const char *error;

	p_array_init(networks, pool, str_array_length(strs) + 1);
	for (; *strs != NULL; strs++) {
		if (referral_host_pattern_parse(pool, *strs, &pattern,
						&error) < 0 ||
		    pattern.glob != NULL || pattern.port != 0) {
			*error_r = t_strdup_printf(
				"referral_networks: %s: neither an address nor "
				"a network such as 192.0.2.0/24",
				referral_mailhost_sanitize(*strs));
			return -1;
		}
		array_push_back(networks, &pattern);
	}
	return 0;
}

int referral_policy_create(pool_t pool, const char *protocol,
			   const struct referral_settings *set,
			   const struct referral_identity *identity,
			   struct referral_policy **policy_r,
			   const char **error_r)
{
	struct referral_policy *policy;

	policy = p_new(pool, struct referral_policy, 1);
	policy->identity = identity;
	policy->resolve_hosts = set->referral_resolve_hosts;
	policy->imap = strcmp(protocol, "imap") == 0;
	policy->has_referral = referral_protocol_has_referral(protocol);
	policy->no_login = !referral_protocol_has_logins(protocol);

	if (parse_actions(set, policy, error_r) < 0 ||
	    parse_missing_host(pool, set, policy, error_r) < 0 ||
	    parse_networks(pool, set->referral_networks, &policy->networks,
			   error_r) < 0 ||
	    referral_hostglobs_create(pool, "referral_allowed_hosts",
				      set->referral_allowed_hosts,
				      &policy->allowed_hosts, error_r) < 0 ||
	    referral_hostmap_create(pool, set->referral_host_map,
				    &policy->map, error_r) < 0 ||
	    referral_hostmap_check(policy->map, NULL,
				   policy->allowed_hosts, error_r) < 0 ||
	    check_missing_host(policy, error_r) < 0)
		return -1;
	*policy_r = policy;
	return 0;
}

int referral_policy_check_map(const struct referral_policy *policy,
			      const char **error_r)
{
	return referral_hostmap_check(policy->map, policy->identity, NULL,
				      error_r);
}

bool referral_policy_may_proxy(const struct referral_policy *policy)
{
	bool others = array_count(&policy->networks) > 0;

	switch (policy->action) {
	case REFERRAL_ACTION_PROXY:
		return TRUE;
	case REFERRAL_ACTION_OFFER:
		if (policy->has_referral)
			return TRUE;
		others = TRUE;
		break;
	case REFERRAL_ACTION_REFER:
		others = others || !policy->has_referral;
		break;
	case REFERRAL_ACTION_SUGGEST:
		others = others || !policy->imap;
		break;
	default:
		break;
	}
	return others && policy->other_action == REFERRAL_ACTION_PROXY;
}

bool referral_protocol_has_referral(const char *protocol)
{
	return strcmp(protocol, "imap") == 0 || strcmp(protocol, "sieve") == 0;
}

bool referral_protocol_has_logins(const char *protocol)
{
	return strcmp(protocol, "lmtp") != 0 &&
		strcmp(protocol, "doveadm") != 0;
}
