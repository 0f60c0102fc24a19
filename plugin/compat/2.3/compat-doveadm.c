/* Dovecot 2.3: doveadm. */

#include "lib.h"
#include "doveadm.h"
#include "doveadm-mail.h"
#include "settings-parser.h"
#include "referral-settings.h"
#include "compat-doveadm.h"

static referral_compat_mail_init_t *mail_init;

void referral_compat_doveadm_init(void)
{
	doveadm_setting_roots_add(&referral_directory_setting_parser_info);
	doveadm_setting_roots_add(&referral_setting_parser_info);
	doveadm_setting_roots_add(&referral_login_setting_parser_info);
}

int referral_compat_doveadm_settings_get(
	struct doveadm_cmd_context *cctx ATTR_UNUSED,
	const struct setting_parser_info *info,
	struct event **settings_event_r, const void **set_r,
	const char **error_r ATTR_UNUSED)
{
	*settings_event_r = NULL;
	*set_r = doveadm_setting_roots_get_settings(info);
	return 0;
}

void referral_compat_doveadm_settings_free(const void *set ATTR_UNUSED)
{
	/* they are doveadm's */
}

void referral_compat_doveadm_error(struct doveadm_cmd_context *cctx ATTR_UNUSED,
				   const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	i_error("%s", t_strdup_vprintf(fmt, args));
	va_end(args);
}

static void doveadm_mail_init_callback(struct doveadm_mail_cmd_context *ctx,
				       const char *const args[] ATTR_UNUSED)
{
	mail_init(ctx);
}

void referral_compat_doveadm_mail_set_init(struct doveadm_mail_cmd_context *ctx,
					   referral_compat_mail_init_t *init)
{
	mail_init = init;
	ctx->v.init = doveadm_mail_init_callback;
}
