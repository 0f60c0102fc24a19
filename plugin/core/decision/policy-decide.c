/* From a lookup result to a decision. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "hostmap.h"
#include "identity.h"
#include "mailhost.h"
#include "policy-private.h"

struct decide_context {
	const struct referral_policy *policy;
	const struct referral_policy_input *input;
	struct referral_decision *decision;
	/* becomes decision.detail; NULL if there is nothing to note */
	string_t *notes;
};

static void ATTR_FORMAT(2, 3)
add_note(struct decide_context *ctx, const char *fmt, ...)
{
	va_list args;

	if (ctx->notes == NULL)
		ctx->notes = t_str_new(128);
	else
		str_append(ctx->notes, "; ");
	va_start(args, fmt);
	str_vprintfa(ctx->notes, fmt, args);
	va_end(args);
}

static void
decide(struct decide_context *ctx, enum referral_action action,
       enum referral_reason reason, const char *setting)
{
	/* A rejected delivery is lost mail, a deferred one is not. */
	if (action == REFERRAL_ACTION_REJECT && ctx->policy->no_login)
		action = REFERRAL_ACTION_TEMPFAIL;
	ctx->decision->action = action;
	ctx->decision->reason = reason;
	ctx->decision->setting = setting;
}

static bool
is_us(const struct referral_policy *policy, const struct referral_host *host,
      in_port_t local_port)
{
	return policy->identity != NULL &&
		referral_identity_matches(policy->identity, host, local_port);
}

static bool is_missing(const struct referral_lookup_result *lookup)
{
	return lookup->status == REFERRAL_LOOKUP_NO_ENTRY ||
		lookup->status == REFERRAL_LOOKUP_NO_VALUE;
}

void referral_policy_find_home(const struct referral_policy *policy,
			       pool_t pool,
			       const struct referral_lookup_result *lookup,
			       in_port_t local_port,
			       struct referral_home *home_r)
{
	struct referral_host host;
	const char *error;
	unsigned int i;

	i_zero(home_r);
	if (is_missing(lookup) && policy->missing_host.name != NULL) {
		home_r->host = policy->missing_host;
		home_r->kind = is_us(policy, &home_r->host, local_port) ?
			REFERRAL_HOME_HERE : REFERRAL_HOME_ELSEWHERE;
		return;
	}
	if (lookup->status != REFERRAL_LOOKUP_HOSTS)
		return;
	home_r->kind = REFERRAL_HOME_INVALID;
	for (i = 0; lookup->mailhosts[i] != NULL; i++) {
		if (lookup->hosts != NULL)
			host = lookup->hosts[i];
		else if (referral_mailhost_parse(pool, lookup->mailhosts[i],
						 &host, &error) < 0)
			continue;
		if (host.name == NULL)
			continue;
		if (is_us(policy, &host, local_port)) {
			home_r->host = host;
			home_r->kind = REFERRAL_HOME_HERE;
			return;
		}
		if (home_r->kind == REFERRAL_HOME_INVALID)
			home_r->host = host;
		home_r->kind = REFERRAL_HOME_ELSEWHERE;
	}
}

void referral_policy_add_addresses(const struct referral_policy *policy,
				   const struct ip_addr *ips,
				   unsigned int ips_count,
				   in_port_t local_port,
				   struct referral_home *home)
{
	unsigned int i;

	if (policy->identity == NULL || !policy->resolve_hosts ||
	    home->kind != REFERRAL_HOME_ELSEWHERE)
		return;
	for (i = 0; i < ips_count; i++) {
		if (referral_identity_matches_ip(policy->identity, &home->host,
						 &ips[i], local_port)) {
			home->kind = REFERRAL_HOME_HERE;
			return;
		}
	}
}

static bool
client_is_in_networks(const struct referral_policy *policy,
		      const struct ip_addr *remote_ip)
{
	const struct referral_host_pattern *network;

	if (array_count(&policy->networks) == 0)
		return TRUE;
	array_foreach(&policy->networks, network) {
		if (referral_host_pattern_match_ip(network, remote_ip))
			return TRUE;
	}
	return FALSE;
}

static bool is_referral(enum referral_action action)
{
	return action == REFERRAL_ACTION_REFER ||
		action == REFERRAL_ACTION_OFFER ||
		action == REFERRAL_ACTION_SUGGEST;
}

/* What referral_action_attribute says about this user. Returns FALSE if it
   says nothing that is understood. */
static bool
parse_user_action(const struct referral_lookup_result *lookup,
		  enum referral_action *action_r)
{
	return lookup->action != NULL &&
		referral_action_parse(lookup->action, action_r) &&
		*action_r != REFERRAL_ACTION_REJECT;
}

/* The user's mailbox is on its way: nobody gets a session, wherever the home
   is. */
static bool is_moving(const struct referral_lookup_result *lookup)
{
	enum referral_action action;

	return parse_user_action(lookup, &action) &&
		action == REFERRAL_ACTION_TEMPFAIL;
}

/* Networks and protocols say where a referral is of use, whoever asked for
   it. What the directory says about one user's proxying or local session does
   not depend on them. */
static enum referral_action
choose_action(const struct referral_policy *policy,
	      const struct referral_policy_input *input,
	      const char **setting_r)
{
	enum referral_action action;

	*setting_r = "referral_action_attribute";
	if (!parse_user_action(input->lookup, &action)) {
		*setting_r = "referral_action";
		action = policy->action;
	} else if (!is_referral(action))
		return action;
	if (!client_is_in_networks(policy, &input->remote_ip)) {
		*setting_r = "referral_other_action "
			"(the client is outside of referral_networks)";
		return policy->other_action;
	}
	/* Only IMAP has an OK with a referral (RFC 2221 section 4). */
	if ((is_referral(action) && !policy->has_referral) ||
	    (action == REFERRAL_ACTION_SUGGEST && !policy->imap)) {
		*setting_r = "referral_other_action "
			"(the protocol has no such referral)";
		return policy->other_action;
	}
	return action;
}

bool referral_policy_wants_addresses(const struct referral_policy *policy,
				     const struct referral_policy_input *input)
{
	enum referral_action action;
	const char *setting;

	if (policy->identity == NULL ||
	    input->home.kind != REFERRAL_HOME_ELSEWHERE ||
	    input->home.host.ip.family != 0)
		return FALSE;
	action = choose_action(policy, input, &setting);
	if (policy->resolve_hosts)
		return action != REFERRAL_ACTION_LOCAL;
	return (action == REFERRAL_ACTION_OFFER ||
		action == REFERRAL_ACTION_PROXY) &&
		(input->can_proxy || policy->no_login);
}

bool referral_policy_wants_fresh(const struct referral_policy *policy,
				 const struct referral_policy_input *input)
{
	enum referral_action action;

	if (is_moving(input->lookup))
		return TRUE;
	switch (input->home.kind) {
	case REFERRAL_HOME_HERE:
		return TRUE;
	case REFERRAL_HOME_ELSEWHERE:
		/* here by the user's own entry, not for everyone */
		return parse_user_action(input->lookup, &action) &&
			action == REFERRAL_ACTION_LOCAL;
	case REFERRAL_HOME_NONE:
		return is_missing(input->lookup) &&
			policy->missing_action == REFERRAL_ACTION_LOCAL;
	case REFERRAL_HOME_INVALID:
		break;
	}
	return FALSE;
}

bool referral_policy_sends_away(const struct referral_policy *policy,
				const struct referral_policy_input *input)
{
	enum referral_action action;
	const char *setting;

	if (input->home.kind != REFERRAL_HOME_ELSEWHERE)
		return FALSE;
	action = choose_action(policy, input, &setting);
	return is_referral(action) || action == REFERRAL_ACTION_PROXY;
}

static void decide_action(struct decide_context *ctx)
{
	const struct referral_lookup_result *lookup = ctx->input->lookup;
	enum referral_action action, user_action;
	const char *setting;
	bool can_proxy = ctx->input->can_proxy || ctx->policy->no_login;

	if (lookup->action != NULL && !parse_user_action(lookup, &user_action)) {
		add_note(ctx, "unknown action \"%s\" in "
			 "referral_action_attribute ignored",
			 referral_mailhost_sanitize(lookup->action));
	}
	action = choose_action(ctx->policy, ctx->input, &setting);
	if (action == REFERRAL_ACTION_OFFER && !can_proxy) {
		add_note(ctx, "no credentials to proxy with, "
			 "so refer in place of offer");
		action = REFERRAL_ACTION_REFER;
	}
	if (action == REFERRAL_ACTION_PROXY && !can_proxy) {
		add_note(ctx, "proxying needs the user's plaintext password "
			 "or credentials in referral_proxy_fields");
		decide(ctx, REFERRAL_ACTION_TEMPFAIL,
		       REFERRAL_REASON_NO_CREDENTIALS, setting);
		return;
	}
	/* RFC 2221 section 3 */
	if (is_referral(action) && is_us(ctx->policy, &ctx->decision->target,
					 ctx->input->local_port)) {
		add_note(ctx, "a referral to \"%s\" would come back here "
			 "(check referral_host_map, referral_local_hosts)",
			 referral_host_to_string(&ctx->decision->target, 0));
		i_zero(&ctx->decision->target);
		decide(ctx, ctx->policy->failure_action,
		       REFERRAL_REASON_NOT_ALLOWED, "referral_failure_action");
		return;
	}
	decide(ctx, action, REFERRAL_REASON_ELSEWHERE, setting);
}

static void decide_elsewhere(struct decide_context *ctx)
{
	const struct referral_policy *policy = ctx->policy;
	struct referral_host *home = &ctx->decision->home;
	struct referral_host *target = &ctx->decision->target;
	bool port_named;

	port_named = referral_hostmap_lookup(policy->map, home, target);
	if (!referral_hostglobs_is_empty(policy->allowed_hosts) &&
	    !referral_hostglobs_match(policy->allowed_hosts, target)) {
		add_note(ctx, "host \"%s\" is outside referral_allowed_hosts",
			 referral_host_to_string(target, 0));
		i_zero(target);
		decide(ctx, policy->failure_action,
		       REFERRAL_REASON_NOT_ALLOWED, "referral_failure_action");
		return;
	}
	/* The directory's port is that of IMAP, and an imap URL cannot say
	   that 993 wants TLS. */
	if (!port_named && (!policy->imap || target->port == REFERRAL_IMAPS_PORT))
		target->port = 0;
	if (!policy->imap)
		home->port = 0;
	decide_action(ctx);
}

/* Say what is wrong with the first value that is no valid host. */
static void note_invalid_value(struct decide_context *ctx)
{
	const char *const *values = ctx->input->lookup->mailhosts;
	struct referral_host host;
	const char *error;

	for (; *values != NULL; values++) {
		if (referral_mailhost_parse(pool_datastack_create(), *values,
					    &host, &error) < 0) {
			add_note(ctx, "invalid value \"%s\": %s",
				 referral_mailhost_sanitize(*values), error);
			return;
		}
	}
}

static void note_values(struct decide_context *ctx)
{
	const struct referral_lookup_result *lookup = ctx->input->lookup;
	unsigned int i;

	if (lookup->status != REFERRAL_LOOKUP_HOSTS)
		return;
	/* the usual case: they have been parsed, and are hosts */
	for (i = 0; lookup->mailhosts[i] != NULL; i++) {
		if (lookup->hosts == NULL || lookup->hosts[i].name == NULL) {
			note_invalid_value(ctx);
			return;
		}
	}
}

static void decide_hosts(struct decide_context *ctx)
{
	const struct referral_home *home = &ctx->input->home;

	ctx->decision->home = home->host;
	switch (home->kind) {
	case REFERRAL_HOME_HERE:
		decide(ctx, REFERRAL_ACTION_LOCAL, REFERRAL_REASON_HOME, NULL);
		break;
	case REFERRAL_HOME_ELSEWHERE:
		decide_elsewhere(ctx);
		break;
	case REFERRAL_HOME_INVALID:
	case REFERRAL_HOME_NONE:
		decide(ctx, ctx->policy->failure_action,
		       REFERRAL_REASON_INVALID_VALUE,
		       "referral_failure_action");
		break;
	}
}

/* Users without a home server are at home there. */
static void decide_missing_host(struct decide_context *ctx)
{
	decide_hosts(ctx);
	if (ctx->decision->reason == REFERRAL_REASON_HOME) {
		ctx->decision->setting = "referral_missing_host";
		return;
	}
	add_note(ctx, "%s in the directory, so it is referral_missing_host",
		 ctx->input->lookup->status == REFERRAL_LOOKUP_NO_ENTRY ?
		 "no entry" : "no home server");
}

static void decide_status(struct decide_context *ctx)
{
	const struct referral_policy *policy = ctx->policy;

	if (is_missing(ctx->input->lookup) &&
	    policy->missing_host.name != NULL) {
		decide_missing_host(ctx);
		return;
	}

	switch (ctx->input->lookup->status) {
	case REFERRAL_LOOKUP_HOSTS:
		decide_hosts(ctx);
		break;
	case REFERRAL_LOOKUP_NO_ENTRY:
		decide(ctx, policy->missing_action, REFERRAL_REASON_NO_ENTRY,
		       "referral_missing_action");
		break;
	case REFERRAL_LOOKUP_NO_VALUE:
		decide(ctx, policy->missing_action, REFERRAL_REASON_NO_VALUE,
		       "referral_missing_action");
		break;
	case REFERRAL_LOOKUP_SEVERAL_ENTRIES:
		decide(ctx, policy->failure_action,
		       REFERRAL_REASON_SEVERAL_ENTRIES,
		       "referral_failure_action");
		break;
	case REFERRAL_LOOKUP_DISAGREE:
		/* never local: one of them says that home is elsewhere */
		decide(ctx, REFERRAL_ACTION_TEMPFAIL,
		       REFERRAL_REASON_DISAGREE, NULL);
		break;
	case REFERRAL_LOOKUP_UNAVAILABLE:
		decide(ctx, policy->failure_action,
		       REFERRAL_REASON_UNAVAILABLE,
		       "referral_failure_action");
		break;
	}
}

void referral_policy_decide(const struct referral_policy *policy, pool_t pool,
			    const struct referral_policy_input *input,
			    struct referral_decision *decision_r)
{
	const struct referral_lookup_result *lookup = input->lookup;
	struct decide_context ctx = {
		.policy = policy,
		.input = input,
		.decision = decision_r,
	};

	i_zero(decision_r);
	note_values(&ctx);
	if (is_moving(lookup)) {
		decision_r->home = input->home.host;
		decide(&ctx, REFERRAL_ACTION_TEMPFAIL, REFERRAL_REASON_MOVING,
		       "referral_action_attribute");
	} else {
		decide_status(&ctx);
	}
	if (lookup->error != NULL)
		add_note(&ctx, "%s", lookup->error);
	if (lookup->late != NULL)
		add_note(&ctx, "%s", lookup->late);
	if (ctx.notes != NULL)
		decision_r->detail = p_strdup(pool, str_c(ctx.notes));
}

const char *referral_policy_get_rule(const struct referral_policy *policy,
				     const struct referral_policy_input *input,
				     const struct ip_addr *ips,
				     unsigned int ips_count)
{
	if (input->home.kind != REFERRAL_HOME_HERE || policy->identity == NULL)
		return NULL;
	return referral_identity_get_rule(policy->identity, &input->home.host,
					  ips, ips_count, input->local_port);
}
