/* Dovecot 2.4: each passdb block is a filter, and is checked by itself. */

#include "lib.h"
#include "settings-parser.h"
#include "compat-passdb-settings.h"

const struct setting_parser_info referral_compat_passdb_setting_parser_info = {
	.name = "login_referral_passdb",
	.defines = referral_passdb_setting_defines,
	.defaults = &referral_passdb_default_settings,
	.struct_size = sizeof(struct referral_passdb_settings),
	.pool_offset1 = 1 + offsetof(struct referral_passdb_settings, pool),
	.check_func = referral_passdb_setting_check_func,
};
