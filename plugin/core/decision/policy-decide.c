/* From a lookup result to a decision. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "hostmap.h"
#include "identity.h"
#include "mailhost.h"
#include "policy-private.h"

enum home {
	HOME_HERE,
	HOME_ELSEWHERE,
	HOME_INVALID,
};

struct decide_context {
	const struct referral_policy *policy;
	const struct referral_policy_input *input;
	pool_t pool;
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
       enum referral_reason reason)
{
	/* A rejected delivery is lost mail, a deferred one is not. */
	if (action == REFERRAL_ACTION_REJECT && ctx->policy->no_login)
		action = REFERRAL_ACTION_TEMPFAIL;
	ctx->decision->action = action;
	ctx->decision->reason = reason;
}

static bool is_us(struct decide_context *ctx, const struct referral_host *host)
{
	return ctx->policy->identity != NULL &&
		referral_identity_matches(ctx->policy->identity, host,
					  ctx->input->local_port);
}

static bool
resolves_to_us(struct decide_context *ctx, const struct referral_host *host)
{
	unsigned int i;

	if (ctx->policy->identity == NULL || !ctx->policy->resolve_hosts)
		return FALSE;
	for (i = 0; i < ctx->input->home_ips_count; i++) {
		if (referral_identity_matches_ip(ctx->policy->identity, host,
						 &ctx->input->home_ips[i],
						 ctx->input->local_port))
			return TRUE;
	}
	return FALSE;
}

/* One of several values that is us makes this server the home. Otherwise it
   is the first valid one. */
static enum home
find_home(struct decide_context *ctx, struct referral_host *home_r)
{
	const char *const *values, *error;
	struct referral_host host;
	bool found = FALSE, noted = FALSE;

	for (values = ctx->input->lookup->mailhosts; *values != NULL;
	     values++) {
		if (referral_mailhost_parse(ctx->pool, *values, &host,
					    &error) < 0) {
			if (!noted) {
				add_note(ctx, "invalid value \"%s\": %s",
					 referral_mailhost_sanitize(*values),
					 error);
			}
			noted = TRUE;
			continue;
		}
		if (is_us(ctx, &host)) {
			*home_r = host;
			return HOME_HERE;
		}
		if (!found)
			*home_r = host;
		found = TRUE;
	}
	if (!found)
		return HOME_INVALID;
	return resolves_to_us(ctx, home_r) ? HOME_HERE : HOME_ELSEWHERE;
}

static bool client_is_in_networks(struct decide_context *ctx)
{
	const struct referral_host_pattern *network;

	if (array_count(&ctx->policy->networks) == 0)
		return TRUE;
	array_foreach(&ctx->policy->networks, network) {
		if (referral_host_pattern_match_ip(network,
						   &ctx->input->remote_ip))
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

/* What referral_action_attribute says about this user */
static bool
parse_user_action(struct decide_context *ctx, enum referral_action *action_r)
{
	const char *value = ctx->input->lookup->action;
	enum referral_action action;

	if (value == NULL)
		return FALSE;
	if (referral_action_parse(value, &action) &&
	    (is_referral(action) || action == REFERRAL_ACTION_PROXY ||
	     action == REFERRAL_ACTION_LOCAL)) {
		*action_r = action;
		return TRUE;
	}
	add_note(ctx, "unknown action \"%s\" in referral_action_attribute "
		 "ignored", referral_mailhost_sanitize(value));
	return FALSE;
}

/* Networks and protocols say where a referral is of use, whoever asked for
   it. What the directory says about one user's proxying or local session does
   not depend on them. */
static enum referral_action choose_action(struct decide_context *ctx)
{
	const struct referral_policy *policy = ctx->policy;
	enum referral_action action = policy->action;

	if (parse_user_action(ctx, &action) && !is_referral(action))
		return action;
	if (!client_is_in_networks(ctx))
		return policy->other_action;
	if (is_referral(action) && !policy->has_referral)
		return policy->other_action;
	/* Only IMAP has an OK with a referral (RFC 2221 section 4). */
	if (action == REFERRAL_ACTION_SUGGEST && !policy->imap)
		return policy->other_action;
	return action;
}

static void decide_action(struct decide_context *ctx)
{
	enum referral_action action = choose_action(ctx);
	bool can_proxy = ctx->input->can_proxy || ctx->policy->no_login;

	if (action == REFERRAL_ACTION_OFFER && !can_proxy) {
		add_note(ctx, "no credentials to proxy with, "
			 "so refer in place of offer");
		action = REFERRAL_ACTION_REFER;
	}
	if (action == REFERRAL_ACTION_PROXY && !can_proxy) {
		add_note(ctx, "proxying needs the user's plaintext password "
			 "or credentials in referral_proxy_fields");
		decide(ctx, REFERRAL_ACTION_TEMPFAIL,
		       REFERRAL_REASON_NO_CREDENTIALS);
		return;
	}
	/* RFC 2221 section 3 */
	if (is_referral(action) && is_us(ctx, &ctx->decision->target)) {
		add_note(ctx, "a referral to \"%s\" would come back here "
			 "(check referral_host_map, referral_local_hosts)",
			 referral_host_to_string(&ctx->decision->target, 0));
		i_zero(&ctx->decision->target);
		decide(ctx, ctx->policy->failure_action,
		       REFERRAL_REASON_NOT_ALLOWED);
		return;
	}
	decide(ctx, action, REFERRAL_REASON_ELSEWHERE);
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
		       REFERRAL_REASON_NOT_ALLOWED);
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

static void decide_hosts(struct decide_context *ctx)
{
	switch (find_home(ctx, &ctx->decision->home)) {
	case HOME_HERE:
		decide(ctx, REFERRAL_ACTION_LOCAL, REFERRAL_REASON_HOME);
		break;
	case HOME_ELSEWHERE:
		decide_elsewhere(ctx);
		break;
	case HOME_INVALID:
		decide(ctx, ctx->policy->failure_action,
		       REFERRAL_REASON_INVALID_VALUE);
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
		.pool = pool,
		.decision = decision_r,
	};

	i_zero(decision_r);
	switch (lookup->status) {
	case REFERRAL_LOOKUP_HOSTS:
		decide_hosts(&ctx);
		break;
	case REFERRAL_LOOKUP_NO_ENTRY:
		decide(&ctx, policy->missing_action, REFERRAL_REASON_NO_ENTRY);
		break;
	case REFERRAL_LOOKUP_NO_VALUE:
		decide(&ctx, policy->missing_action, REFERRAL_REASON_NO_VALUE);
		break;
	case REFERRAL_LOOKUP_SEVERAL_ENTRIES:
		decide(&ctx, policy->failure_action,
		       REFERRAL_REASON_SEVERAL_ENTRIES);
		break;
	case REFERRAL_LOOKUP_UNAVAILABLE:
		decide(&ctx, policy->failure_action,
		       REFERRAL_REASON_UNAVAILABLE);
		break;
	}
	if (lookup->error != NULL)
		add_note(&ctx, "%s", lookup->error);
	if (ctx.notes != NULL)
		decision_r->detail = p_strdup(pool, str_c(ctx.notes));
}

bool referral_policy_first_foreign(const struct referral_policy *policy,
				   pool_t pool,
				   const struct referral_policy_input *input,
				   struct referral_host *host_r)
{
	struct referral_policy_input unresolved = *input;
	struct referral_decision decision;

	if (policy->identity == NULL)
		return FALSE;
	unresolved.home_ips = NULL;
	unresolved.home_ips_count = 0;
	referral_policy_decide(policy, pool, &unresolved, &decision);
	if (decision.action == REFERRAL_ACTION_LOCAL ||
	    decision.home.name == NULL || decision.home.ip.family != 0)
		return FALSE;
	if (!policy->resolve_hosts &&
	    decision.action != REFERRAL_ACTION_OFFER &&
	    decision.action != REFERRAL_ACTION_PROXY)
		return FALSE;
	*host_r = decision.home;
	return TRUE;
}
