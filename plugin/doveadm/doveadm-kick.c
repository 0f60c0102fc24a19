/* doveadm referral who, kick */

#include "lib.h"
#include "array.h"
#include "net.h"
#include "sleep.h"
#include "str-sanitize.h"
#include "time-util.h"
#include "doveadm.h"
#include "doveadm-print.h"
#include "compat-doveadm.h"
#include "doveadm-common.h"
#include "doveadm-sessions.h"
#include "doveadm-commands.h"

/* How often, and for how long, to look whether sessions are gone: most take a
   few ms. Those that are left after a moment are told again. */
#define KICK_LOOK_MSECS 20
#define KICK_RETRY_MSECS 300
#define KICK_MAX_MSECS 1500

static const struct referral_column who_columns[] = {
	{ "user", "user" },
	{ "protocol", "protocol" },
	{ "client", "client" },
	{ "pid", "pid" },
	{ "count", "#" },
	{ "secs", "seconds" },
	{ "proxied_to", "proxied to" },
	{ "home", "home" },
	{ "action", "now" },
	{ NULL, NULL }
};

static const struct referral_column kick_columns[] = {
	{ "user", "user" },
	{ "protocol", "protocol" },
	{ "client", "client" },
	{ "pid", "pid" },
	{ "count", "#" },
	{ "home", "home" },
	{ "result", "result" },
	{ NULL, NULL }
};

struct kick_session {
	const struct referral_stray_session *stray;
	bool alone;
	bool gone;
	/* why it stays */
	const char *error;
};

struct kick_context {
	struct doveadm_cmd_context *cctx;
	pool_t pool;
	ARRAY(struct kick_session) sessions;
};

static const char *const *kick_get_users(struct doveadm_cmd_context *cctx)
{
	const char *const *users;

	return doveadm_cmd_param_array(cctx, "users", &users) &&
		*users != NULL ? users : NULL;
}

static void print_session_begin(const struct referral_session *session)
{
	referral_print(session->user);
	referral_print(session->protocol);
	referral_print(net_ip2addr(&session->client_ip));
	referral_print(session->pid == 0 ? "" : dec2str(session->pid));
	referral_print(dec2str(session->count));
}

static void who_print(const struct referral_stray_session *stray)
{
	int secs = referral_session_secs(&stray->session);

	print_session_begin(&stray->session);
	referral_print(secs < 0 ? "" : dec2str(secs));
	referral_print(net_ip2addr(&stray->session.dest_ip));
	referral_print(stray->home);
	referral_print(stray->action);
}

static void cmd_who(struct doveadm_cmd_context *cctx)
{
	ARRAY_TYPE(referral_stray_session) strays;
	const struct referral_stray_session *stray;
	pool_t pool = pool_alloconly_create("referral who", 16*1024);

	referral_print_begin(DOVEADM_PRINT_TYPE_TABLE, who_columns);
	if (referral_stray_sessions_get(cctx, pool, NULL, &strays) == 0) {
		array_foreach(&strays, stray) T_BEGIN {
			who_print(stray);
		} T_END;
	}
	pool_unref(&pool);
}

/* 2.3's proxied sessions have no process that is known. */
static bool
session_equals(const struct referral_session *s1,
	       const struct referral_session *s2)
{
	return s1->pid == s2->pid && s1->proxied == s2->proxied &&
		guid_128_equals(s1->guid, s2->guid) &&
		strcmp(s1->user, s2->user) == 0 &&
		strcmp(s1->protocol, s2->protocol) == 0 &&
		net_ip_compare(&s1->client_ip, &s2->client_ip) &&
		net_ip_compare(&s1->dest_ip, &s2->dest_ip);
}

static bool
kick_session_is_in(const struct referral_session *session,
		   const ARRAY_TYPE(referral_session) *sessions)
{
	const struct referral_session *other;

	array_foreach(sessions, other) {
		if (session_equals(session, other))
			return TRUE;
	}
	return FALSE;
}

static bool
kick_has(const struct kick_context *ctx, const struct referral_session *session)
{
	const struct kick_session *kick;

	array_foreach(&ctx->sessions, kick) {
		if (session_equals(&kick->stray->session, session))
			return TRUE;
	}
	return FALSE;
}

/* Is nobody else's session in this one's process? */
static bool
kick_is_alone(const struct kick_context *ctx,
	      const struct referral_session *session,
	      const ARRAY_TYPE(referral_session) *all)
{
	const struct referral_session *other;

	array_foreach(all, other) {
		if (other->pid == session->pid && !kick_has(ctx, other))
			return FALSE;
	}
	return TRUE;
}

/* Look at all sessions, and mark those that are gone. Returns how many are
   left, or -1 after an error. */
static int kick_look(struct kick_context *ctx)
{
	ARRAY_TYPE(referral_session) all;
	struct kick_session *kick;
	const char *error;
	pool_t pool = pool_alloconly_create("referral sessions", 16*1024);
	int left = 0;

	if (referral_compat_sessions_get(doveadm_settings->base_dir, pool,
					 &all, &error) < 0) {
		referral_compat_doveadm_error(ctx->cctx, "%s", error);
		left = -1;
	} else array_foreach_modifiable(&ctx->sessions, kick) {
		if (!kick->gone && !kick_session_is_in(&kick->stray->session,
						       &all))
			kick->gone = TRUE;
		kick->alone = kick_is_alone(ctx, &kick->stray->session, &all);
		if (!kick->gone)
			left++;
	}
	pool_unref(&pool);
	return left;
}

/* Returns TRUE if one of them is worth waiting for. */
static bool kick_end_all(struct kick_context *ctx, bool retry)
{
	struct kick_session *kick;
	const char *error;
	bool told = FALSE;

	array_foreach_modifiable(&ctx->sessions, kick) {
		if (kick->gone)
			continue;
		T_BEGIN {
			if (referral_compat_session_end(
					doveadm_settings->base_dir,
					&kick->stray->session, kick->alone,
					retry, &error) < 0)
				kick->error = p_strdup(ctx->pool, error);
			else
				told = TRUE;
		} T_END;
	}
	return told;
}

static int kick_wait(struct kick_context *ctx, unsigned int msecs)
{
	unsigned int waited;
	int left;

	for (waited = 0; (left = kick_look(ctx)) > 0 && waited < msecs;
	     waited += KICK_LOOK_MSECS)
		i_sleep_msecs(KICK_LOOK_MSECS);
	return left;
}

static int kick_run(struct kick_context *ctx)
{
	int left = kick_look(ctx);

	if (left <= 0 || !kick_end_all(ctx, FALSE))
		return left;
	left = kick_wait(ctx, KICK_RETRY_MSECS);
	if (left <= 0 || !kick_end_all(ctx, TRUE))
		return left;
	return kick_wait(ctx, KICK_MAX_MSECS);
}

static void
kick_print(const struct referral_stray_session *stray, const char *result)
{
	print_session_begin(&stray->session);
	referral_print(stray->home);
	referral_print(result);
}

static void
kick_print_end(struct kick_context *ctx, const struct kick_session *kick)
{
	const struct referral_session *session = &kick->stray->session;
	const char *why = kick->error != NULL ? kick->error :
		"it was told to end, but has not";

	if (kick->gone) {
		kick_print(kick->stray, "ended");
		return;
	}
	kick_print(kick->stray, t_strconcat("left: ", why, NULL));
	/* where nobody reads the table, this is what is logged */
	referral_compat_doveadm_error(ctx->cctx, "%s session of %s%s goes on, "
		"though it belongs to %s: %s", session->protocol,
		str_sanitize(session->user, 256), session->pid == 0 ? "" :
		t_strdup_printf(" (pid %s)", dec2str(session->pid)),
		kick->stray->home, why);
}

static void
kick_choose(struct kick_context *ctx,
	    const ARRAY_TYPE(referral_stray_session) *strays, bool dry)
{
	const struct referral_stray_session *stray;
	struct kick_session *kick;

	array_foreach(strays, stray) {
		if (stray->allowed) {
			kick_print(stray, "left: a new login would get a "
				   "session here, too");
		} else if (dry) {
			kick_print(stray, "would be ended");
		} else {
			kick = array_append_space(&ctx->sessions);
			kick->stray = stray;
		}
	}
}

static void cmd_kick(struct doveadm_cmd_context *cctx)
{
	struct kick_context ctx = { .cctx = cctx };
	ARRAY_TYPE(referral_stray_session) strays;
	const struct kick_session *kick;
	bool dry = FALSE;

	(void)doveadm_cmd_param_bool(cctx, "dry-run", &dry);
	ctx.pool = pool_alloconly_create("referral kick", 16*1024);
	p_array_init(&ctx.sessions, ctx.pool, 16);
	referral_print_begin(DOVEADM_PRINT_TYPE_TABLE, kick_columns);
	if (referral_stray_sessions_get(cctx, ctx.pool, kick_get_users(cctx),
					&strays) == 0) {
		kick_choose(&ctx, &strays, dry);
		if (kick_run(&ctx) != 0)
			referral_set_result(cctx, EX_TEMPFAIL);
		array_foreach(&ctx.sessions, kick) T_BEGIN {
			kick_print_end(&ctx, kick);
		} T_END;
	}
	pool_unref(&ctx.pool);
}

struct doveadm_cmd_ver2 referral_cmd_who = {
	.name = "referral who",
	.cmd = cmd_who,
	.usage = "[-a <socket path>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('a', "socket-path", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAMS_END
};

struct doveadm_cmd_ver2 referral_cmd_kick = {
	.name = "referral kick",
	.cmd = cmd_kick,
	.usage = "[-a <socket path>] [-n] [<user> [...]]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('a', "socket-path", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('n', "dry-run", CMD_PARAM_BOOL, 0)
DOVEADM_CMD_PARAM('\0', "users", CMD_PARAM_ARRAY, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
