#include "lib.h"
#include "proxy-fields.h"
#include "test-core.h"

void test_proxy_fields_check(void)
{
	static const char *const valid[] = {
		"", "  ", "ssl=yes port=993", "\tssl=any-cert  starttls=yes ",
		"master=admin pass=s=ec\"ret", "pass=x", "source_ip=192.0.2.1",
		"proxy_timeout=5 proxy_mech=PLAIN proxy_refresh=10",
		"proxy_not_trusted proxy_nopipelining=y proxy_no_multiplex",
		"proxy_host_immediate_failure_after=5s", "forward_x=1",
		"proxy_host_immediate_failure_after=0min",
		"source_ip=2001:db8::1",
		"proxy_timeout=1", "proxy_timeout=86400", "proxy_refresh=1",
		"port=1", "port=65535",
		"proxy_mech=xoauth2", "proxy_mech=Login",
		"pass=100%user", "master=100%% pass=x", "pass=%%",
		"master=%{domain}-admin pass=x forward_user=%{user|lower}",
		"forward_x=%u%%",
	};
	static const struct {
		const char *fields, *error;
	} invalid[] = {
		/* where the session goes is what we decide */
		{ "host=evil.org", "\"host\" cannot be set here" },
		{ "ssl=yes hostip=1.2.3.4", "\"hostip\" cannot be set here" },
		/* so is whether it is proxied at all */
		{ "proxy=y", "\"proxy\" cannot be set here" },
		{ "proxy_maybe=y", "\"proxy_maybe\" cannot be set here" },
		{ "proxy_always=y", "\"proxy_always\" cannot be set here" },
		{ "proxy_noauth=y", "\"proxy_noauth\" cannot be set here" },
		{ "nologin=y", "\"nologin\" cannot be set here" },
		/* one value for all users */
		{ "destuser=admin", "\"destuser\" cannot be set here" },
		{ "user=admin", "\"user\" cannot be set here" },
		{ "login_user=x", "\"login_user\" cannot be set here" },
		/* authentication is over */
		{ "password=x", "\"password\" cannot be set here" },
		{ "nopassword=y", "\"nopassword\" cannot be set here" },
		{ "allow_nets=::/0", "\"allow_nets\" cannot be set here" },
		{ "userdb_uid=0", "\"userdb_uid\" cannot be set here" },
		{ "reason=x", "\"reason\" cannot be set here" },
		{ "passdb_import=x", "\"passdb_import\" cannot be set here" },
		{ "login_referral_host=x",
		  "\"login_referral_host\" cannot be set here" },
		{ "nologin", "a word is no known field "
			"(a value cannot hold spaces)" },
		{ "Pass=x", "\"Pass\" cannot be set here" },
		{ "=x", "\"\" cannot be set here" },
		{ "a\xff=x", "\"a\\xff\" cannot be set here" },
		{ "ssl", "ssl needs a value" },
		{ "ssl=", "ssl needs a value" },
		{ "pass=", "pass needs a value" },
		{ "port=", "port needs a value" },
		{ "port=0", "port is not a number between 1 and 65535" },
		{ "port=65536", "port is not a number between 1 and 65535" },
		{ "port=imap", "port is not a number between 1 and 65535" },
		/* LMTP would deliver the mail here, or die */
		{ "source_ip=localhost", "source_ip is not an IP address" },
		{ "source_ip=1.2.3.400", "source_ip is not an IP address" },
		{ "proxy_timeout=30s", "proxy_timeout is not a number of "
			"seconds, without a unit, up to a day" },
		{ "proxy_timeout=0", "proxy_timeout is not a number of "
			"seconds, without a unit, up to a day" },
		{ "proxy_timeout=86401", "proxy_timeout is not a number of "
			"seconds, without a unit, up to a day" },
		{ "proxy_refresh=x", "proxy_refresh is not a number of "
			"seconds, without a unit, up to a day" },
		{ "proxy_host_immediate_failure_after=5",
		  "proxy_host_immediate_failure_after is not a time like "
			"30s or 5min" },
		{ "proxy_host_immediate_failure_after=s",
		  "proxy_host_immediate_failure_after is not a time like "
			"30s or 5min" },
		{ "proxy_host_immediate_failure_after=5sx",
		  "proxy_host_immediate_failure_after is not a time like "
			"30s or 5min" },
		{ "master=admin", "master needs pass, "
			"the master user's password" },
		{ "proxy_mech=TELEPATHY", "proxy_mech is not a mechanism that "
			"this Dovecot can log in with" },
		{ "master=%x pass=x", "master unknown variable %x (known: "
			"%{user}, %{username}, %{domain}, %{account}, "
			"%{original_user}, %{protocol}, with |lower, "
			"%{domain|ldap_dn}, %%)" },
		{ "forward_x=%{user", "forward_x \"%{\" without \"}\"" },
		{ "proxy_mech=%u", "proxy_mech is the same for all users: "
			"it can hold no variable" },
		{ "pass=%{user}", "pass is the same for all users: "
			"it can hold no variable" },
		/* never the rest of a password */
		{ "pass=my secret", "a word is no known field "
			"(a value cannot hold spaces)" },
	};
	const char *error;
	unsigned int i;

	test_begin("proxy fields check");
	for (i = 0; i < N_ELEMENTS(valid); i++) {
		error = NULL;
		test_assert_idx(referral_proxy_fields_check(valid[i],
							    &error) == 0, i);
		test_assert_strcmp_idx(error, NULL, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		error = NULL;
		test_assert_idx(referral_proxy_fields_check(
			invalid[i].fields, &error) == -1, i);
		test_assert_strcmp_idx(error, t_strconcat(
			"referral_proxy_fields: ", invalid[i].error, NULL), i);
	}
	test_end();
}

void test_proxy_fields_keys(void)
{
	static const struct {
		const char *key;
		const char *value;
		bool needs_value;
	} keys[] = {
		{ "port", "1", TRUE },
		{ "ssl", "1", TRUE },
		{ "starttls", "1", TRUE },
		{ "source_ip", "::1", TRUE },
		{ "pass", "1", TRUE },
		{ "proxy_mech", "PLAIN", TRUE },
		{ "proxy_timeout", "1", TRUE },
		{ "proxy_refresh", "1", TRUE },
		{ "proxy_host_immediate_failure_after", "1s", TRUE },
		{ "proxy_nopipelining", "1", FALSE },
		{ "proxy_no_multiplex", "1", FALSE },
		{ "proxy_not_trusted", "1", FALSE },
	};
	const char *key, *error;
	unsigned int i;

	test_begin("proxy fields keys");
	for (i = 0; i < N_ELEMENTS(keys); i++) {
		key = keys[i].key;
		test_assert_idx(referral_proxy_fields_check(
			t_strconcat(key, "=", keys[i].value, NULL),
			&error) == 0, i);
		test_assert_idx((referral_proxy_fields_check(
			key, &error) == 0) == !keys[i].needs_value, i);
		/* only the whole word */
		test_assert_idx(referral_proxy_fields_check(
			t_strconcat(key, "x=1", NULL), &error) == -1, i);
	}
	test_assert(referral_proxy_fields_check("master= pass=x",
						&error) == -1);
	test_assert(referral_proxy_fields_check("masterx=a pass=x",
						&error) == -1);
	test_assert(referral_proxy_fields_check("forward_x", &error) == 0);
	test_end();
}

static bool have_credentials(const char *str)
{
	return referral_proxy_fields_have_credentials(
		referral_proxy_fields_split(str));
}

void test_proxy_fields_have_credentials(void)
{
	test_begin("proxy fields have credentials");
	test_assert(!have_credentials(""));
	test_assert(!have_credentials("ssl=yes"));
	test_assert(!have_credentials("master=pass"));
	test_assert(!have_credentials("password=x"));
	test_assert(!have_credentials("pass"));
	test_assert(have_credentials("pass=x"));
	test_assert(have_credentials("ssl=yes master=a pass=b"));
	test_assert(have_credentials("ssl=yes\tmaster=a\tpass=b"));
	test_end();
}

static bool have_tls(const char *str)
{
	return referral_proxy_fields_have_tls(referral_proxy_fields_split(str));
}

static bool mean_plaintext(const char *str)
{
	return referral_proxy_fields_mean_plaintext(
		referral_proxy_fields_split(str));
}

void test_proxy_fields_have_tls(void)
{
	test_begin("proxy fields have TLS");
	test_assert(!have_tls(""));
	test_assert(!have_tls("port=993"));
	test_assert(!have_tls("ssl=no"));
	test_assert(!have_tls("starttls=no forward_ssl=yes"));
	test_assert(have_tls("ssl=yes"));
	test_assert(have_tls("ssl=no starttls=any-cert"));
	test_end();

	test_begin("proxy fields mean plaintext");
	test_assert(!mean_plaintext(""));
	test_assert(!mean_plaintext("port=143"));
	test_assert(!mean_plaintext("ssl=yes"));
	test_assert(!mean_plaintext("ssl=no starttls=yes"));
	test_assert(mean_plaintext("ssl=no"));
	test_assert(mean_plaintext("port=143 starttls=no"));
	test_end();
}

void test_mech_leaves_secret(void)
{
	static const char *const yes[] = {
		"PLAIN", "login", "XOAUTH2", "OAuthBearer"
	};
	static const char *const no[] = {
		"CRAM-MD5", "SCRAM-SHA-256", "GSSAPI", "EXTERNAL", ""
	};
	unsigned int i;

	test_begin("mechanisms that leave a secret");
	for (i = 0; i < N_ELEMENTS(yes); i++) {
		test_assert_idx(referral_mech_leaves_secret(yes[i]), i);
		test_assert_idx(referral_mech_leaves_token(yes[i]) == (i > 1),
				i);
	}
	for (i = 0; i < N_ELEMENTS(no); i++) {
		test_assert_idx(!referral_mech_leaves_secret(no[i]), i);
		test_assert_idx(!referral_mech_leaves_token(no[i]), i);
	}
	test_end();
}

void test_proxy_fields_port(void)
{
	static const struct {
		const char *fields, *protocol;
		in_port_t port;
	} tests[] = {
		{ "", "imap", 143 },
		{ "", "pop3", 110 },
		{ "", "sieve", 4190 },
		{ "", "submission", 587 },
		/* it is no login process that proxies these */
		{ "", "lmtp", 0 },
		{ "", "doveadm", 0 },
		{ "ssl=yes", "imap", 993 },
		{ "ssl=any-cert", "pop3", 995 },
		{ "ssl=yes", "sieve", 4190 },
		{ "ssl=no", "imap", 143 },
		{ "ssl=yes starttls=no", "imap", 993 },
		{ "starttls=yes", "imap", 143 },
		{ "ssl=yes starttls=yes", "pop3", 110 },
		{ "port=1143", "imap", 1143 },
		{ "ssl=yes port=1993", "imap", 1993 },
		{ "port=24", "lmtp", 24 },
		/* only the whole word */
		{ "forward_port=1 forward_ssl=yes", "imap", 143 },
	};
	unsigned int i;

	test_begin("proxy fields port");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_proxy_fields_port(
			referral_proxy_fields_split(tests[i].fields),
			tests[i].protocol) == tests[i].port, i);
	}
	test_end();
}

void test_proxy_fields_for(void)
{
	static const struct {
		const char *fields, *protocol, *home, *result;
	} tests[] = {
		{ "", "imap", "h.example", "" },
		{ "starttls=yes pass=port=1", "imap", "h.example",
		  "starttls=yes pass=port=1" },
		{ "ssl=yes port=993", "imap", "h.example", "ssl=yes port=993" },
		/* 143 is no port */
		{ "", "imap", "h.example:143", "" },
		{ "ssl=yes port=993", "imap", "h.example:143",
		  "ssl=yes port=993" },
		{ "port=1143", "imap", "h.example:143", "port=1143" },
		/* 993 is TLS from the start */
		{ "", "imap", "h.example:993", "port=993 ssl=yes" },
		{ "ssl=yes port=1", "imap", "h.example:993",
		  "port=993 ssl=yes" },
		{ "ssl=any-cert", "imap", "h.example:993",
		  "port=993 ssl=any-cert" },
		{ "starttls=any-cert proxy_timeout=3", "imap", "h.example:993",
		  "proxy_timeout=3 port=993 ssl=any-cert" },
		/* others are what they are */
		{ "starttls=yes port=2", "imap", "h.example:1143",
		  "starttls=yes port=1143" },
		{ "ssl=yes", "imap", "h.example:1993", "ssl=yes port=1993" },
		/* IMAP's are not for the others */
		{ "ssl=yes port=993", "pop3", "h.example", "ssl=yes" },
		{ "starttls=yes port=143", "lmtp", "h.example",
		  "starttls=yes" },
		{ "port=1110", "pop3", "h.example", "port=1110" },
		{ "port=1430", "pop3", "h.example", "port=1430" },
		/* meant, and not told to Dovecot */
		{ "ssl=no", "imap", "h.example", "" },
		{ "starttls=no port=1143", "imap", "h.example", "port=1143" },
		{ "ssl=no", "imap", "h.example:993", "port=993 ssl=yes" },
		/* only the whole word */
		{ "forward_port=143 ports=993 forward_ssl=x", "pop3",
		  "h.example", "forward_port=143 ports=993 forward_ssl=x" },
		{ "forward_port=1 forward_ssl=x sslx=y", "imap",
		  "h.example:993",
		  "forward_port=1 forward_ssl=x sslx=y port=993 ssl=yes" },
	};
	struct referral_host home;
	unsigned int i;

	test_begin("proxy fields for a home");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		home = test_host(tests[i].home);
		test_assert_strcmp_idx(t_strarray_join(
			referral_proxy_fields_for(
				referral_proxy_fields_split(tests[i].fields),
				tests[i].protocol, &home), " "),
			tests[i].result, i);
	}
	test_end();
}

void test_proxy_fields_expand(void)
{
	static const char *const fields[] = {
		"ssl=yes", "proxy_nopipelining", "master=%{domain}*100%%",
		"pass=%%", "forward_u=%{original_user|lower}=%s", NULL
	};
	static const struct referral_user user = {
		.name = "bob@example.com", .original = "Bob",
		.protocol = "imap",
	};

	test_begin("proxy fields expand");
	test_assert_strcmp(t_strarray_join(
		referral_proxy_fields_expand(fields, &user), " "),
		"ssl=yes proxy_nopipelining master=example.com*100% pass=%% "
		"forward_u=bob=imap");
	test_end();
}
