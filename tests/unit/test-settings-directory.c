/* What doveconf takes and refuses of a directory. */

#include "lib.h"
#include "referral-settings.h"
#include "test-common.h"
#include "test-settings.h"

#define D(name) \
	offsetof(struct referral_directory_settings, referral_##name)

static void
run_directory(const char *name, const struct settings_test *tests,
	      unsigned int count)
{
	struct referral_directory_settings set;
	const char *error;
	unsigned int i;

	test_begin(name);
	for (i = 0; i < count; i++) {
		set = test_settings_directory_defaults();
		set.referral_ldap_uris = "ldap://ldap.example.com";
		set.referral_ldap_base = "dc=example,dc=com";
		test_settings_apply(&set, tests[i].set,
				    N_ELEMENTS(tests[i].set));
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
	{ .set = { { D(ldap_base), "ou=a b,dc=x ; ou=b,%{domain|ldap_dn}" } } },
	{ .set = { { D(ldap_base), "ou=a\\;b,dc=x" } } },
	{ .set = { { D(ldap_base), "o=%{user|lower}-%s%{original_user}" } } },
	{ .set = { { D(ldap_base),
		     "dc=a;dc=b;dc=c;dc=d;dc=e;dc=f;dc=g;dc=h" } } },
	{ .set = { { D(ldap_base),
		     "dc=a;dc=b;dc=c;dc=d;dc=e;dc=f;dc=g;dc=h;dc=i" } },
	  .error = "referral_ldap_base: more than 8 bases" },
	{ .set = { { D(ldap_base), "dc=a;" } },
	  .error = "referral_ldap_base: nothing before or after a \";\"" },
	{ .set = { { D(ldap_base), "dc=a;nonsense" } },
	  .error = "referral_ldap_base: \"=\" expected after an attribute "
		"type" },

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
	{ .set = { { D(ldap_tls_crl_file), "/l" },
		   { D(ldap_tls_ca_file), "/a" } } },
	{ .set = { { D(ldap_tls_crl_file), "/l" },
		   { D(ldap_tls_ca_dir), "/a" } } },
	{ .set = { { D(ldap_tls_crl_file), "/l" } },
	  .error = "referral_ldap_tls_crl_file: needs "
		"referral_ldap_tls_ca_file or referral_ldap_tls_ca_dir" },

	{ .set = { { D(ldap_auth_dn), "cn=x" },
		   { D(ldap_auth_dn_password), "secret" } } },
	{ .set = { { D(ldap_auth_dn), "cn=x" } },
	  .error = "referral_ldap_auth_dn: needs "
		"referral_ldap_auth_dn_password" },
	{ .set = { { D(ldap_auth_dn_password), "secret" } },
	  .error = "referral_ldap_auth_dn_password: needs "
		"referral_ldap_auth_dn" },
	{ .set = { { D(ldap_auth_dn), "cn=x" },
		   { D(ldap_auth_dn_password), "secret\n" } } },
	{ .set = { { D(ldap_sasl_mechanism), "EXTERNAL" },
		   { D(ldap_uris), "ldapi://%2fa" } } },
	{ .set = { { D(ldap_sasl_mechanism), "external" },
		   { D(ldap_uris), "ldapi://%2fa" } } },
	{ .set = { { D(ldap_sasl_mechanism), "external" },
		   { D(ldap_uris), "ldap://a" } },
	  .error = "referral_ldap_sasl_mechanism: EXTERNAL needs ldapi://, "
		"or TLS and referral_ldap_tls_cert_file" },
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

void test_settings_server(void)
{
	struct referral_directory_settings set =
		test_settings_directory_defaults();
	const char *error;

	run_directory("settings: server", server_tests,
		      N_ELEMENTS(server_tests));

	test_begin("settings: zero timeout");
	set.referral_ldap_timeout = 0;
	test_assert(!referral_directory_settings_check(&set, &error));
	test_assert_strcmp(error, "referral_ldap_timeout: "
			   "must be more than 0 and at most 1 minute");
	set = test_settings_directory_defaults();
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
	{ .set = { { D(ldap_filter), "(uid=%{user}%{protocol})" } },
	  .mirror = TRUE,
	  .error = "referral_mirror: referral_ldap_filter: "
		"(uid=%{user}%{protocol}) can't be mirrored: it depends on "
		"more than the user's name" },
	{ .set = { { D(ldap_filter), "(uid=%{user|lower})" } },
	  .mirror = TRUE },
	{ .set = { { D(ldap_base), "ou=a,dc=x;ou=b,dc=x" } }, .mirror = TRUE,
	  .error = "referral_mirror: referral_ldap_base: ou=a,dc=x;ou=b,dc=x "
		"can't be mirrored: there are several bases (name one above "
		"them)" },
	{ .set = { { D(mailhost_format), "%{value}.%{domain}" } },
	  .mirror = TRUE,
	  .error = "referral_mirror: what an entry means depends on the user "
		"with %{domain} in referral_mailhost_format: it can't be "
		"mirrored" },
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
		"%{user}, %{username}, %{domain}, %{account}, "
		"%{original_user}, %{protocol}, with |lower, "
		"%{domain|ldap_dn}, %%)" },
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
		"\")\" expected at character 10 in \"(&(uid=x)\", which is "
		"\"(&(uid=%n)\" for the user x@x" },
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

void test_settings_block(void)
{
	run_directory("settings: block", block_tests, N_ELEMENTS(block_tests));
}

void test_settings_mirror(void)
{
	run_directory("settings: mirror", mirror_tests,
		      N_ELEMENTS(mirror_tests));
}

void test_settings_search(void)
{
	run_directory("settings: search", search_tests,
		      N_ELEMENTS(search_tests));
}
