/* Dovecot 2.4: each passdb block is a filter, and is checked by itself. */

#include "lib.h"
#include "settings-parser.h"
#include "compat-passdb-settings.h"

#define DEF(type, name) \
	SETTING_DEFINE_STRUCT_##type(#name, name, \
				     struct referral_passdb_settings)
static const struct setting_define referral_passdb_setting_defines[] = {
	DEF(STR, passdb_name),
	DEF(STR, passdb_driver),
	DEF(ENUM, passdb_skip),
	SETTING_DEFINE_LIST_END
};
#undef DEF

static const struct referral_passdb_settings referral_passdb_defaults = {
	.passdb_name = "",
	.passdb_driver = "",
	.passdb_skip = REFERRAL_PASSDB_SKIPS,
};

static bool
referral_passdb_setting_check_func(void *set, pool_t pool ATTR_UNUSED,
				   const char **error_r)
{
	return referral_passdb_settings_check(set, error_r);
}

const struct setting_parser_info referral_compat_passdb_setting_parser_info = {
	.name = "login_referral_passdb",
	.defines = referral_passdb_setting_defines,
	.defaults = &referral_passdb_defaults,
	.struct_size = sizeof(struct referral_passdb_settings),
	.pool_offset1 = 1 + offsetof(struct referral_passdb_settings, pool),
	.check_func = referral_passdb_setting_check_func,
};
