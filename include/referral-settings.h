#ifndef REFERRAL_SETTINGS_H
#define REFERRAL_SETTINGS_H

/* The settings of doveconf, the same names on every Dovecot (see
   dovecot-login-referral(7) for their meaning). Definitions, defaults and
   checks: plugin/settings. Reading them: plugin/compat. */

struct setting_parser_info;

/* passdb { driver = referral } */
#define REFERRAL_PASSDB_DRIVER "referral"

/* A directory: one for the whole auth process, or one for some of its users in
   a block of its own, referral_directory NAME { }. */
struct referral_directory_settings {
	pool_t pool;

	/* The blocks, none in a block. What their elements are differs by
	   generation: see compat-directories.h. */
	ARRAY(const void *) referral_directories;
	/* of a block: its name, and whose directory it is */
	const char *referral_directory_name;
	const char *referral_directory_domains;

	const char *referral_ldap_uris;
	bool referral_ldap_starttls;
	const char *referral_ldap_tls_ca_file;
	const char *referral_ldap_tls_ca_dir;
	const char *referral_ldap_tls_crl_file;
	const char *referral_ldap_tls_cert_file;
	const char *referral_ldap_tls_key_file;
	const char *referral_ldap_tls_min_protocol;
	const char *referral_ldap_tls_cipher_list;
	const char *referral_ldap_tls_cipher_suites;
	const char *referral_ldap_auth_dn;
	const char *referral_ldap_auth_dn_password;
	const char *referral_ldap_sasl_mechanism;
	const char *referral_ldap_base;
	const char *referral_ldap_scope;
	const char *referral_ldap_deref;
	bool referral_ldap_heed_references;
	const char *referral_ldap_filter;
	const char *referral_ldap_attributes;
	const char *referral_mailhost_format;
	const char *referral_action_attribute;
	unsigned int referral_ldap_timeout;
	unsigned int referral_ldap_connect_timeout;
	unsigned int referral_ldap_queue_timeout;
	unsigned int referral_cache_ttl;
	unsigned int referral_cache_home_ttl;
	unsigned int referral_cache_away_ttl;
	unsigned int referral_cache_negative_ttl;
	unsigned int referral_cache_stale_ttl;
	unsigned int referral_cache_stale_home_ttl;
	unsigned int referral_bounce_time;
	uoff_t referral_cache_size;
	bool referral_mirror;
};

/* the decision, made by the auth process: may differ by protocol */
struct referral_settings {
	pool_t pool;

	const char *referral_mailhost_field;
	const char *referral_local_hosts;
	bool referral_resolve_hosts;
	const char *referral_allowed_hosts;
	const char *referral_host_map;
	const char *referral_action;
	const char *referral_networks;
	const char *referral_other_action;
	const char *referral_proxy_fields;
	const char *referral_missing_action;
	const char *referral_missing_host;
	const char *referral_failure_action;
	bool referral_dry_run;
};

/* read by the login processes */
struct referral_login_settings {
	pool_t pool;

	const char *referral_url_auth;
	const char *referral_text;
	const char *referral_alert_text;
	const char *referral_moving_text;
	bool referral_close;
	const char *referral_drain_host;
};

extern const struct setting_parser_info referral_directory_setting_parser_info;
extern const struct setting_parser_info referral_setting_parser_info;
extern const struct setting_parser_info referral_login_setting_parser_info;

/* The check that doveconf and every reader run: exported for unit tests.
   Returns TRUE if the settings can work, else FALSE and error_r that names
   the setting (allocated from the data stack or static). */
bool referral_directory_settings_check(
	const struct referral_directory_settings *set, const char **error_r);
bool referral_settings_check(const struct referral_settings *set,
			     const char **error_r);
bool referral_login_settings_check(const struct referral_login_settings *set,
				   const char **error_r);

/* Returns TRUE if both name the same directory, else FALSE and setting_r, the
   name of the first setting that differs. */
bool referral_directory_settings_equal(
	const struct referral_directory_settings *set1,
	const struct referral_directory_settings *set2,
	const char **setting_r);
/* The same for any of our structs, by its info. */
bool referral_any_settings_equal(const struct setting_parser_info *info,
				 const void *set1, const void *set2,
				 const char **setting_r);

#endif
