#ifndef REFERRAL_COMPAT_SETTING_DEFS_H
#define REFERRAL_COMPAT_SETTING_DEFS_H

/* Dovecot 2.4: how a table of settings is written down. The other generation
   has the same macros in a header of the same name. */

/* %variables of a setting are ours to expand, not Dovecot's */
#define REFERRAL_DEFINE_STR(name, struct_name) \
	SETTING_DEFINE_STRUCT_STR_NOVARS(#name, name, struct struct_name)
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
	SETTING_DEFINE_STRUCT_##type("passdb_"#name, passdb_##name, \
				     struct referral_passdb_settings)
/* passdb referral { referral_... = ... }: auth looks the driver's settings up
   through the filter "passdb_<driver>" */
#define REFERRAL_DEFINE_PASSDB_FILTER \
	{ .type = SET_FILTER_NAME, .key = "passdb_referral" },

/* The table of struct referral_directory_settings: the blocks first. */
extern const struct setting_define referral_directory_setting_defines[];

/* referral_directory NAME { }: a filter, whose names are listed */
#define REFERRAL_DEFINE_DIRECTORIES(struct_name) \
	{ .type = SET_FILTER_ARRAY, .key = "referral_directory", \
	  .offset = offsetof(struct struct_name, referral_directories), \
	  .filter_array_field_name = "referral_directory_name" }
/* filters, which hold no value themselves */
#define REFERRAL_SETTING_IS_NO_VALUE(def) \
	((def)->type == SET_FILTER_ARRAY || (def)->type == SET_FILTER_NAME)

/* The config process checks each filter with an event that has its addresses.
   Returns FALSE and error_r if it has any: the auth process reads its settings
   once, for all logins. */
bool referral_compat_check_filter(struct event *event, void *set, pool_t pool,
				  const char **error_r);
#ifdef REFERRAL_CHECK_MACHINE
#  define REFERRAL_CHECK_FILTER referral_compat_check_filter
#else
#  define REFERRAL_CHECK_FILTER NULL
#endif

/* everywhere: may be set in remote { }, local { } and local_name { }, too */
#define REFERRAL_PARSER_INFO(struct_name, info_name, table, default_set, \
			     check, everywhere) \
	{ \
		.name = info_name, \
		.defines = table, \
		.defaults = &(default_set), \
		.struct_size = sizeof(struct struct_name), \
		.pool_offset1 = 1 + offsetof(struct struct_name, pool), \
		.check_func = check, \
		.ext_check_func = (everywhere) ? NULL : \
			REFERRAL_CHECK_FILTER, \
	}

/* the array that the config process looks for in settings/lib*.so */
#define REFERRAL_SETTINGS_ARRAY(module) module##_set_infos

#endif
