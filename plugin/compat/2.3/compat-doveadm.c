/* Dovecot 2.3: doveadm. */

#include "lib.h"
#include "doveadm.h"
#include "compat-doveadm.h"

void referral_compat_doveadm_error(struct doveadm_cmd_context *cctx ATTR_UNUSED,
				   const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	i_error("%s", t_strdup_vprintf(fmt, args));
	va_end(args);
}
