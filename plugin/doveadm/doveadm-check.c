/* doveadm referral check, list: what the directory says about everybody. */

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

static const char *entry_name(const struct referral_directory_entry *entry)
{
	return entry->names[0] == NULL ? "" : entry->names[0];
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
	referral_print(entry_name(ctx->entry));
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

struct list_context {
	struct doveadm_cmd_context *cctx;
	const struct referral_entry_rules *rules;
	struct referral_hosts *hosts;
	/* name NULL: this server */
	struct referral_host host;
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
	const char *name = entry_name(entry);
	struct referral_host home;
	bool here;

	here = referral_entry_check(ctx->rules, &entry->lookup, &home,
				    list_problem, ctx);
	if (home.name == NULL || *name == '\0' ||
	    !list_wants(ctx, &home, here))
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

static void cmd_list(struct doveadm_cmd_context *cctx)
{
	struct list_context ctx = { .cctx = cctx };
	struct referral_directories *directories;

	doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
	doveadm_print_header("user", "user",
			     DOVEADM_PRINT_HEADER_FLAG_HIDE_TITLE);
	if (!list_get_host(&ctx) ||
	    referral_directories_init(cctx, &directories) < 0)
		return;
	ctx.rules = referral_directories_get_rules(directories);
	ctx.hosts = referral_hosts_init(ctx.rules);
	(void)referral_directories_walk(directories, list_entry, &ctx);
	referral_hosts_deinit(&ctx.hosts);
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

struct doveadm_cmd_ver2 referral_cmd_list = {
	.name = "referral list",
	.cmd = cmd_list,
	.usage = "[<host>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "host", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
