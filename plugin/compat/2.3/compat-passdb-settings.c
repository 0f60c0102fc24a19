/* Dovecot 2.3: passdb blocks are a list of structs. */

#include "lib.h"
#include "array.h"
#include "settings-parser.h"
#include "compat-passdb-settings.h"

struct referral_passdb_list_settings {
	ARRAY(const struct referral_passdb_settings *) passdbs;
};

static const struct setting_parser_info referral_passdb_block_parser_info = {
	.defines = referral_passdb_setting_defines,
	.defaults = &referral_passdb_default_settings,
	.type_offset = offsetof(struct referral_passdb_settings, passdb_name),
	.struct_size = sizeof(struct referral_passdb_settings),
	.parent_offset = SIZE_MAX,
	.check_func = referral_passdb_setting_check_func,
};

static const struct setting_define referral_passdb_list_setting_defines[] = {
	{ SET_DEFLIST, 0, "passdb",
	  offsetof(struct referral_passdb_list_settings, passdbs),
	  &referral_passdb_block_parser_info },
	SETTING_DEFINE_LIST_END
};

static const struct referral_passdb_list_settings
referral_passdb_list_defaults = {
	.passdbs = ARRAY_INIT,
};

const struct setting_parser_info referral_compat_passdb_setting_parser_info = {
	.module_name = "login_referral_passdb",
	.defines = referral_passdb_list_setting_defines,
	.defaults = &referral_passdb_list_defaults,
	.type_offset = SIZE_MAX,
	.struct_size = sizeof(struct referral_passdb_list_settings),
	.parent_offset = SIZE_MAX,
};
