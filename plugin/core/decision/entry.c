/* What may be wrong with an entry. */

#include "lib.h"
#include "hostmap.h"
#include "identity.h"
#include "mailhost.h"
#include "words.h"
#include "entry.h"

static const char *const problem_names[] = {
	[REFERRAL_ENTRY_NO_VALUE] = "no_value",
	[REFERRAL_ENTRY_INVALID_VALUE] = "invalid_value",
	[REFERRAL_ENTRY_NOT_ALLOWED] = "not_allowed",
	[REFERRAL_ENTRY_PORT] = "port",
	[REFERRAL_ENTRY_TLS_PORT] = "tls_port",
	[REFERRAL_ENTRY_UNKNOWN_ACTION] = "unknown_action",
	[REFERRAL_ENTRY_UNRESOLVED] = "unresolved",
	[REFERRAL_ENTRY_UNNAMED] = "unnamed",
	[REFERRAL_ENTRY_SEVERAL_ENTRIES] = "several_entries",
};

struct entry_context {
	const struct referral_entry_rules *rules;
	referral_entry_problem_t *callback;
	void *context;
};

static void
entry_tell(const struct entry_context *ctx, enum referral_entry_problem problem,
	   const char *detail)
{
	ctx->callback(problem, detail, ctx->context);
}

static bool
entry_is_us(const struct entry_context *ctx, const struct referral_host *host,
	    in_port_t local_port)
{
	return referral_identity_matches(ctx->rules->identity, host,
					 local_port);
}

/* As a login does: of several values the one that is us, or else the first. */
static bool
entry_find_home(const struct entry_context *ctx, const char *const *values,
		struct referral_host *home_r)
{
	struct referral_host host;
	const char *error;

	for (; *values != NULL; values++) {
		if (referral_mailhost_parse(pool_datastack_create(), *values,
					    &host, &error) < 0) {
			entry_tell(ctx, REFERRAL_ENTRY_INVALID_VALUE,
				t_strdup_printf("%s: %s",
					referral_mailhost_sanitize(*values),
					error));
			continue;
		}
		if (entry_is_us(ctx, &host, host.port)) {
			*home_r = host;
			return TRUE;
		}
		if (home_r->name == NULL)
			*home_r = host;
	}
	return FALSE;
}

static void
entry_check_elsewhere(const struct entry_context *ctx,
		      const struct referral_host *home)
{
	const struct referral_hostglobs *allowed = ctx->rules->allowed_hosts;
	struct referral_host target;

	(void)referral_hostmap_lookup(ctx->rules->map, home, &target);
	if (!referral_hostglobs_is_empty(allowed) &&
	    !referral_hostglobs_match(allowed, &target)) {
		entry_tell(ctx, REFERRAL_ENTRY_NOT_ALLOWED,
			   referral_host_to_string(&target, 0));
	}
	if (target.port == REFERRAL_IMAPS_PORT &&
	    home->port == REFERRAL_IMAPS_PORT) {
		entry_tell(ctx, REFERRAL_ENTRY_TLS_PORT,
			   referral_host_to_string(home, 0));
	}
}

/* The words that referral_action_attribute may have. What is rejected is not
   for one user to be said. */
static bool entry_action_is_known(const char *value)
{
	enum referral_action action;

	return referral_action_parse(value, &action) &&
		action != REFERRAL_ACTION_REJECT;
}

bool referral_entry_check(const struct referral_entry_rules *rules,
			  const struct referral_lookup_result *lookup,
			  struct referral_host *home_r,
			  referral_entry_problem_t *callback, void *context)
{
	const struct entry_context ctx = {
		.rules = rules,
		.callback = callback,
		.context = context,
	};
	bool here = FALSE;

	i_zero(home_r);
	if (lookup->status != REFERRAL_LOOKUP_HOSTS)
		entry_tell(&ctx, REFERRAL_ENTRY_NO_VALUE, "");
	else
		here = entry_find_home(&ctx, lookup->mailhosts, home_r);

	if (here && !entry_is_us(&ctx, home_r, 0)) {
		entry_tell(&ctx, REFERRAL_ENTRY_PORT,
			   referral_host_to_string(home_r, 0));
	} else if (!here && home_r->name != NULL)
		entry_check_elsewhere(&ctx, home_r);
	if (lookup->action != NULL && !entry_action_is_known(lookup->action)) {
		entry_tell(&ctx, REFERRAL_ENTRY_UNKNOWN_ACTION,
			   referral_mailhost_sanitize(lookup->action));
	}
	return here;
}

const char *
referral_entry_problem_to_string(enum referral_entry_problem problem)
{
	i_assert(problem < N_ELEMENTS(problem_names));
	return problem_names[problem];
}
