/* settings/liblogin_referral_settings.so: makes our settings known to the
   config process and to doveconf. */

#include "lib.h"
#include "settings-parser.h"
#include "referral-settings.h"
#include "compat-passdb-settings.h"
#include "compat-setting-defs.h"

extern const char *login_referral_settings_version;
extern const struct setting_parser_info *
	REFERRAL_SETTINGS_ARRAY(login_referral_settings)[];

const char *login_referral_settings_version = DOVECOT_ABI_VERSION;

const struct setting_parser_info *
REFERRAL_SETTINGS_ARRAY(login_referral_settings)[] = {
	&referral_directory_setting_parser_info,
	&referral_setting_parser_info,
	&referral_login_setting_parser_info,
	&referral_compat_passdb_setting_parser_info,
	NULL
};
