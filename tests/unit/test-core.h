#ifndef TEST_CORE_H
#define TEST_CORE_H

/* plugin/core, one function for each table of cases */

#include "test-common.h"
#include "referral-decision.h"

#define TEST_CORE_TESTS(X) \
	X(test_keyhash) \
	X(test_answer_hosts) \
	X(test_bounce_steps) \
	X(test_bounce_bounds) \
	X(test_cache_results) \
	X(test_cache_ttl) \
	X(test_cache_replace) \
	X(test_cache_forget) \
	X(test_cache_lru) \
	X(test_cache_too_large) \
	X(test_cache_memory) \
	X(test_table) \
	X(test_memory) \
	X(test_memory_unlimited) \
	X(test_mailhost_parse) \
	X(test_mailhost_parse_length) \
	X(test_mailhost_errors) \
	X(test_mailhost_sanitize) \
	X(test_host_equals) \
	X(test_host_to_string) \
	X(test_ldap_uris_parse) \
	X(test_ldap_frame_scan) \
	X(test_attribute_check) \
	X(test_dn_check) \
	X(test_domains) \
	X(test_filter_check) \
	X(test_template_expand) \
	X(test_template_expand_octets) \
	X(test_template_invalid) \
	X(test_template_uses) \
	X(test_template_tail) \
	X(test_paged_request) \
	X(test_paged_lengths) \
	X(test_paged_response) \
	X(test_entry_check) \
	X(test_drain_host) \
	X(test_loop_find) \
	X(test_loop_limits) \
	X(test_loop_slow) \
	X(test_loop_mail_is_not_limited) \
	X(test_loop_is_back) \
	X(test_loop_texts) \
	X(test_host_pattern) \
	X(test_host_pattern_invalid) \
	X(test_identity) \
	X(test_identity_ip) \
	X(test_identity_rule) \
	X(test_identity_invalid) \
	X(test_hostformat) \
	X(test_hostformat_length) \
	X(test_hostformat_errors) \
	X(test_hostmap_lookup) \
	X(test_hostmap_invalid) \
	X(test_hostmap_check) \
	X(test_hostglobs) \
	X(test_action_names) \
	X(test_missing) \
	X(test_policy_create) \
	X(test_policy_may_proxy) \
	X(test_policy_without_identity) \
	X(test_policy_decide) \
	X(test_policy_decide_hosts) \
	X(test_policy_decide_action) \
	X(test_policy_home) \
	X(test_policy_home_parsed) \
	X(test_policy_rules) \
	X(test_policy_setting) \
	X(test_proxy_fields_check) \
	X(test_proxy_fields_expand) \
	X(test_proxy_fields_keys) \
	X(test_proxy_fields_have_credentials) \
	X(test_proxy_fields_have_tls) \
	X(test_mech_leaves_secret) \
	X(test_proxy_fields_port) \
	X(test_schema_rule) \
	X(test_schema_names) \
	X(test_seen) \
	X(test_session_place) \
	X(test_sasl_mechanism) \
	X(test_sasl_scram) \
	X(test_kick_queue) \
	X(test_kick_queue_bounds) \
	X(test_proxy_fields_for) \
	X(test_servers_choose) \
	X(test_srv_parse) \
	X(test_srv_parse_many) \
	X(test_srv_order) \
	X(test_server_backoff) \
	X(test_server_states) \
	X(test_server_demotion) \
	X(test_window) \
	X(test_window_changes) \
	X(test_patience) \
	X(test_outage) \
	X(test_dn) \
	X(test_dn_list) \
	X(test_dn_elsewhere) \
	X(test_sync_request) \
	X(test_sync_entry) \
	X(test_sync_info) \
	X(test_sync_cookie_size) \
	X(test_mirror_filter) \
	X(test_mirror_rule) \
	X(test_mirror_key_normalize) \
	X(test_mirror_key_match) \
	X(test_mirror_table) \
	X(test_mirror_table_rounds) \
	X(test_mirror_table_sweep) \
	X(test_mirror_table_model) \
	X(test_mirror_table_changed) \
	X(test_mirror_table_gone) \
	X(test_mirror_table_same_name) \
	X(test_mirror_table_memory) \
	X(test_mirror_copy) \
	X(test_mirror_copy_shrunk) \
	X(test_url_create) \
	X(test_url_create_octets) \
	X(test_text_expand) \
	X(test_text_check) \
	X(test_args_find) \
	X(test_reply_auth) \
	X(test_reply_imap) \
	X(test_reply_imap_alert) \
	X(test_reply_sieve) \
	X(test_reply_sieve_length) \
	X(test_reply_imap_capability) \
	X(test_reply_imap_has_code) \
	X(test_reply_imap_login)

TEST_CORE_TESTS(TEST_DECL)

/* "host[:port]" -> host; "" -> an empty one */
struct referral_host test_host(const char *str);
/* address -> ip_addr; "" -> family 0 */
struct ip_addr test_ip(const char *str);
/* What malloc() has handed out; under valgrind, and where that can't be told,
   always the same */
size_t test_malloc_bytes(void);

#endif
