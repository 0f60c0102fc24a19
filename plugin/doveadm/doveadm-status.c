/* doveadm referral status: asked of the auth process. */

#include "lib.h"
#include "str.h"
#include "str-sanitize.h"
#include "doveadm.h"
#include "doveadm-print.h"
#include "compat-doveadm.h"
#include "doveadm-common.h"
#include "doveadm-drain.h"
#include "doveadm-line.h"
#include "doveadm-commands.h"

/* What most parts have; the keys are the answer's. */
static const struct referral_column status_columns[] = {
	{ "part", "part" },
	{ "name", "name" },
	{ "state", "state" },
	{ "count", "count" },
	{ "detail", "detail" },
	{ NULL, NULL }
};

static bool status_is_column(const char *key)
{
	const struct referral_column *column;

	for (column = status_columns; column->key != NULL; column++) {
		if (strcmp(column->key, key) == 0)
			return TRUE;
	}
	return FALSE;
}

/* All else: "key value, key value" */
static const char *status_detail(const struct referral_line_answer *answer)
{
	const char *const *word, *value, *key;
	string_t *str = t_str_new(128);

	for (word = answer->values; *word != NULL; word++) {
		value = strchr(*word, '=');
		if (value == NULL)
			continue;
		key = t_strdup_until(*word, value++);
		if (status_is_column(key))
			continue;
		if (str_len(str) > 0)
			str_append(str, ", ");
		str_printfa(str, "%s %s", key, value);
	}
	return str_c(str);
}

static void
status_print(const char *part, const struct referral_line_answer *answer)
{
	const struct referral_column *column = status_columns;

	referral_print(part);
	for (column++; column[1].key != NULL; column++)
		referral_print(referral_line_value(answer, column->key));
	referral_print(status_detail(answer));
}

/* Nothing that the auth process knows of. */
static void status_print_drain(struct doveadm_cmd_context *cctx)
{
	const char *host, *error = NULL;
	int ret = referral_drain_get(cctx, &host, &error);

	referral_print("drain");
	referral_print(host);
	referral_print(ret == 0 ? "off" : ret > 0 ? "on" : "broken");
	referral_print("");
	referral_print(ret < 0 ? t_strconcat("error ", error, NULL) : "");
}

static void
status_item(const char *kind, const struct referral_line_answer *answer,
	    void *context)
{
	struct doveadm_cmd_context *cctx = context;

	status_print(kind, answer);
	if (strcmp(kind, "directory") == 0 &&
	    strcmp(referral_line_value(answer, "state"), "failing") == 0)
		referral_set_result(cctx, EX_TEMPFAIL);
}

static void status_ask(struct doveadm_cmd_context *cctx,
		       struct referral_line *line)
{
	struct referral_line_answer answer;

	if (referral_line_ask_items(line, "STATUS", NULL, status_item, cctx,
				    &answer) < 0)
		return;
	if (answer.error != NULL) {
		referral_compat_doveadm_error(cctx, "status failed: %s",
			str_sanitize(answer.error, 256));
		doveadm_exit_code = EX_TEMPFAIL;
		return;
	}
	status_print_drain(cctx);
	status_print("auth", &answer);
}

static void cmd_status(struct doveadm_cmd_context *cctx)
{
	struct referral_line *line;

	referral_print_begin(DOVEADM_PRINT_TYPE_TABLE, status_columns);
	if (referral_line_open(cctx, &line) < 0)
		return;
	status_ask(cctx, line);
	referral_line_close(&line);
}

struct doveadm_cmd_ver2 referral_cmd_status = {
	.name = "referral status",
	.cmd = cmd_status,
	.usage = "[-a <socket path>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('a', "socket-path", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAMS_END
};
