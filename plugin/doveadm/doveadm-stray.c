/* doveadm referral stray: mailboxes that a move has left behind. */

#include "lib.h"
#include "array.h"
#include "mail-namespace.h"
#include "mail-storage.h"
#include "mail-user.h"
#include "mailbox-list-iter.h"
#include "doveadm.h"
#include "doveadm-mail.h"
#include "doveadm-print.h"
#include "referral-line.h"
#include "compat-doveadm.h"
#include "doveadm-common.h"
#include "doveadm-line.h"
#include "doveadm-commands.h"

static const struct referral_column stray_columns[] = {
	{ "user", "user" },
	{ "home", "home" },
	{ "mailboxes", "mailboxes" },
	{ "messages", "messages" },
	{ "bytes", "bytes" },
	{ "newest", "newest" },
	{ NULL, NULL }
};

struct stray_cmd {
	struct doveadm_mail_cmd_context ctx;
	/* NULL after an error */
	struct referral_line *line;
};

struct stray_total {
	unsigned int mailboxes, messages;
	uoff_t bytes;
	/* 0 if there is none */
	time_t newest;
};

static int stray_add_newest(struct mailbox *box, unsigned int messages,
			    struct stray_total *total)
{
	struct mailbox_transaction_context *trans;
	struct mail *mail;
	time_t received;
	int ret;

	trans = mailbox_transaction_begin(box, 0, __func__);
	mail = mail_alloc(trans, MAIL_FETCH_RECEIVED_DATE, NULL);
	mail_set_seq(mail, messages);
	ret = mail_get_received_date(mail, &received);
	if (ret == 0 && received > total->newest)
		total->newest = received;
	mail_free(&mail);
	mailbox_transaction_rollback(&trans);
	return ret;
}

static int stray_add_box(struct mailbox *box, struct stray_total *total)
{
	struct mailbox_status status;
	struct mailbox_metadata metadata;

	if (mailbox_sync(box, MAILBOX_SYNC_FLAG_FULL_READ) < 0 ||
	    mailbox_get_status(box, STATUS_MESSAGES, &status) < 0 ||
	    mailbox_get_metadata(box, MAILBOX_METADATA_PHYSICAL_SIZE,
				 &metadata) < 0)
		return -1;
	total->mailboxes++;
	total->messages += status.messages;
	total->bytes += metadata.physical_size;
	return status.messages == 0 ? 0 :
		stray_add_newest(box, status.messages, total);
}

/* Looking must not make anything: INBOX is made where it is opened. */
static int stray_add(struct doveadm_cmd_context *cctx,
		     const struct mailbox_info *info,
		     struct stray_total *total)
{
	enum mailbox_existence existence;
	struct mailbox *box;
	int ret;

	if ((info->flags & (MAILBOX_NOSELECT | MAILBOX_NONEXISTENT)) != 0)
		return 0;
	box = mailbox_alloc(info->ns->list, info->vname, MAILBOX_FLAG_READONLY);
	ret = mailbox_exists(box, FALSE, &existence);
	if (ret == 0 && existence == MAILBOX_EXISTENCE_SELECT)
		ret = stray_add_box(box, total);
	if (ret < 0) {
		referral_compat_doveadm_error(cctx, "%s: %s",
			info->vname, mailbox_get_last_internal_error(box, NULL));
	}
	mailbox_free(&box);
	return ret;
}

static int stray_add_all(struct doveadm_mail_cmd_context *ctx,
			 struct mail_user *user, struct stray_total *total)
{
	static const char *const patterns[] = { "*", NULL };
	struct mailbox_list_iterate_context *iter;
	const struct mailbox_info *info;
	int ret = 0;

	iter = mailbox_list_iter_init_namespaces(user->namespaces, patterns,
		MAIL_NAMESPACE_TYPE_PRIVATE, MAILBOX_LIST_ITER_NO_AUTO_BOXES |
		MAILBOX_LIST_ITER_SKIP_ALIASES);
	while ((info = mailbox_list_iter_next(iter)) != NULL) T_BEGIN {
		if (stray_add(ctx->cctx, info, total) < 0)
			ret = -1;
	} T_END;
	if (mailbox_list_iter_deinit(&iter) < 0)
		ret = -1;
	return ret;
}

static void stray_print(const char *user, const char *home,
			const struct stray_total *total)
{
	referral_print(user);
	referral_print(home);
	doveadm_print_num(total->mailboxes);
	doveadm_print_num(total->messages);
	doveadm_print_num(total->bytes);
	doveadm_print(total->newest == 0 ? "" : unixdate2str(total->newest));
}

static int
stray_run_elsewhere(struct doveadm_mail_cmd_context *ctx,
		    struct mail_user *user, const char *home)
{
	struct stray_total total;

	i_zero(&total);
	if (stray_add_all(ctx, user, &total) < 0) {
		ctx->exit_code = EX_TEMPFAIL;
		return -1;
	}
	if (total.mailboxes > 0)
		stray_print(user->username, home, &total);
	return 0;
}

static int
cmd_stray_run(struct doveadm_mail_cmd_context *_ctx, struct mail_user *user)
{
	struct stray_cmd *ctx = (struct stray_cmd *)_ctx;
	struct referral_line_answer answer;
	const char *const words[] = {
		user->username, REFERRAL_LINE_SESSION_USER"=yes", NULL
	};
	const char *place;

	if (ctx->line == NULL ||
	    referral_line_ask(ctx->line, "EXPLAIN", words, &answer) < 0) {
		_ctx->exit_code = EX_TEMPFAIL;
		return -1;
	}
	place = referral_line_value(&answer, "place");
	if (strcmp(place, "elsewhere") == 0 || strcmp(place, "allowed") == 0) {
		return stray_run_elsewhere(_ctx, user,
			t_strdup(referral_line_value(&answer, "home")));
	}
	if (answer.error != NULL || strcmp(place, "home") != 0) {
		referral_compat_doveadm_error(_ctx->cctx,
			"nobody can tell where %s is at home (%s)",
			user->username, answer.error != NULL ? answer.error :
			referral_line_value(&answer, "reason"));
		_ctx->exit_code = EX_TEMPFAIL;
	}
	return 0;
}

static void cmd_stray_init(struct doveadm_mail_cmd_context *ctx ATTR_UNUSED)
{
	const struct referral_column *column;

	for (column = stray_columns; column->key != NULL; column++)
		doveadm_print_header(column->key, column->title, 0);
}

/* run() has the rights of the mail's owner: the line is root's. */
static void cmd_stray_preinit(struct doveadm_mail_cmd_context *_ctx)
{
	struct stray_cmd *ctx = (struct stray_cmd *)_ctx;

	if (referral_line_open(_ctx->cctx, &ctx->line) < 0)
		ctx->line = NULL;
}

static void cmd_stray_deinit(struct doveadm_mail_cmd_context *_ctx)
{
	struct stray_cmd *ctx = (struct stray_cmd *)_ctx;

	if (ctx->line != NULL)
		referral_line_close(&ctx->line);
}

static struct doveadm_mail_cmd_context *cmd_stray_alloc(void)
{
	struct stray_cmd *ctx;

	ctx = doveadm_mail_cmd_alloc(struct stray_cmd);
	ctx->ctx.v.preinit = cmd_stray_preinit;
	ctx->ctx.v.run = cmd_stray_run;
	ctx->ctx.v.deinit = cmd_stray_deinit;
	referral_compat_doveadm_mail_set_init(&ctx->ctx, cmd_stray_init);
	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	return &ctx->ctx;
}

struct doveadm_cmd_ver2 referral_cmd_stray = {
	.name = "referral stray",
	.mail_cmd = cmd_stray_alloc,
	.usage = DOVEADM_CMD_MAIL_USAGE_PREFIX,
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_MAIL_COMMON
DOVEADM_CMD_PARAMS_END
};
