/* Dovecot 2.4: doveadm. */

#include "lib.h"
#include "doveadm.h"
#include "doveadm-mail.h"
#include "settings.h"
#include "compat-doveadm.h"

static referral_compat_mail_init_t *mail_init;

/* how all our structs of settings begin */
struct referral_compat_settings {
	pool_t pool;
};

void referral_compat_doveadm_init(void)
{
}

int referral_compat_doveadm_settings_get(
	struct doveadm_cmd_context *cctx,
	const struct setting_parser_info *info,
	struct event **settings_event_r, const void **set_r,
	const char **error_r)
{
	const struct referral_compat_settings *set;

	if (settings_get(cctx->event, info, 0, &set, error_r) < 0)
		return -1;
	*settings_event_r = cctx->event;
	*set_r = set;
	return 0;
}

void referral_compat_doveadm_settings_free(const void *_set)
{
	const struct referral_compat_settings *set = _set;

	settings_free(set);
}

void referral_compat_doveadm_error(struct doveadm_cmd_context *cctx,
				   const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	e_error(cctx->event, "%s", t_strdup_vprintf(fmt, args));
	va_end(args);
}

static void doveadm_mail_init_callback(struct doveadm_mail_cmd_context *ctx)
{
	mail_init(ctx);
}

void referral_compat_doveadm_mail_set_init(struct doveadm_mail_cmd_context *ctx,
					   referral_compat_mail_init_t *init)
{
	mail_init = init;
	ctx->v.init = doveadm_mail_init_callback;
}
