/* Unit tests of plugin/settings: what doveconf takes and refuses.
   test-settings-directory.c has those of referral_ldap_* and the like. */

#include "lib.h"
#include "settings-parser.h"
#include "referral-settings.h"
#include "test-common.h"
#include "test-settings.h"
#include "test-settings-blocks.h"

#define S(name) offsetof(struct referral_settings, referral_##name)
#define L(name) offsetof(struct referral_login_settings, referral_##name)

static void cut_enum(const char **value)
{
	*value = t_strcut(*value, ':');
}

/* Enums hold all their values in the table of defaults. */
struct referral_directory_settings test_settings_directory_defaults(void)
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

void test_settings_apply(void *set, const struct override *overrides,
			 unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count && overrides[i].offset != 0; i++) {
		*(const char **)PTR_OFFSET(set, overrides[i].offset) =
			overrides[i].value;
	}
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
		test_settings_apply(&set, tests[i].set,
				    N_ELEMENTS(tests[i].set));
		error = NULL;
		test_assert_idx(referral_settings_check(&set, &error) ==
				(tests[i].error == NULL), i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
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
		test_settings_directory_defaults();
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
	const struct referral_directory_settings set1 =
		test_settings_directory_defaults();
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
			"(known: %{user}, %{username}, %{domain}, each with "
			"|lower, %{host}, %%)" },
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
		test_settings_apply(&set, &tests[i].set, 1);
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
