/* Unit tests of plugin/settings: what doveconf takes and refuses. */

#include "lib.h"
#include "settings-parser.h"
#include "referral-settings.h"
#include "test-common.h"
#include "test-settings-blocks.h"

struct override {
	/* 0: end of list; no string setting lies there */
	size_t offset;
	const char *value;
};

struct settings_test {
	/* on top of valid settings with ldap://ldap.example.com */
	struct override set[3];
	bool starttls, mirror;
	/* 0: default */
	unsigned int timeout, connect_timeout, queue_timeout;
	/* NULL: valid */
	const char *error;
};

#define D(name) \
	offsetof(struct referral_directory_settings, referral_##name)
#define S(name) offsetof(struct referral_settings, referral_##name)
#define L(name) offsetof(struct referral_login_settings, referral_##name)

static void cut_enum(const char **value)
{
	*value = t_strcut(*value, ':');
}

/* Enums hold all their values in the table of defaults. */
static struct referral_directory_settings directory_defaults(void)
{
	const struct referral_directory_settings *info_defaults =
		referral_directory_setting_parser_info.defaults;
	struct referral_directory_settings set = *info_defaults;

	cut_enum(&set.referral_ldap_scope);
	cut_enum(&set.referral_ldap_deref);
	return set;
}

static struct referral_settings defaults(void)
{
	const struct referral_settings *info_defaults =
		referral_setting_parser_info.defaults;
	struct referral_settings set = *info_defaults;

	cut_enum(&set.referral_action);
	cut_enum(&set.referral_other_action);
	cut_enum(&set.referral_missing_action);
	cut_enum(&set.referral_failure_action);
	return set;
}

static struct referral_login_settings login_defaults(void)
{
	const struct referral_login_settings *info_defaults =
		referral_login_setting_parser_info.defaults;
	struct referral_login_settings set = *info_defaults;

	cut_enum(&set.referral_url_auth);
	return set;
}

static void apply(void *set, const struct override *overrides,
		  unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count && overrides[i].offset != 0; i++) {
		*(const char **)PTR_OFFSET(set, overrides[i].offset) =
			overrides[i].value;
	}
}

static void
run_directory(const char *name, const struct settings_test *tests,
	      unsigned int count)
{
	struct referral_directory_settings set;
	const char *error;
	unsigned int i;

	test_begin(name);
	for (i = 0; i < count; i++) {
		set = directory_defaults();
		set.referral_ldap_uris = "ldap://ldap.example.com";
		set.referral_ldap_base = "dc=example,dc=com";
		apply(&set, tests[i].set, N_ELEMENTS(tests[i].set));
		set.referral_ldap_starttls = tests[i].starttls;
		set.referral_mirror = tests[i].mirror;
		if (tests[i].timeout != 0)
			set.referral_ldap_timeout = tests[i].timeout;
		if (tests[i].connect_timeout != 0) {
			set.referral_ldap_connect_timeout =
				tests[i].connect_timeout;
		}
		if (tests[i].queue_timeout != 0) {
			set.referral_ldap_queue_timeout =
				tests[i].queue_timeout;
		}
		error = NULL;
		test_assert_idx(
			referral_directory_settings_check(&set, &error) ==
			(tests[i].error == NULL), i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

static void
run_decision(const char *name, const struct settings_test *tests,
	     unsigned int count)
{
	struct referral_settings set;
	const char *error;
	unsigned int i;

	test_begin(name);
	for (i = 0; i < count; i++) {
		set = defaults();
		apply(&set, tests[i].set, N_ELEMENTS(tests[i].set));
		error = NULL;
		test_assert_idx(referral_settings_check(&set, &error) ==
				(tests[i].error == NULL), i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

static const struct settings_test server_tests[] = {
	{ .error = NULL },
	{ .set = { { D(ldap_uris), "ldap://a ldaps://b ldapi://%2fc" } } },
	{ .set = { { D(ldap_uris), "" }, { D(ldap_base), "" } } },
	{ .set = { { D(ldap_uris), "ldap://a/dc=x" } },
	  .error = "referral_ldap_uris: ldap://a/dc=x: "
		"only a server may be named here, nothing after it" },
	{ .set = { { D(ldap_base), "" } },
	  .error = "referral_ldap_base: must be set together with "
		"referral_ldap_uris" },
	{ .set = { { D(ldap_base), "" }, { D(ldap_scope), "base" } },
	  .error = "referral_ldap_base: must be set together with "
		"referral_ldap_uris" },

	{ .starttls = TRUE },
	{ .set = { { D(ldap_uris), "ldaps://a ldap://b" } },
	  .starttls = TRUE },
	{ .set = { { D(ldap_uris), "" } }, .starttls = TRUE },
	{ .set = { { D(ldap_uris), "ldaps://a ldapi://%2fb" } },
	  .starttls = TRUE,
	  .error = "referral_ldap_starttls: referral_ldap_uris has no "
		"ldap:// URI for it" },
	{ .set = { { D(ldap_tls_cert_file), "/c" },
		   { D(ldap_tls_key_file), "/k" } } },
	{ .set = { { D(ldap_tls_cert_file), "/c" } },
	  .error = "referral_ldap_tls_cert_file: needs "
		"referral_ldap_tls_key_file" },
	{ .set = { { D(ldap_tls_key_file), "/k" } },
	  .error = "referral_ldap_tls_key_file: needs "
		"referral_ldap_tls_cert_file" },

	{ .set = { { D(ldap_auth_dn), "cn=x" },
		   { D(ldap_auth_dn_password), "secret" } } },
	{ .set = { { D(ldap_auth_dn), "cn=x" } },
	  .error = "referral_ldap_auth_dn: needs "
		"referral_ldap_auth_dn_password" },
	{ .set = { { D(ldap_auth_dn_password), "secret" } },
	  .error = "referral_ldap_auth_dn_password: needs "
		"referral_ldap_auth_dn" },
	{ .set = { { D(ldap_sasl_mechanism), "EXTERNAL" },
		   { D(ldap_uris), "ldapi://%2fa" } } },
	{ .set = { { D(ldap_sasl_mechanism), "EXTERNAL" },
		   { D(ldap_tls_cert_file), "/c" },
		   { D(ldap_tls_key_file), "/k" } }, .starttls = TRUE },
	{ .set = { { D(ldap_sasl_mechanism), "EXTERNAL" },
		   { D(ldap_tls_cert_file), "/c" },
		   { D(ldap_tls_key_file), "/k" } },
	  .error = "referral_ldap_sasl_mechanism: EXTERNAL needs ldapi://, "
		"or TLS and referral_ldap_tls_cert_file" },
	{ .set = { { D(ldap_sasl_mechanism), "EXTERNAL" },
		   { D(ldap_uris), "ldapi://%2fa ldaps://b" } },
	  .error = "referral_ldap_sasl_mechanism: EXTERNAL needs ldapi://, "
		"or TLS and referral_ldap_tls_cert_file" },
	{ .set = { { D(ldap_sasl_mechanism), "EXTERNAL" },
		   { D(ldap_uris), "ldapi://%2fa" },
		   { D(ldap_auth_dn), "cn=x" } },
	  .error = "referral_ldap_auth_dn: has no meaning with "
		"referral_ldap_sasl_mechanism = EXTERNAL" },
	{ .set = { { D(ldap_sasl_mechanism), "GSSAPI" } },
	  .error = "referral_ldap_sasl_mechanism: "
		"GSSAPI is not supported (use EXTERNAL, SCRAM-SHA-1 or "
		"SCRAM-SHA-256)" },
	{ .set = { { D(ldap_sasl_mechanism), "external" },
		   { D(ldap_uris), "ldapi://%2fc" } } },

	{ .timeout = 1, .connect_timeout = 1 },
	{ .timeout = 60000, .connect_timeout = 60000 },
	{ .timeout = 60001, .error = "referral_ldap_timeout: "
		"must be more than 0 and at most 1 minute" },
	{ .connect_timeout = 60001, .error = "referral_ldap_connect_timeout: "
		"must be more than 0 and at most 1 minute" },
	{ .queue_timeout = 60000 },
	{ .queue_timeout = 60001, .error = "referral_ldap_queue_timeout: "
		"must be more than 0 and at most 1 minute" },
};

static void test_settings_server(void)
{
	struct referral_directory_settings set = directory_defaults();
	const char *error;

	run_directory("settings: server", server_tests,
		      N_ELEMENTS(server_tests));

	test_begin("settings: zero timeout");
	set.referral_ldap_timeout = 0;
	test_assert(!referral_directory_settings_check(&set, &error));
	test_assert_strcmp(error, "referral_ldap_timeout: "
			   "must be more than 0 and at most 1 minute");
	set = directory_defaults();
	set.referral_ldap_connect_timeout = 0;
	test_assert(!referral_directory_settings_check(&set, &error));
	test_assert_strcmp(error, "referral_ldap_connect_timeout: "
			   "must be more than 0 and at most 1 minute");
	test_end();
}

static const struct settings_test mirror_tests[] = {
	{ .mirror = TRUE },
	{ .set = { { D(ldap_filter), "(|(uid=%n)(mail=%u))" } },
	  .mirror = TRUE },
	{ .set = { { D(ldap_filter), "(!(uid=%{user}))" } } },
	{ .set = { { D(ldap_filter), "(!(uid=%{user}))" } }, .mirror = TRUE,
	  .error = "referral_mirror: referral_ldap_filter: (!(uid=%{user})) "
		"can't be mirrored: everyone else matches it" },
	{ .set = { { D(ldap_base), "dc=%d,dc=com" } }, .mirror = TRUE,
	  .error = "referral_mirror: referral_ldap_base: dc=%d,dc=com can't "
		"be mirrored: it depends on the user (name the base of all "
		"users)" },
	{ .set = { { D(ldap_base), "uid=%n,dc=com" } }, .mirror = TRUE,
	  .error = "referral_mirror: referral_ldap_base: uid=%n,dc=com can't "
		"be mirrored: it depends on the user (name the base of all "
		"users)" },
	/* without the mirror's own words: it is wrong anyway */
	{ .set = { { D(ldap_filter), "(uid=%{user}" } }, .mirror = TRUE,
	  .error = "referral_ldap_filter: \")\" is missing at character 9 in "
		"\"(uid=x@x\", which is \"(uid=%{user}\" for the user x@x" },
};
static const struct settings_test search_tests[] = {
	{ .set = { { D(ldap_base), "ou=%{domain},dc=example" } } },
	{ .set = { { D(ldap_base), "uid=%u,dc=example" },
		   { D(ldap_scope), "base" },
		   { D(ldap_filter), "(objectClass=*)" } } },
	{ .set = { { D(ldap_base), "example.com" } },
	  .error = "referral_ldap_base: "
		"\"=\" expected after an attribute type" },
	{ .set = { { D(ldap_base), "dc=%{foo}" } },
	  .error = "referral_ldap_base: unknown variable %{foo} (known: "
		"%{user}, %{username}, %{domain}, %{domain|ldap_dn}, %%)" },
	{ .set = { { D(ldap_scope), "sub" } },
	  .error = "referral_ldap_scope: "
		"must be subtree, onelevel or base" },
	{ .set = { { D(ldap_scope), "onelevel" } } },
	{ .set = { { D(ldap_filter),
		     "(&(objectClass=mailUser)(|(uid=%n)(mail=%u)))" } } },
	{ .set = { { D(ldap_filter), "" } },
	  .error = "referral_ldap_filter: "
		"\"(\" expected at character 1 in \"\"" },
	{ .set = { { D(ldap_filter), "uid=%u" } },
	  .error = "referral_ldap_filter: "
		"\"(\" expected at character 1 in \"uid=x@x\", which is "
		"\"uid=%u\" for the user x@x" },
	{ .set = { { D(ldap_filter), "(&(uid=%n)" } },
	  .error = "referral_ldap_filter: "
		"\")\" expected at character 10 in \"(&(uid=x)\"" },
	{ .set = { { D(ldap_filter), "(uid=%{user)" } },
	  .error = "referral_ldap_filter: \"%{\" without \"}\"" },
	{ .set = { { D(ldap_filter), "(uid=\xff)" } },
	  .error = "referral_ldap_filter: "
		"invalid UTF-8 in \"(uid=\\xff)\"" },

	{ .set = { { D(mailhost_format), "%{value}.example.com host" } } },
	{ .set = { { D(mailhost_format), "/(a/" } },
	  .error = "referral_mailhost_format: /(a/: Unmatched ( or \\(" },
	{ .set = { { D(ldap_attributes), "mailHost, zimbraMailHost;x cn" },
		   { D(action_attribute), "loginAction" } } },
	{ .set = { { D(ldap_attributes), " " } },
	  .error = "referral_ldap_attributes: must name an attribute" },
	{ .set = { { D(ldap_attributes), "mailHost mail_host" } },
	  .error = "referral_ldap_attributes: \"mail_host\": invalid name" },
	{ .set = { { D(ldap_attributes), "*" } },
	  .error = "referral_ldap_attributes: \"*\": invalid name" },
	{ .set = { { D(action_attribute), "a b" } },
	  .error = "referral_action_attribute: \"a b\": invalid name" },
	{ .set = { { D(ldap_attributes), "1.1" } },
	  .error = "referral_ldap_attributes: \"1.1\": servers answer under "
		"the attribute's name: use it in place of the OID" },
	{ .set = { { D(ldap_attributes), "mailHost;lang-" } },
	  .error = "referral_ldap_attributes: \"mailHost;lang-\": "
		"invalid option" },
};

static const struct settings_test block_tests[] = {
	{ .set = { { D(directory_name), "a.example" } } },
	{ .set = { { D(directory_name), "students" },
		   { D(directory_domains), "a.example, b.example" } } },
	{ .set = { { D(directory_domains), "a.example" } },
	  .error = "referral_directory_domains: belongs into a block, "
		"referral_directory NAME { }" },
	{ .set = { { D(directory_name), "x" },
		   { D(directory_domains), "@a.example" } },
	  .error = "referral_directory_domains: \"@a.example\" is not a "
		"domain as it stands in user names" },
	{ .set = { { D(directory_name), "x" }, { D(ldap_uris), "" } },
	  .error = "referral_ldap_uris: must be set for this "
		"referral_directory" },
};

static void test_settings_block(void)
{
	run_directory("settings: block", block_tests, N_ELEMENTS(block_tests));
}

static void test_settings_mirror(void)
{
	run_directory("settings: mirror", mirror_tests,
		      N_ELEMENTS(mirror_tests));
}

static void test_settings_search(void)
{
	run_directory("settings: search", search_tests,
		      N_ELEMENTS(search_tests));
}

static const struct settings_test decision_tests[] = {
	{ .set = { { S(mailhost_field), "mail_host-1" } } },
	{ .set = { { S(mailhost_field), "a b" } },
	  .error = "referral_mailhost_field: "
		"must be the name of one passdb field" },
	{ .set = { { S(mailhost_field), "x=y" } },
	  .error = "referral_mailhost_field: "
		"must be the name of one passdb field" },
	{ .set = { { S(local_hosts), "a *.b:1143 10.0.0.0/8" } } },
	{ .set = { { S(local_hosts), "a 10.0.0.0/33" } },
	  .error = "referral_local_hosts: 10.0.0.0/33: "
		"not a network such as 192.0.2.0/24" },
	{ .set = { { S(allowed_hosts), "*.example.com" },
		   { S(host_map), "a=a.example.com" } } },
	{ .set = { { S(allowed_hosts), "*@x" } },
	  .error = "referral_allowed_hosts: *@x: "
		"invalid character in the host name" },
	{ .set = { { S(allowed_hosts), "*.example.com" },
		   { S(host_map), "a=b" } },
	  .error = "referral_host_map: a=b: referral_allowed_hosts does not "
		"allow its public host" },
	{ .set = { { S(host_map), "a=b b=a" } },
	  .error = "referral_host_map: a=b: "
		"its public host is mapped again" },
	{ .set = { { S(networks), "10.0.0.0/8 fd00::/8" },
		   { S(action), "offer" }, { S(other_action), "reject" } } },
	{ .set = { { S(networks), "inside" } },
	  .error = "referral_networks: inside: neither an address nor a "
		"network such as 192.0.2.0/24" },
	{ .set = { { S(action), "x" } },
	  .error = "referral_action: unknown action \"x\"" },
	{ .set = { { S(other_action), "x" } },
	  .error = "referral_other_action: unknown action \"x\"" },
	{ .set = { { S(missing_action), "x" } },
	  .error = "referral_missing_action: unknown action \"x\"" },
	{ .set = { { S(failure_action), "x" } },
	  .error = "referral_failure_action: unknown action \"x\"" },
	{ .set = { { S(proxy_fields), "ssl=yes master=m pass=p" } } },
	{ .set = { { S(proxy_fields), "host=x" } },
	  .error = "referral_proxy_fields: \"host\" cannot be set here" },
};

static void test_settings_decision(void)
{
	run_decision("settings: decision", decision_tests,
		     N_ELEMENTS(decision_tests));
}

static void test_settings_defaults(void)
{
	const struct referral_directory_settings directory_set =
		directory_defaults();
	const struct referral_settings set = defaults();
	const struct referral_login_settings login_set = login_defaults();
	const char *error;

	/* An installed module that nobody has configured is no error. */
	test_begin("settings: defaults");
	test_assert(referral_directory_settings_check(&directory_set, &error));
	test_assert(referral_settings_check(&set, &error));
	test_assert(referral_login_settings_check(&login_set, &error));
	test_end();
}

/* A change of any one of them is seen. */
static void test_settings_equal(void)
{
	const struct referral_directory_settings set1 = directory_defaults();
	struct referral_directory_settings set2;
	const struct setting_define *def =
		referral_directory_setting_parser_info.defines;
	const char *setting;
	unsigned char *value;

	test_begin("settings: equal directories");
	set2 = set1;
	set2.referral_ldap_uris = t_strdup(set1.referral_ldap_uris);
	test_assert(referral_directory_settings_equal(&set1, &set2, &setting));
	for (; def->key != NULL; def++) {
		if (strcmp(def->key, "referral_directory") == 0)
			continue;
		set2 = set1;
		value = PTR_OFFSET(&set2, def->offset);
		switch (def->type) {
		case SET_BOOL:
		case SET_UINT:
		case SET_TIME:
		case SET_TIME_MSECS:
		case SET_SIZE:
			*value ^= 1;
			break;
		default:
			*(const char **)value = "another";
			break;
		}
		setting = NULL;
		test_assert(!referral_directory_settings_equal(&set1, &set2,
							       &setting));
		test_assert_strcmp(setting, def->key);
	}
	test_end();
}

static void test_settings_login(void)
{
	static const struct {
		struct override set;
		const char *error;
	} tests[] = {
		{ .set = { L(url_auth), "any" } },
		{ .set = { L(url_auth), "none" } },
		{ .set = { L(url_auth), "*" },
		  .error = "referral_url_auth: "
			"must be mechanism, any or none" },
		{ .set = { L(text), "%{user}, go to %{host}" } },
		{ .set = { L(text), "" },
		  .error = "referral_text: must not be empty" },
		{ .set = { L(text), "%x" },
		  .error = "referral_text: unknown variable at \"%x\" "
			"(known: %{user}, %{host}, %%)" },
		{ .set = { L(alert_text), "" } },
		{ .set = { L(alert_text), "%{user}: %{host}" } },
		{ .set = { L(alert_text), "[ALERT] x" },
		  .error = "referral_alert_text: must not start with \"[\"" },
		{ .set = { L(moving_text), "Wait, %{user}." } },
		{ .set = { L(moving_text), "" },
		  .error = "referral_moving_text: must not be empty" },
		{ .set = { L(drain_host), "b.example.com:1143" } },
		{ .set = { L(drain_host), "2001:db8::1" } },
		{ .set = { L(drain_host), "a b" },
		  .error = "referral_drain_host: \"a b\": "
			"invalid character in the host name" },
	};
	struct referral_login_settings set;
	const char *error;
	unsigned int i;

	test_begin("settings: login");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		set = login_defaults();
		apply(&set, &tests[i].set, 1);
		error = NULL;
		test_assert_idx(referral_login_settings_check(&set, &error) ==
				(tests[i].error == NULL), i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_settings_defaults,
		test_settings_server,
		test_settings_search,
		test_settings_mirror,
		test_settings_block,
		test_settings_blocks,
		test_settings_decision,
		test_settings_equal,
		test_settings_login,
		NULL
	};
	return test_run(test_functions);
}
