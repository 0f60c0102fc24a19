#ifndef REFERRAL_COMPAT_SETTING_DEFS_H
#define REFERRAL_COMPAT_SETTING_DEFS_H

/* Dovecot 2.3: how a table of settings is written down. The other generation
   has the same macros in a header of the same name. */

/* %variables of a setting are ours to expand, not Dovecot's */
#define REFERRAL_DEFINE_STR(name, struct_name) \
	SETTING_DEFINE_STRUCT_STR(#name, name, struct struct_name)
#define REFERRAL_DEFINE_BOOL(name, struct_name) \
	SETTING_DEFINE_STRUCT_BOOL(#name, name, struct struct_name)
#define REFERRAL_DEFINE_ENUM(name, struct_name) \
	SETTING_DEFINE_STRUCT_ENUM(#name, name, struct struct_name)
#define REFERRAL_DEFINE_TIME(name, struct_name) \
	SETTING_DEFINE_STRUCT_TIME(#name, name, struct struct_name)
#define REFERRAL_DEFINE_TIME_MSECS(name, struct_name) \
	SETTING_DEFINE_STRUCT_TIME_MSECS(#name, name, struct struct_name)
#define REFERRAL_DEFINE_SIZE(name, struct_name) \
	SETTING_DEFINE_STRUCT_SIZE(#name, name, struct struct_name)
/* Dovecot's own settings of passdb { }: see compat-passdb-settings.h */
#define REFERRAL_DEFINE_PASSDB(type, name) \
	SETTING_DEFINE_STRUCT_##type(#name, passdb_##name, \
				     struct referral_passdb_settings)
/* 2.3 has none of ours inside passdb { } */
#define REFERRAL_DEFINE_PASSDB_FILTER

/* The table of struct referral_directory_settings: the blocks first. */
extern const struct setting_define referral_directory_setting_defines[];

/* referral_directory NAME { }: a list of structs, see compat-directories.c */
extern const struct setting_parser_info referral_directory_block_parser_info;
#define REFERRAL_DEFINE_DIRECTORIES(struct_name) \
	{ SET_DEFLIST_UNIQUE, 0, "referral_directory", \
	  offsetof(struct struct_name, referral_directories), \
	  &referral_directory_block_parser_info }
#define REFERRAL_SETTING_IS_NO_VALUE(def) \
	((def)->type == SET_DEFLIST_UNIQUE)

/* everywhere: see referral_compat_settings_check_filters(), for doveconf does not
   tell where a setting stands */
#define REFERRAL_PARSER_INFO(struct_name, info_name, table, default_set, \
			     check, everywhere) \
	{ \
		.module_name = info_name, \
		.defines = table, \
		.defaults = &(default_set), \
		.type_offset = SIZE_MAX, \
		.struct_size = sizeof(struct struct_name), \
		.parent_offset = SIZE_MAX, \
		.check_func = check, \
	}

/* the array that the config process looks for in settings/lib*.so */
#define REFERRAL_SETTINGS_ARRAY(module) module##_set_roots

#endif
