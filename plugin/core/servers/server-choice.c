/* Which server: see server-choice.h */

#include "lib.h"
#include "server-choice.h"

/* The lower the better; servers of one class are told apart by their rank. */
enum server_class {
	SERVER_WELL,
	SERVER_DEMOTED,
	SERVER_SUSPECT,
};

/* What is decided, and what it is decided from. */
struct choice_context {
	struct referral_server *const *servers;
	unsigned int count;
	uint64_t now;
	const struct referral_server_demand *demand;
	/* a server that gives answers is there */
	bool settled;
	struct referral_server_choice *choice;
};

static enum server_class server_get_class(const struct referral_server *server)
{
	if (server->suspect)
		return SERVER_SUSPECT;
	return server->demoted ? SERVER_DEMOTED : SERVER_WELL;
}

/* Is server to be asked rather than "than"? */
static bool
server_is_better(const struct referral_server *server,
		 const struct referral_server *than)
{
	enum server_class class = server_get_class(server);
	enum server_class than_class = server_get_class(than);

	if (class != than_class)
		return class < than_class;
	return server->rank < than->rank;
}

static bool
server_is_refused(const struct choice_context *ctx,
		  const struct referral_server *server)
{
	return (server->bit & ctx->demand->refused) != 0;
}

static void choose_active(struct choice_context *ctx)
{
	struct referral_server_choice *choice = ctx->choice;
	const struct referral_server *server;
	unsigned int i;

	for (i = 0; i < ctx->count; i++) {
		server = ctx->servers[i];
		if (server->state == REFERRAL_SERVER_READY &&
		    !server_is_refused(ctx, server) &&
		    (choice->active < 0 ||
		     server_is_better(server, ctx->servers[choice->active])))
			choice->active = i;
	}
	ctx->settled = choice->active >= 0 &&
		!ctx->servers[choice->active]->suspect;
}

static bool
server_may_be_tried(const struct choice_context *ctx,
		    const struct referral_server *server)
{
	return server->state == REFERRAL_SERVER_READY && server->demoted &&
		!server->suspect && !server->on_trial &&
		ctx->now >= server->trial_at;
}

/* Only those that would be asked if they had not been demoted. */
static void choose_trial(struct choice_context *ctx)
{
	struct referral_server_choice *choice = ctx->choice;
	const struct referral_server *server;
	unsigned int i;

	if (!ctx->settled)
		return;
	for (i = 0; i < ctx->count && choice->trial < 0; i++) {
		server = ctx->servers[i];
		if ((int)i != choice->active &&
		    server->rank < ctx->servers[choice->active]->rank &&
		    !server_is_refused(ctx, server) &&
		    server_may_be_tried(ctx, server))
			choice->trial = i;
	}
}

static uint64_t
server_due_at(const struct choice_context *ctx,
	      const struct referral_server *server)
{
	uint64_t due_at = 0;

	if (server->failures > 0) {
		due_at = server->retry_at;
		if (ctx->demand->urgent && !ctx->settled)
			due_at = I_MIN(due_at, server->urgent_retry_at);
	}
	if (server->demoted && ctx->settled)
		due_at = I_MAX(due_at, server->trial_at);
	/* even if it was unreachable since */
	return I_MAX(due_at, server->bind_at);
}

static bool
server_is_dead(const struct choice_context *ctx,
	       const struct referral_server *server, uint64_t due_at)
{
	if (server->state == REFERRAL_SERVER_IDLE &&
	    ctx->now < server->bind_at)
		return TRUE;
	if (server->failures == 0 || ctx->now < server->grace_until)
		return FALSE;
	switch (server->state) {
	case REFERRAL_SERVER_READY:
		/* It lets us in again, and is as silent as it was. */
		return server->suspect;
	case REFERRAL_SERVER_CONNECTING:
		/* Those who asked when this try began wait for it, nobody
		   else. */
		return TRUE;
	case REFERRAL_SERVER_IDLE:
		break;
	}
	return due_at > ctx->now;
}

/* Is this server, which has no connection, worth one? That it was demoted
   counts by the time of its trial: see server_due_at(). */
static bool
server_is_worth_it(const struct choice_context *ctx,
		   const struct referral_server *server)
{
	const struct referral_server *active;

	if (!ctx->demand->wanted &&
	    (!ctx->demand->urgent || server->bind_refusals > 0))
		return FALSE;
	if (!ctx->settled)
		return TRUE;
	active = ctx->servers[ctx->choice->active];
	return server->rank < active->rank ||
		(active->demoted && !server->demoted);
}

/* When the next connection may be started, as far as those that are being made
   now are concerned. */
static uint64_t get_stagger_until(const struct choice_context *ctx)
{
	const struct referral_server *server;
	unsigned int i;
	uint64_t until = 0;

	for (i = 0; i < ctx->count; i++) {
		server = ctx->servers[i];
		if (server->state != REFERRAL_SERVER_CONNECTING ||
		    server_is_refused(ctx, server) ||
		    !server_is_worth_it(ctx, server))
			continue;
		if (ctx->settled) {
			/* nobody waits for a better server: one by one */
			return UINT64_MAX;
		}
		until = I_MAX(until, server->connecting_since +
			      ctx->demand->stagger_msecs);
	}
	return until;
}

/* Returns when to choose again because of this server. */
static uint64_t
choose_connect(struct choice_context *ctx, unsigned int idx,
	       uint64_t stagger_until)
{
	struct referral_server_choice *choice = ctx->choice;
	const struct referral_server *server = ctx->servers[idx];
	uint64_t due_at = server_due_at(ctx, server), wake_at = UINT64_MAX;

	due_at = I_MAX(due_at, stagger_until);
	if (server->state == REFERRAL_SERVER_CONNECTING)
		choice->trying = TRUE;
	if (!server_is_dead(ctx, server, due_at))
		choice->all_dead = FALSE;
	if (server->failures > 0 && server->grace_until > ctx->now)
		wake_at = server->grace_until;

	if (server->state != REFERRAL_SERVER_IDLE ||
	    !server_is_worth_it(ctx, server))
		return wake_at;
	if (due_at > ctx->now)
		return I_MIN(wake_at, due_at);
	if (choice->connect < 0 ||
	    server->rank < ctx->servers[choice->connect]->rank)
		choice->connect = idx;
	return wake_at;
}

void referral_servers_choose(struct referral_server *const *servers,
			     unsigned int count, uint64_t now,
			     const struct referral_server_demand *demand,
			     struct referral_server_choice *choice_r)
{
	struct choice_context ctx = {
		.servers = servers,
		.count = count,
		.now = now,
		.demand = demand,
		.choice = choice_r,
	};
	uint64_t stagger_until, server_wake_at, wake_at = UINT64_MAX;
	unsigned int i;

	i_zero(choice_r);
	choice_r->active = choice_r->connect = choice_r->trial = -1;
	choose_active(&ctx);
	choose_trial(&ctx);
	choice_r->all_dead = !ctx.settled;

	stagger_until = get_stagger_until(&ctx);
	for (i = 0; i < count; i++) {
		if (server_is_refused(&ctx, servers[i]))
			continue;
		server_wake_at = choose_connect(&ctx, i, stagger_until);
		wake_at = I_MIN(wake_at, server_wake_at);
	}
	choice_r->wait_msecs = wake_at == UINT64_MAX ? UINT_MAX :
		I_MIN(wake_at - now, UINT_MAX - 1);
}
