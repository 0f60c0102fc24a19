/* Finds sessions that belong elsewhere. */

#include "lib.h"
#include "array.h"
#include "net.h"
#include "str-sanitize.h"
#include "doveadm.h"
#include "mailhost.h"
#include "referral-line.h"
#include "compat-doveadm.h"
#include "doveadm-line.h"
#include "doveadm-sessions.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

struct stray_context {
	struct doveadm_cmd_context *cctx;
	pool_t pool;
	const struct referral_session *sessions;
	ARRAY_TYPE(referral_stray_session) *strays;
	/* users whose home can't be told */
	unsigned int unknown_count;
	const char *unknown_user, *unknown_reason;
};

/* home: "host[:port]". A name that does not resolve tells nothing. */
static bool home_has_ip(const char *home, const struct ip_addr *ip)
{
	struct referral_host host;
	struct ip_addr *ips;
	unsigned int i, count;
	const char *error;

	if (referral_mailhost_parse(pool_datastack_create(), home,
				    &host, &error) < 0)
		return TRUE;
	if (host.ip.family != 0)
		return net_ip_compare(&host.ip, ip);
	if (net_gethostbyname(host.name, &ips, &count) != 0)
		return TRUE;
	for (i = 0; i < count; i++) {
		if (net_ip_compare(&ips[i], ip))
			return TRUE;
	}
	return FALSE;
}

static bool
session_is_stray(const struct referral_session *session,
		 const struct referral_line_answer *answer)
{
	bool here = strcmp(referral_line_value(answer, "place"), "home") == 0;

	if (!session->proxied)
		return !here;
	/* one that goes to the user's home is where it should be */
	return here || !home_has_ip(referral_line_value(answer, "home"),
				    &session->dest_ip);
}

static void
stray_note_unknown(struct stray_context *ctx, const char *user,
		   const struct referral_line_answer *answer)
{
	const char *reason = answer->error;

	if (ctx->unknown_count++ > 0)
		return;
	if (reason == NULL)
		reason = referral_line_value(answer, "reason");
	if (*reason == '\0')
		reason = referral_line_value(answer, "passdb");
	ctx->unknown_user = user;
	ctx->unknown_reason = p_strdup(ctx->pool, reason);
}

static void
stray_explained(unsigned int idx, const struct referral_line_answer *answer,
		void *context)
{
	struct stray_context *ctx = context;
	const struct referral_session *session = &ctx->sessions[idx];
	struct referral_stray_session *stray;
	const char *place = referral_line_value(answer, "place");

	if (answer->error != NULL || *place == '\0' ||
	    strcmp(place, "unknown") == 0) {
		stray_note_unknown(ctx, session->user, answer);
		return;
	}
	if (!session_is_stray(session, answer))
		return;
	stray = array_append_space(ctx->strays);
	stray->session = *session;
	stray->home = p_strdup(ctx->pool, referral_line_value(answer, "home"));
	stray->action = p_strdup(ctx->pool,
				 referral_line_value(answer, "action"));
	stray->allowed = strcmp(place, "allowed") == 0 && !session->proxied;
}

static const char *const *
session_args(pool_t pool, const struct referral_session *session)
{
	const char **args = p_new(pool, const char *, 4);
	unsigned int n = 0;

	args[n++] = REFERRAL_LINE_SESSION_USER"=yes";
	args[n++] = p_strconcat(pool, "service=", session->protocol, NULL);
	if (session->client_ip.family != 0) {
		args[n++] = p_strconcat(pool, "rip=",
			net_ip2addr(&session->client_ip), NULL);
	}
	return args;
}

static int stray_explain(struct stray_context *ctx, unsigned int count)
{
	struct referral_line_user *users;
	struct referral_line *line;
	unsigned int i;
	int ret;

	if (referral_line_open(ctx->cctx, &line) < 0)
		return -1;
	users = p_new(ctx->pool, struct referral_line_user, count + 1);
	for (i = 0; i < count; i++) {
		users[i].user = ctx->sessions[i].user;
		users[i].args = session_args(ctx->pool, &ctx->sessions[i]);
	}
	ret = referral_line_explain(line, users, count, stray_explained, ctx);
	referral_line_close(&line);
	return ret;
}

static int
sessions_get(struct doveadm_cmd_context *cctx, pool_t pool,
	     const char *const *users, ARRAY_TYPE(referral_session) *sessions_r)
{
	ARRAY_TYPE(referral_session) all;
	const struct referral_session *session;
	const char *error;

	if (referral_compat_sessions_get(doveadm_settings->base_dir, pool,
					 &all, &error) < 0) {
		referral_compat_doveadm_error(cctx, "%s", error);
		doveadm_exit_code = EX_TEMPFAIL;
		return -1;
	}
	p_array_init(sessions_r, pool, array_count(&all) + 1);
	array_foreach(&all, session) {
		if (users == NULL || str_array_find(users, session->user))
			array_push_back(sessions_r, session);
	}
	return 0;
}

int referral_stray_sessions_get(struct doveadm_cmd_context *cctx, pool_t pool,
				const char *const *users,
				ARRAY_TYPE(referral_stray_session) *strays_r)
{
	struct stray_context ctx = {
		.cctx = cctx,
		.pool = pool,
		.strays = strays_r,
	};
	ARRAY_TYPE(referral_session) sessions;
	unsigned int count;

	p_array_init(strays_r, pool, 16);
	if (sessions_get(cctx, pool, users, &sessions) < 0)
		return -1;
	ctx.sessions = array_get(&sessions, &count);
	if (count > 0 && stray_explain(&ctx, count) < 0)
		return -1;
	if (ctx.unknown_count > 0) {
		referral_compat_doveadm_error(cctx, "%u of the sessions: "
			"nobody can tell where they belong, such as that of "
			"%s (%s): see doveadm referral explain",
			ctx.unknown_count,
			str_sanitize(ctx.unknown_user, 256),
			ctx.unknown_reason);
	}
	return 0;
}

/* Since boot, in clock ticks: the 22nd field of /proc/PID/stat, the 20th after
   the name in parentheses. */
static int process_started_ticks(pid_t pid, unsigned long long *ticks_r)
{
	const char *path = t_strdup_printf("/proc/%s/stat", dec2str(pid));
	const char *const *fields, *name_end;
	char buf[1024];
	ssize_t ret;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd == -1)
		return -1;
	ret = read(fd, buf, sizeof(buf) - 1);
	i_close_fd(&fd);
	if (ret <= 0)
		return -1;
	buf[ret] = '\0';
	name_end = strrchr(buf, ')');
	if (name_end == NULL)
		return -1;
	fields = t_strsplit(name_end, " ");
	if (str_array_length(fields) < 21)
		return -1;
	return str_to_ullong(fields[20], ticks_r);
}

int referral_session_secs(const struct referral_session *session)
{
	unsigned long long ticks;
	struct timespec uptime;
	long per_sec = sysconf(_SC_CLK_TCK);

	if (session->pid == 0 || per_sec <= 0 ||
	    process_started_ticks(session->pid, &ticks) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &uptime) < 0)
		return -1;
	return I_MAX((long long)uptime.tv_sec - (long long)(ticks / per_sec), 0);
}
