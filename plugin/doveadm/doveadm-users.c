/* doveadm referral list: who is at home where. */

#include "lib.h"
#include "str-sanitize.h"
#include "doveadm.h"
#include "doveadm-print.h"
#include "mailhost.h"
#include "compat-doveadm.h"
#include "doveadm-directory.h"
#include "doveadm-hosts.h"
#include "doveadm-users.h"
#include "doveadm-commands.h"

struct list_context {
	struct doveadm_cmd_context *cctx;
	const struct referral_entry_rules *rules;
	struct referral_hosts *hosts;
	/* name NULL: this server */
	struct referral_host host;
	bool only_count;
	unsigned int count;
};

static void
list_problem(enum referral_entry_problem problem ATTR_UNUSED,
	     const char *detail ATTR_UNUSED, void *context ATTR_UNUSED)
{
}

/* A name without a port stands for all ports. */
static bool list_wants(struct list_context *ctx,
		       const struct referral_host *home, bool here)
{
	struct referral_host host = *home;

	if (ctx->host.name == NULL) {
		return here || referral_hosts_lookup(ctx->hosts, home,
						     here)->resolves_here;
	}
	if (ctx->host.port == 0)
		host.port = 0;
	return referral_host_equals(&host, &ctx->host);
}

static void
list_entry(const struct referral_directory_entry *entry, void *context)
{
	struct list_context *ctx = context;
	const char *name = entry->names[0];
	struct referral_host home;
	bool here;

	here = referral_entry_check(ctx->rules, &entry->lookup, &home,
				    list_problem, ctx);
	if (home.name == NULL || name == NULL ||
	    !list_wants(ctx, &home, here))
		return;
	ctx->count++;
	if (ctx->only_count)
		return;
	/* one line is one user for doveadm -F */
	if (strpbrk(name, "\r\n") != NULL) {
		referral_compat_doveadm_error(ctx->cctx,
			"A user's name has a line break: %s",
			str_sanitize(name, 256));
		doveadm_exit_code = EX_DATAERR;
		return;
	}
	doveadm_print(name);
}

static bool list_get_host(struct list_context *ctx)
{
	const char *str, *error;

	if (!doveadm_cmd_param_str(ctx->cctx, "host", &str))
		return TRUE;
	if (referral_mailhost_parse(pool_datastack_create(), str, &ctx->host,
				    &error) == 0)
		return TRUE;
	referral_compat_doveadm_error(ctx->cctx, "HOST %s: %s",
				      str_sanitize(str, 80), error);
	doveadm_exit_code = EX_USAGE;
	return FALSE;
}

static int list_run(struct list_context *ctx)
{
	struct referral_directories *directories;
	int ret;

	if (referral_directories_init(ctx->cctx, &directories) < 0)
		return -1;
	ctx->rules = referral_directories_get_rules(directories);
	ctx->hosts = referral_hosts_init(ctx->rules);
	ret = referral_directories_walk(directories, list_entry, ctx);
	referral_hosts_deinit(&ctx->hosts);
	referral_directories_deinit(&directories);
	return ret;
}

int referral_users_count_here(struct doveadm_cmd_context *cctx,
			      unsigned int *count_r)
{
	struct list_context ctx = { .cctx = cctx, .only_count = TRUE };
	int ret = list_run(&ctx);

	*count_r = ctx.count;
	return ret;
}

static void cmd_list(struct doveadm_cmd_context *cctx)
{
	struct list_context ctx = { .cctx = cctx };

	doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
	doveadm_print_header("user", "user",
			     DOVEADM_PRINT_HEADER_FLAG_HIDE_TITLE);
	if (list_get_host(&ctx))
		(void)list_run(&ctx);
}

struct doveadm_cmd_ver2 referral_cmd_list = {
	.name = "referral list",
	.cmd = cmd_list,
	.usage = "[<host>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "host", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
