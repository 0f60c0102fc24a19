/* Dovecot 2.4: doveadm. */

#include "lib.h"
#include "doveadm.h"
#include "compat-doveadm.h"

void referral_compat_doveadm_error(struct doveadm_cmd_context *cctx,
				   const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	e_error(cctx->event, "%s", t_strdup_vprintf(fmt, args));
	va_end(args);
}
