/* doveadm referral drain: the switch that the login processes look at. */

#include "lib.h"
#include "str.h"
#include "str-sanitize.h"
#include "write-full.h"
#include "doveadm.h"
#include "doveadm-print.h"
#include "drain-host.h"
#include "identity.h"
#include "mailhost.h"
#include "referral-fields.h"
#include "referral-settings.h"
#include "compat-doveadm.h"
#include "doveadm-common.h"
#include "doveadm-directory.h"
#include "doveadm-drain.h"
#include "doveadm-users.h"
#include "doveadm-commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A longer one is none of ours. */
#define DRAIN_MAX_SIZE 1024

static const struct referral_column drain_columns[] = {
	{ "drained", "drained" },
	{ "host", "clients are told" },
	{ "users", "users at home here" },
	{ NULL, NULL }
};

static const char *drain_path(void)
{
	return t_strconcat(doveadm_settings->base_dir,
			   "/login/"REFERRAL_DRAIN_FILE, NULL);
}

static void ATTR_FORMAT(2, 3)
drain_error(struct doveadm_cmd_context *cctx, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	referral_compat_doveadm_error(cctx, "%s",
				      t_strdup_vprintf(fmt, args));
	va_end(args);
	doveadm_exit_code = EX_TEMPFAIL;
}

/* Returns 0 if there is no file: then *text_r is NULL. */
static int drain_read(const char **text_r, const char **error_r)
{
	const char *path = drain_path();
	char buf[DRAIN_MAX_SIZE];
	ssize_t ret;
	int fd;

	*text_r = NULL;
	fd = open(path, O_RDONLY);
	if (fd == -1) {
		if (errno == ENOENT)
			return 0;
		*error_r = t_strdup_printf("open(%s) failed: %m", path);
		return -1;
	}
	ret = read(fd, buf, sizeof(buf));
	if (ret < 0)
		*error_r = t_strdup_printf("read(%s) failed: %m", path);
	else
		*text_r = t_strndup(buf, ret);
	i_close_fd(&fd);
	return ret < 0 ? -1 : 0;
}

int referral_drain_get(struct doveadm_cmd_context *cctx, const char **host_r,
		       const char **error_r)
{
	const struct referral_login_settings *set;
	struct event *settings_event;
	struct referral_host host;
	const void *_set;
	const char *text;
	int ret;

	*host_r = "";
	if (referral_compat_doveadm_settings_get(cctx,
			&referral_login_setting_parser_info,
			&settings_event, &_set, error_r) < 0)
		return -1;
	set = _set;
	ret = drain_read(&text, error_r);
	if (ret == 0) {
		ret = referral_drain_host_get(text, set->referral_drain_host,
					      TRUE, &host, error_r);
	}
	if (ret > 0)
		*host_r = referral_host_to_string(&host, 0);
	referral_compat_doveadm_settings_free(set);
	return ret;
}

/* Users who are at home here would be sent away and come back. */
static const char *drain_count_users(struct doveadm_cmd_context *cctx)
{
	unsigned int count;

	if (referral_users_count_here(cctx, &count) < 0)
		return "unknown";
	return dec2str(count);
}

static void drain_status(struct doveadm_cmd_context *cctx, bool quick)
{
	const char *host, *error;
	int ret;

	ret = referral_drain_get(cctx, &host, &error);
	if (ret < 0)
		drain_error(cctx, "%s", error);
	doveadm_print(ret == 0 ? "no" : ret > 0 ? "yes" : "broken");
	doveadm_print(host);
	doveadm_print(ret == 0 || quick ? "" : drain_count_users(cctx));
}

static int
drain_write_file(struct doveadm_cmd_context *cctx, const char *path,
		 const char *text)
{
	int fd, ret = 0;

	/* it may be left over */
	i_unlink_if_exists(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd == -1) {
		drain_error(cctx, "open(%s) failed: %m%s", path,
			    errno != ENOENT ? "" :
			    " (Dovecot has not been started)");
		return -1;
	}
	/* whatever the umask: the login processes are nobody's friends */
	if (fchmod(fd, 0644) < 0 || write_full(fd, text, strlen(text)) < 0 ||
	    fsync(fd) < 0) {
		drain_error(cctx, "write(%s) failed: %m", path);
		ret = -1;
	}
	i_close_fd(&fd);
	return ret;
}

/* At once or not at all */
static void drain_write(struct doveadm_cmd_context *cctx, const char *host)
{
	const char *path = drain_path();
	const char *temp_path = t_strconcat(path, ".tmp", NULL);

	if (drain_write_file(cctx, temp_path,
			     t_strconcat(host, "\n", NULL)) < 0 ||
	    rename(temp_path, path) == 0)
		return;
	drain_error(cctx, "rename(%s, %s) failed: %m", temp_path, path);
	i_unlink(temp_path);
}

/* Clients that are told to come here again would never arrive. */
static bool
drain_is_us(struct doveadm_cmd_context *cctx, const struct referral_host *host)
{
	struct referral_directories *directories;
	bool ret;

	if (referral_directories_init(cctx, &directories) < 0)
		return TRUE;
	ret = referral_identity_matches(
		referral_directories_get_rules(directories)->identity,
		host, host->port);
	referral_directories_deinit(&directories);
	if (ret) {
		drain_error(cctx, "HOST %s is this server",
			    referral_host_to_string(host, 0));
	}
	return ret;
}

static void drain_on(struct doveadm_cmd_context *cctx, const char *str)
{
	struct referral_host host;
	const char *error;

	if (referral_mailhost_parse(pool_datastack_create(), str,
				    &host, &error) < 0) {
		drain_error(cctx, "HOST %s: %s", str_sanitize(str, 80), error);
		doveadm_exit_code = EX_USAGE;
		return;
	}
	if (!drain_is_us(cctx, &host))
		drain_write(cctx, referral_host_to_string(&host, 0));
}

static void drain_off(struct doveadm_cmd_context *cctx)
{
	if (unlink(drain_path()) < 0 && errno != ENOENT)
		drain_error(cctx, "unlink(%s) failed: %m", drain_path());
}

static void cmd_drain(struct doveadm_cmd_context *cctx)
{
	const char *word;
	bool quick = FALSE;

	referral_print_begin(DOVEADM_PRINT_TYPE_TABLE, drain_columns);
	(void)doveadm_cmd_param_bool(cctx, "quick", &quick);
	if (!doveadm_cmd_param_str(cctx, "host", &word)) {
		drain_error(cctx, "HOST, off or status is missing");
		doveadm_exit_code = EX_USAGE;
		return;
	}
	if (strcmp(word, "off") == 0)
		drain_off(cctx);
	else if (strcmp(word, "status") != 0)
		drain_on(cctx, word);
	if (doveadm_exit_code == 0)
		drain_status(cctx, quick);
}

struct doveadm_cmd_ver2 referral_cmd_drain = {
	.name = "referral drain",
	.cmd = cmd_drain,
	.usage = "[-q] <host>[:<port>]|off|status",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('q', "quick", CMD_PARAM_BOOL, 0)
DOVEADM_CMD_PARAM('\0', "host", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
