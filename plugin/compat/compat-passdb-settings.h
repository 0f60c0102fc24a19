#ifndef REFERRAL_COMPAT_PASSDB_SETTINGS_H
#define REFERRAL_COMPAT_PASSDB_SETTINGS_H

/* What doveconf has to look at in passdb { }. The settings are Dovecot's own: it
   checks what it makes of them, and we do as well. */

struct referral_passdb_settings {
	pool_t pool;

	const char *passdb_name;
	const char *passdb_driver;
	const char *passdb_skip;
};

/* All blocks (2.3), or each one (2.4): implemented once in each generation's
   folder, from what is in plugin/settings. */
extern const struct setting_parser_info
	referral_compat_passdb_setting_parser_info;

extern const struct setting_define referral_passdb_setting_defines[];
extern const struct referral_passdb_settings referral_passdb_default_settings;
/* Is this a block that can work? Returns TRUE, or FALSE and error_r. */
bool referral_passdb_setting_check_func(void *set, pool_t pool,
					const char **error_r);

#endif
