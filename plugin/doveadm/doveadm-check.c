/* doveadm referral check: what is wrong in the directory. */

#include "lib.h"
#include "str.h"
#include "str-sanitize.h"
#include "doveadm.h"
#include "doveadm-print.h"
#include "mailhost.h"
#include "seen.h"
#include "compat-doveadm.h"
#include "doveadm-common.h"
#include "doveadm-directory.h"
#include "doveadm-hosts.h"
#include "doveadm-commands.h"

#include <stdio.h>
#include <unistd.h>

#define PROGRESS_INTERVAL 1000

static const struct referral_column check_columns[] = {
	{ "problem", "problem" },
	{ "user", "user" },
	{ "value", "value" },
	{ "dn", "entry" },
	{ NULL, NULL }
};

static const struct referral_column hosts_columns[] = {
	{ "host", "home server" },
	{ "users", "users" },
	{ "here", "here" },
	{ NULL, NULL }
};

struct check_context {
	struct doveadm_cmd_context *cctx;
	const struct referral_entry_rules *rules;
	struct referral_hosts *hosts;
	struct referral_seen *names;
	/* -h */
	bool only_hosts;
	bool progress;
	unsigned int entries, problems;
	const struct referral_directory_entry *entry;
};

static void check_progress(const struct check_context *ctx, bool end)
{
	if (!ctx->progress)
		return;
	if (end)
		fprintf(stderr, "\r\033[K");
	else if (ctx->entries % PROGRESS_INTERVAL == 0)
		fprintf(stderr, "\r%u entries ", ctx->entries);
}

static void check_problem(enum referral_entry_problem problem,
			  const char *detail, void *context)
{
	struct check_context *ctx = context;

	ctx->problems++;
	if (ctx->only_hosts)
		return;
	check_progress(ctx, TRUE);
	doveadm_print(referral_entry_problem_to_string(problem));
	referral_print(ctx->entry->names[0] == NULL ? "" :
		       ctx->entry->names[0]);
	referral_print(detail);
	referral_print(ctx->entry->dn);
}

/* Case is ignored, as most directories do for names. */
static void check_names(struct check_context *ctx)
{
	const char *const *name;

	for (name = ctx->entry->names; *name != NULL; name++) {
		if (referral_seen_add(ctx->names, t_str_lcase(*name))) {
			check_problem(REFERRAL_ENTRY_SEVERAL_ENTRIES,
				      str_sanitize(*name, 256), ctx);
		}
	}
}

static void check_host(struct check_context *ctx,
		       const struct referral_host *home, bool here)
{
	const struct referral_hosts_host *host;
	const char *name = referral_host_to_string(home, 0);

	(void)referral_hosts_add(ctx->hosts, home, here);
	if (ctx->only_hosts)
		return;
	host = referral_hosts_lookup(ctx->hosts, home, here);
	if (!host->looked_up)
		return;
	if (!host->resolves)
		check_problem(REFERRAL_ENTRY_UNRESOLVED, name, ctx);
	else if (host->resolves_here)
		check_problem(REFERRAL_ENTRY_UNNAMED, name, ctx);
}

static void
check_entry(const struct referral_directory_entry *entry, void *context)
{
	struct check_context *ctx = context;
	struct referral_host home;
	bool here;

	ctx->entries++;
	ctx->entry = entry;
	here = referral_entry_check(ctx->rules, &entry->lookup, &home,
				    check_problem, ctx);
	check_names(ctx);
	if (home.name != NULL)
		check_host(ctx, &home, here);
	check_progress(ctx, FALSE);
}

static void
check_print_host(const struct referral_hosts_host *host,
		 void *context ATTR_UNUSED)
{
	doveadm_print(host->name);
	doveadm_print_num(host->users);
	doveadm_print(host->here ? "yes" : "no");
}

static void check_run(struct check_context *ctx,
		      struct referral_directories *directories)
{
	unsigned int more;
	int ret;

	ctx->rules = referral_directories_get_rules(directories);
	ctx->hosts = referral_hosts_init(ctx->rules);
	ctx->names = referral_seen_create();
	ret = referral_directories_walk(directories, check_entry, ctx);
	check_progress(ctx, TRUE);
	if (ctx->only_hosts) {
		more = referral_hosts_list(ctx->hosts, check_print_host, ctx);
		if (more > 0) {
			referral_compat_doveadm_error(ctx->cctx,
				"%u users have still other home servers", more);
		}
	}
	if (ret == 0 && ctx->problems > 0)
		referral_set_result(ctx->cctx, EX_DATAERR);
	referral_seen_destroy(&ctx->names);
	referral_hosts_deinit(&ctx->hosts);
}

static void cmd_check(struct doveadm_cmd_context *cctx)
{
	struct referral_directories *directories;
	struct check_context ctx = {
		.cctx = cctx,
		.progress = cctx->conn_type == DOVEADM_CONNECTION_TYPE_CLI &&
			isatty(STDERR_FILENO) > 0,
	};

	(void)doveadm_cmd_param_bool(cctx, "hosts", &ctx.only_hosts);
	referral_print_begin(DOVEADM_PRINT_TYPE_TABLE,
			     ctx.only_hosts ? hosts_columns : check_columns);
	if (referral_directories_init(cctx, &directories) < 0)
		return;
	check_run(&ctx, directories);
	referral_directories_deinit(&directories);
}

struct doveadm_cmd_ver2 referral_cmd_check = {
	.name = "referral check",
	.cmd = cmd_check,
	.usage = "[-h]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('h', "hosts", CMD_PARAM_BOOL, 0)
DOVEADM_CMD_PARAMS_END
};
