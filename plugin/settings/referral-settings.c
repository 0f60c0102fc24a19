/* The table of our settings: names, types and defaults. */

#include "lib.h"
#include "settings-parser.h"
#include "referral-settings.h"
#include "compat-directories.h"
#include "settings-files.h"
#include "compat-setting-defs.h"

#define DEF(type, name) REFERRAL_DEFINE_##type(name, referral_directory_settings)
const struct setting_define referral_directory_setting_defines[] = {
	REFERRAL_DEFINE_DIRECTORIES(referral_directory_settings),
	DEF(STR, referral_directory_name),
	DEF(STR, referral_directory_domains),
	DEF(STR, referral_ldap_uris),
	DEF(BOOL, referral_ldap_starttls),
	DEF(STR, referral_ldap_tls_ca_file),
	DEF(STR, referral_ldap_tls_ca_dir),
	DEF(STR, referral_ldap_tls_crl_file),
	DEF(STR, referral_ldap_tls_cert_file),
	DEF(STR, referral_ldap_tls_key_file),
	DEF(ENUM, referral_ldap_tls_min_protocol),
	DEF(STR, referral_ldap_tls_cipher_list),
	DEF(STR, referral_ldap_tls_cipher_suites),
	DEF(STR, referral_ldap_auth_dn),
	DEF(STR, referral_ldap_auth_dn_password),
	DEF(STR, referral_ldap_sasl_mechanism),
	DEF(STR, referral_ldap_base),
	DEF(ENUM, referral_ldap_scope),
	DEF(ENUM, referral_ldap_deref),
	DEF(BOOL, referral_ldap_heed_references),
	DEF(STR, referral_ldap_filter),
	DEF(STR, referral_ldap_attributes),
	DEF(STR, referral_mailhost_format),
	DEF(STR, referral_action_attribute),
	DEF(TIME_MSECS, referral_ldap_timeout),
	DEF(TIME_MSECS, referral_ldap_connect_timeout),
	DEF(TIME_MSECS, referral_ldap_queue_timeout),
	DEF(TIME, referral_cache_ttl),
	DEF(TIME, referral_cache_home_ttl),
	DEF(TIME, referral_cache_away_ttl),
	DEF(TIME, referral_cache_negative_ttl),
	DEF(TIME, referral_cache_stale_ttl),
	DEF(TIME, referral_cache_stale_home_ttl),
	DEF(TIME, referral_bounce_time),
	DEF(SIZE, referral_cache_size),
	DEF(BOOL, referral_mirror),
	SETTING_DEFINE_LIST_END
};

/* The first word of an enum is its default. */
static const struct referral_directory_settings
referral_directory_default_settings = {
	.referral_directories = ARRAY_INIT,
	.referral_directory_name = "",
	.referral_directory_domains = "",
	.referral_ldap_uris = "",
	.referral_ldap_starttls = FALSE,
	.referral_ldap_tls_ca_file = "",
	.referral_ldap_tls_ca_dir = "",
	.referral_ldap_tls_crl_file = "",
	.referral_ldap_tls_cert_file = "",
	.referral_ldap_tls_key_file = "",
	.referral_ldap_tls_min_protocol =
		"TLSv1.2:TLSv1.3:LATEST:TLSv1.1:TLSv1:ANY",
	.referral_ldap_tls_cipher_list = "",
	.referral_ldap_tls_cipher_suites = "",
	.referral_ldap_auth_dn = "",
	.referral_ldap_auth_dn_password = "",
	.referral_ldap_sasl_mechanism = "",
	.referral_ldap_base = "",
	.referral_ldap_scope = "subtree:onelevel:base",
	.referral_ldap_deref = "never:searching:finding:always",
	.referral_ldap_heed_references = FALSE,
	.referral_ldap_filter = "(uid=%{user})",
	.referral_ldap_attributes = "mailHost",
	.referral_mailhost_format = "host",
	.referral_action_attribute = "",
	.referral_ldap_timeout = 2000,
	.referral_ldap_connect_timeout = 1500,
	.referral_ldap_queue_timeout = 30000,
	.referral_cache_ttl = 60,
	.referral_cache_home_ttl = 0,
	.referral_cache_away_ttl = 0,
	.referral_cache_negative_ttl = 10,
	.referral_cache_stale_ttl = 60 * 60,
	/* never longer than the one before allows */
	.referral_cache_stale_home_ttl = 7 * 24 * 60 * 60,
	.referral_bounce_time = 10,
	.referral_cache_size = 16 * 1024 * 1024,
	.referral_mirror = FALSE,
};

/* This file is compiled twice: for doveconf and the config process with
   REFERRAL_CHECK_MACHINE, for everyone else without. */
static bool
referral_directory_check(const struct referral_directory_settings *set,
			 const char **error_r)
{
	if (!referral_directory_settings_check(set, error_r))
		return FALSE;
#ifdef REFERRAL_CHECK_MACHINE
	return referral_settings_check_machine(set, error_r);
#else
	return TRUE;
#endif
}

static bool
referral_directory_setting_check_func(void *set, pool_t pool,
				      const char **error_r)
{
	return referral_directory_check(set, error_r) &&
		referral_compat_directories_check(pool, set,
			referral_directory_check, error_r);
}

const struct setting_parser_info referral_directory_setting_parser_info =
	REFERRAL_PARSER_INFO(referral_directory_settings,
			     "login_referral_directory",
			     referral_directory_setting_defines,
			     referral_directory_default_settings,
			     referral_directory_setting_check_func, FALSE);
#undef DEF

static bool
referral_setting_equal(const struct setting_define *def, const void *set1,
		       const void *set2)
{
	const void *value1 = CONST_PTR_OFFSET(set1, def->offset);
	const void *value2 = CONST_PTR_OFFSET(set2, def->offset);

	switch (def->type) {
	case SET_BOOL:
		return *(const bool *)value1 == *(const bool *)value2;
	case SET_UINT:
	case SET_TIME:
	case SET_TIME_MSECS:
		return *(const unsigned int *)value1 ==
			*(const unsigned int *)value2;
	case SET_SIZE:
		return *(const uoff_t *)value1 == *(const uoff_t *)value2;
	default:
		/* all kinds of strings */
		return strcmp(*(const char *const *)value1,
			      *(const char *const *)value2) == 0;
	}
}

bool referral_any_settings_equal(const struct setting_parser_info *info,
				 const void *set1, const void *set2,
				 const char **setting_r)
{
	const struct setting_define *def;

	for (def = info->defines; def->key != NULL; def++) {
		if (!REFERRAL_SETTING_IS_NO_VALUE(def) &&
		    !referral_setting_equal(def, set1, set2)) {
			*setting_r = def->key;
			return FALSE;
		}
	}
	return TRUE;
}

bool referral_directory_settings_equal(
	const struct referral_directory_settings *set1,
	const struct referral_directory_settings *set2,
	const char **setting_r)
{
	return referral_any_settings_equal(
		&referral_directory_setting_parser_info, set1, set2, setting_r);
}

#define DEF(type, name) REFERRAL_DEFINE_##type(name, referral_settings)
static const struct setting_define referral_setting_defines[] = {
	REFERRAL_DEFINE_PASSDB_FILTER
	DEF(STR, referral_mailhost_field),
	DEF(STR, referral_local_hosts),
	DEF(BOOL, referral_resolve_hosts),
	DEF(STR, referral_allowed_hosts),
	DEF(STR, referral_host_map),
	DEF(ENUM, referral_action),
	DEF(STR, referral_networks),
	DEF(ENUM, referral_other_action),
	DEF(STR, referral_proxy_fields),
	DEF(ENUM, referral_missing_action),
	DEF(STR, referral_missing_host),
	DEF(ENUM, referral_failure_action),
	DEF(BOOL, referral_dry_run),
	SETTING_DEFINE_LIST_END
};

static const struct referral_settings referral_default_settings = {
	.referral_mailhost_field = "",
	.referral_local_hosts = "",
	.referral_resolve_hosts = TRUE,
	.referral_allowed_hosts = "",
	.referral_host_map = "",
	.referral_action = "refer:offer:suggest:proxy:local",
	.referral_networks = "",
	.referral_other_action = "proxy:local:reject",
	.referral_proxy_fields = "",
	.referral_missing_action = "local:reject:tempfail:host",
	.referral_missing_host = "",
	.referral_failure_action = "tempfail:local",
	.referral_dry_run = FALSE,
};

static bool referral_setting_check_func(void *set, pool_t pool ATTR_UNUSED,
					const char **error_r)
{
	return referral_settings_check(set, error_r);
}

const struct setting_parser_info referral_setting_parser_info =
	REFERRAL_PARSER_INFO(referral_settings, "login_referral",
			     referral_setting_defines,
			     referral_default_settings,
			     referral_setting_check_func, FALSE);
#undef DEF

#define DEF(type, name) REFERRAL_DEFINE_##type(name, referral_login_settings)
static const struct setting_define referral_login_setting_defines[] = {
	DEF(ENUM, referral_url_auth),
	DEF(STR, referral_text),
	DEF(STR, referral_alert_text),
	DEF(STR, referral_moving_text),
	DEF(BOOL, referral_close),
	DEF(STR, referral_drain_host),
	SETTING_DEFINE_LIST_END
};

static const struct referral_login_settings referral_login_default_settings = {
	.referral_url_auth = "mechanism:any:none",
	.referral_text = "Try this server instead.",
	.referral_alert_text = "",
	.referral_moving_text =
		"Your mailbox is being moved. Please try again later.",
	.referral_close = TRUE,
	.referral_drain_host = "",
};

static bool
referral_login_setting_check_func(void *set, pool_t pool ATTR_UNUSED,
				  const char **error_r)
{
	return referral_login_settings_check(set, error_r);
}

const struct setting_parser_info referral_login_setting_parser_info =
	REFERRAL_PARSER_INFO(referral_login_settings, "login_referral_login",
			     referral_login_setting_defines,
			     referral_login_default_settings,
			     referral_login_setting_check_func, TRUE);
