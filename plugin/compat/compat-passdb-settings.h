#ifndef REFERRAL_COMPAT_PASSDB_SETTINGS_H
#define REFERRAL_COMPAT_PASSDB_SETTINGS_H

/* What doveconf has to look at in passdb { }. The settings are Dovecot's own: it
   checks what it makes of them, and we do as well. The table is implemented
   once in each generation's folder. */

struct referral_passdb_settings {
	pool_t pool;

	const char *passdb_name;
	const char *passdb_driver;
	const char *passdb_skip;
};

/* skip's words, the first one is the default */
#define REFERRAL_PASSDB_SKIPS "never:authenticated:unauthenticated"

/* All blocks (2.3), or each one (2.4). */
extern const struct setting_parser_info
	referral_compat_passdb_setting_parser_info;

/* Is this a block that can work? Returns TRUE, or FALSE and error_r.
   Implemented in plugin/settings. */
bool referral_passdb_settings_check(const struct referral_passdb_settings *set,
				    const char **error_r);

#endif
