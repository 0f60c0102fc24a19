#ifndef REFERRAL_COMPAT_DOVEADM_H
#define REFERRAL_COMPAT_DOVEADM_H

/* What differs between the doveadms of the generations of Dovecot. */

struct doveadm_cmd_context;
struct doveadm_mail_cmd_context;
struct setting_parser_info;

/* When doveadm loads us: it reads settings only afterwards. */
void referral_compat_doveadm_init(void);

/* Our settings outside of all protocols, checked. Returns 0 and set_r, to be
   given back with _free(), or -1 and error_r. settings_event_r is where blocks
   in them are found (compat-directories.h): NULL on Dovecot 2.3. */
int referral_compat_doveadm_settings_get(
	struct doveadm_cmd_context *cctx,
	const struct setting_parser_info *info,
	struct event **settings_event_r, const void **set_r,
	const char **error_r);
void referral_compat_doveadm_settings_free(const void *set);

/* Print an error: on the command line, or in the log of doveadm-server. */
void ATTR_FORMAT(2, 3)
referral_compat_doveadm_error(struct doveadm_cmd_context *cctx,
			      const char *fmt, ...);

/* init() of a mail command is called to make the headers of what it prints.
   There is one for all of them. */
typedef void
referral_compat_mail_init_t(struct doveadm_mail_cmd_context *ctx);
void referral_compat_doveadm_mail_set_init(struct doveadm_mail_cmd_context *ctx,
					   referral_compat_mail_init_t *init);

#endif
