#ifndef REFERRAL_COMPAT_DOVEADM_H
#define REFERRAL_COMPAT_DOVEADM_H

/* What differs between the doveadms of the generations of Dovecot. */

struct doveadm_cmd_context;

/* Print an error: on the command line, or in the log of doveadm-server. */
void ATTR_FORMAT(2, 3)
referral_compat_doveadm_error(struct doveadm_cmd_context *cctx,
			      const char *fmt, ...);

#endif
