/* doveadm referral explain, flush: asked of the auth process. */

#include "lib.h"
#include "array.h"
#include "net.h"
#include "str-sanitize.h"
#include "doveadm.h"
#include "doveadm-print.h"
#include "mailhost.h"
#include "policy.h"
#include "reply.h"
#include "url.h"
#include "words.h"
#include "referral-line.h"
#include "referral-settings.h"
#include "compat-doveadm.h"
#include "doveadm-common.h"
#include "doveadm-line.h"
#include "doveadm-commands.h"

/* The keys are the answer's. */
static const struct referral_column explain_columns[] = {
	{ "user", "user" },
	{ "protocol", "protocol" },
	{ "mech", "mechanism" },
	{ "passdb", "passdbs" },
	{ "result", "directory" },
	{ "values", "values" },
	{ "user_action", "user's action" },
	{ "source", "source" },
	{ "age", "age (seconds)" },
	{ "server", "server" },
	{ "home", "home" },
	{ "rule", "home is here" },
	{ "action", "action" },
	{ "setting", "set by" },
	{ "reason", "reason" },
	{ "target", "clients are told" },
	{ "url", "referral" },
	{ "place", "a session here" },
	{ "detail", "detail" },
	{ "dry_run", "dry run" },
	{ "usecs", "microseconds" },
	{ NULL, NULL }
};

static bool
referral_users_get(struct doveadm_cmd_context *cctx,
		   const char *const **users_r)
{
	if (doveadm_cmd_param_array(cctx, "users", users_r) &&
	    **users_r != NULL)
		return TRUE;
	referral_compat_doveadm_error(cctx, "%s: USER is missing",
				      cctx->cmd->name);
	doveadm_exit_code = EX_USAGE;
	return FALSE;
}

static void
explain_add_arg(ARRAY_TYPE(const_string) *args, const char *key,
		const char *value)
{
	const char *arg = t_strconcat(key, "=", value, NULL);

	array_push_back(args, &arg);
}

/* What was told of the session, in the line's words */
static const char *const *explain_get_args(struct doveadm_cmd_context *cctx)
{
	ARRAY_TYPE(const_string) args;
	const char *const *info, *value;
	struct ip_addr ip;

	t_array_init(&args, 8);
	if (doveadm_cmd_param_str(cctx, "protocol", &value))
		explain_add_arg(&args, "service", value);
	if (doveadm_cmd_param_ip(cctx, "client-ip", &ip))
		explain_add_arg(&args, "rip", net_ip2addr(&ip));
	if (doveadm_cmd_param_str(cctx, "mechanism", &value))
		explain_add_arg(&args, REFERRAL_LINE_MECH, value);
	if (doveadm_cmd_param_array(cctx, "auth-info", &info)) {
		for (; *info != NULL; info++)
			array_push_back(&args, info);
	}
	array_append_zero(&args);
	return array_front(&args);
}

struct explain_context {
	struct doveadm_cmd_context *cctx;
	const char *const *users;
	const struct referral_login_settings *set;
	/* NULL: the LOGIN command */
	const char *mech;
};

/* What the login process makes of the decision */
static const char *
explain_url(const struct explain_context *ctx,
	    const struct referral_line_answer *answer)
{
	struct referral_url_params params = {
		.scheme = referral_line_value(answer, "protocol"),
		.user = referral_line_value(answer, "user"),
	};
	const char *mech = ctx->mech, *error;
	enum referral_action action;

	if (!referral_action_parse(referral_line_value(answer, "action"),
				   &action) ||
	    (action != REFERRAL_ACTION_REFER &&
	     action != REFERRAL_ACTION_OFFER &&
	     action != REFERRAL_ACTION_SUGGEST) ||
	    !referral_protocol_has_referral(params.scheme) ||
	    referral_mailhost_parse(pool_datastack_create(),
				    referral_line_value(answer, "target"),
				    &params.host, &error) < 0)
		return "";
	/* auth can't tell the LOGIN command from it */
	if (action == REFERRAL_ACTION_SUGGEST && mech != NULL &&
	    strcmp(mech, "PLAIN") == 0)
		mech = NULL;
	params.auth = referral_reply_auth(ctx->set->referral_url_auth, mech);
	return referral_url_create(&params);
}

static const char *
explain_value(const struct explain_context *ctx,
	      const struct referral_line_answer *answer, const char *key)
{
	return strcmp(key, "url") == 0 ? explain_url(ctx, answer) :
		referral_line_value(answer, key);
}

static void
explain_print(unsigned int idx, const struct referral_line_answer *answer,
	      void *context)
{
	const struct explain_context *ctx = context;
	const struct referral_column *column;

	if (answer->error != NULL) {
		referral_compat_doveadm_error(ctx->cctx, "%s: %s",
			str_sanitize(ctx->users[idx], 256), answer->error);
		doveadm_exit_code = EX_TEMPFAIL;
		return;
	}
	for (column = explain_columns; column->key != NULL; column++)
		referral_print(explain_value(ctx, answer, column->key));
	if (strcmp(referral_line_value(answer, "passdb"), "unknown user") == 0)
		referral_set_result(ctx->cctx, EX_NOUSER);
}

static void
explain_users(struct explain_context *ctx, struct referral_line *line)
{
	const char *const *args = explain_get_args(ctx->cctx);
	unsigned int i, count = str_array_length(ctx->users);
	struct referral_line_user *users;

	users = i_new(struct referral_line_user, count);
	for (i = 0; i < count; i++) {
		users[i].user = ctx->users[i];
		users[i].args = args;
	}
	(void)referral_line_explain(line, users, count, explain_print, ctx);
	i_free(users);
}

static int explain_settings_get(struct explain_context *ctx)
{
	struct event *settings_event;
	const void *set;
	const char *error;

	if (referral_compat_doveadm_settings_get(ctx->cctx,
			&referral_login_setting_parser_info,
			&settings_event, &set, &error) < 0) {
		referral_compat_doveadm_error(ctx->cctx, "%s", error);
		doveadm_exit_code = EX_CONFIG;
		return -1;
	}
	ctx->set = set;
	if (doveadm_cmd_param_str(ctx->cctx, "mechanism", &ctx->mech))
		ctx->mech = t_str_ucase(ctx->mech);
	return 0;
}

static void cmd_explain(struct doveadm_cmd_context *cctx)
{
	struct explain_context ctx = { .cctx = cctx };
	struct referral_line *line;

	if (!referral_users_get(cctx, &ctx.users))
		return;
	referral_print_begin(DOVEADM_PRINT_TYPE_PAGER, explain_columns);
	if (explain_settings_get(&ctx) < 0)
		return;
	if (referral_line_open(cctx, &line) == 0) {
		explain_users(&ctx, line);
		referral_line_close(&line);
	}
	referral_compat_doveadm_settings_free(ctx.set);
}

/* An array called "user" ends 2.4's doveadm-server. */
struct doveadm_cmd_ver2 referral_cmd_explain = {
	.name = "referral explain",
	.cmd = cmd_explain,
	.usage = "[-a <socket path>] [-p <protocol>] [-i <client ip>] "
		"[-m <mechanism>] [-x <auth info>] <user> [...]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('a', "socket-path", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('p', "protocol", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('i', "client-ip", CMD_PARAM_IP, 0)
DOVEADM_CMD_PARAM('m', "mechanism", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('x', "auth-info", CMD_PARAM_ARRAY, 0)
DOVEADM_CMD_PARAM('\0', "users", CMD_PARAM_ARRAY, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};

/* Users that fit into one question. Returns how many. */
static unsigned int flush_count(const char *const *users)
{
	unsigned int count = 0;
	size_t len = 0;

	do {
		/* escaped, every byte may become two */
		len += 2 * strlen(users[count]) + 1;
		count++;
	} while (users[count] != NULL &&
		 len + 2 * strlen(users[count]) < REFERRAL_LINE_MAX_INPUT / 2);
	return count;
}

static int
flush_ask(struct doveadm_cmd_context *cctx, struct referral_line *line,
	  const char *const *users, unsigned int *flushed)
{
	struct referral_line_answer answer;
	unsigned int count;

	if (referral_line_ask(line, "FLUSH", users, &answer) < 0)
		return -1;
	if (answer.error != NULL) {
		referral_compat_doveadm_error(cctx, "flush failed: %s",
			str_sanitize(answer.error, 256));
		doveadm_exit_code = EX_TEMPFAIL;
		return 0;
	}
	if (str_to_uint(referral_line_value(&answer, "flushed"), &count) == 0)
		*flushed += count;
	return 0;
}

static void flush_users(struct doveadm_cmd_context *cctx,
			struct referral_line *line, const char *const *users)
{
	unsigned int count, flushed = 0;
	int ret;

	if (users == NULL || *users == NULL)
		ret = flush_ask(cctx, line, NULL, &flushed);
	else do {
		count = flush_count(users);
		T_BEGIN {
			const char **some = t_new(const char *, count + 1);

			memcpy(some, users, count * sizeof(*some));
			ret = flush_ask(cctx, line, some, &flushed);
		} T_END;
		users += count;
	} while (ret == 0 && *users != NULL);
	if (ret == 0)
		doveadm_print_num(flushed);
}

static void cmd_flush(struct doveadm_cmd_context *cctx)
{
	const char *const *users = NULL;
	struct referral_line *line;

	(void)doveadm_cmd_param_array(cctx, "users", &users);
	doveadm_print_init(DOVEADM_PRINT_TYPE_FORMATTED);
	doveadm_print_formatted_set_format("%{flushed} answers flushed\n");
	doveadm_print_header_simple("flushed");
	if (referral_line_open(cctx, &line) < 0)
		return;
	flush_users(cctx, line, users);
	referral_line_close(&line);
}

struct doveadm_cmd_ver2 referral_cmd_flush = {
	.name = "referral flush",
	.cmd = cmd_flush,
	.usage = "[-a <socket path>] [<user> [...]]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('a', "socket-path", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('\0', "users", CMD_PARAM_ARRAY, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
