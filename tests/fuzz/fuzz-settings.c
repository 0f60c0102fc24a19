/* "name=value" lines, names without "referral_": the check says yes, and then
   everything can be made of the settings, or no and names a setting. */

#include "lib.h"
#include "array.h"
#include "settings-parser.h"
#include "template.h"
#include "ldap-uri.h"
#include "policy.h"
#include "referral-settings.h"
#include "fuzz.h"

static struct referral_directory_settings directory_defaults(void)
{
	const struct referral_directory_settings *info_defaults =
		referral_directory_setting_parser_info.defaults;
	struct referral_directory_settings set = *info_defaults;

	set.referral_ldap_scope = "subtree";
	return set;
}

static struct referral_settings defaults(void)
{
	const struct referral_settings *info_defaults =
		referral_setting_parser_info.defaults;
	struct referral_settings set = *info_defaults;

	set.referral_action = "refer";
	set.referral_other_action = "proxy";
	set.referral_missing_action = "local";
	set.referral_failure_action = "tempfail";
	return set;
}

#define D(name) \
	{ #name, offsetof(struct referral_directory_settings, referral_##name) }
#define S(name) { #name, offsetof(struct referral_settings, referral_##name) }
#define L(name) \
	{ #name, offsetof(struct referral_login_settings, referral_##name) }

struct string_setting {
	const char *name;
	size_t offset;
};

/* the strings: everything else Dovecot checks by its type */
static const struct string_setting directory_string_settings[] = {
	D(ldap_uris), D(ldap_tls_cert_file), D(ldap_tls_key_file),
	D(ldap_auth_dn), D(ldap_auth_dn_password), D(ldap_sasl_mechanism),
	D(ldap_base), D(ldap_scope), D(ldap_filter), D(ldap_attributes),
	D(mailhost_format),
	D(action_attribute), { NULL, 0 }
};

static const struct string_setting string_settings[] = {
	S(mailhost_field), S(local_hosts), S(allowed_hosts), S(host_map),
	S(action), S(networks), S(other_action), S(proxy_fields),
	S(missing_action), S(failure_action), { NULL, 0 }
};

static const struct string_setting login_string_settings[] = {
	L(url_auth), L(text), L(drain_host), { NULL, 0 }
};

static void
apply(const struct string_setting *settings, void *set, const char *line)
{
	const char *value = strchr(line, '=');
	const char *name = t_strcut(line, '=');

	for (; settings->name != NULL && value != NULL; settings++) {
		if (strcmp(settings->name, name) == 0) {
			*(const char **)PTR_OFFSET(set, settings->offset) =
				value + 1;
		}
	}
}

static void use_directory(const struct referral_directory_settings *set)
{
	struct referral_template *template;
	ARRAY_TYPE(referral_ldap_uri) uris;
	const char *error;

	t_array_init(&uris, 4);
	FUZZ_REQUIRE(referral_ldap_uris_parse(pool_datastack_create(),
					      set->referral_ldap_uris, &uris,
					      &error) == 0);
	FUZZ_REQUIRE(referral_template_create(pool_datastack_create(),
					      set->referral_ldap_filter,
					      REFERRAL_TEMPLATE_ESCAPE_FILTER,
					      &template, &error) == 0);
}

static void use(const struct referral_settings *set)
{
	struct referral_policy *policy;
	const char *error;

	FUZZ_REQUIRE(referral_policy_create(pool_datastack_create(), "sieve",
					    set, NULL, &policy, &error) == 0);
}

static void require_names_setting(const char *error)
{
	FUZZ_REQUIRE(strncmp(error, "referral_", 9) == 0);
	FUZZ_REQUIRE(fuzz_is_printable(error));
}

void fuzz_run(const char *const *lines)
{
	struct referral_directory_settings directory_set = directory_defaults();
	struct referral_settings set = defaults();
	struct referral_login_settings login_set =
		*(const struct referral_login_settings *)
		referral_login_setting_parser_info.defaults;
	const char *error = NULL;

	login_set.referral_url_auth = "mechanism";
	for (; *lines != NULL; lines++) {
		apply(directory_string_settings, &directory_set, *lines);
		apply(string_settings, &set, *lines);
		apply(login_string_settings, &login_set, *lines);
	}
	if (referral_directory_settings_check(&directory_set, &error))
		use_directory(&directory_set);
	else
		require_names_setting(error);
	if (referral_settings_check(&set, &error))
		use(&set);
	else
		require_names_setting(error);
	if (!referral_login_settings_check(&login_set, &error))
		require_names_setting(error);
}
