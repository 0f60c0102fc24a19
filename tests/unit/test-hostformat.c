/* hostformat.c: values that are not plain host names */

#include "lib.h"
#include "str.h"
#include "hostformat.h"
#include "test-core.h"

#define EXCHANGE "/.*/cn=Servers/cn=([^/]+)/"
#define HOMEMDB "/.*,CN=InformationStore,CN=([^,]+),CN=Servers,.*/" \
	"%{value}.example.com"

void test_hostformat(void)
{
	static const struct {
		/* host: NULL if nothing fits */
		const char *format, *value, *host;
		/* the user's */
		const char *domain;
	} tests[] = {
		{ "host", "imap1.example.com", "imap1.example.com", NULL },
		{ "host", "imap1.example.com:1143", "imap1.example.com:1143",
		  NULL },
		{ "host", "imap1", "imap1", NULL },
		{ "host", "a b", NULL, NULL },
		{ "host", "", NULL, NULL },
		{ "host", "imap://imap1.example.com/", NULL, NULL },

		{ "host url", "imap1.example.com", "imap1.example.com", NULL },
		{ "url", "imap1.example.com", NULL, NULL },
		{ "url", "imap://imap1.example.com/", "imap1.example.com",
		  NULL },
		{ "url", "IMAP://imap1.example.com", "imap1.example.com",
		  NULL },
		{ "url", "imap://bob;AUTH=*@imap1.example.com:1143/INBOX",
		  "imap1.example.com:1143", NULL },
		{ "url", "imap://a@b@imap1.example.com/", "imap1.example.com",
		  NULL },
		{ "url", "imaps://imap1.example.com/",
		  "imap1.example.com:993", NULL },
		{ "url", "imaps://imap1.example.com:1993/",
		  "imap1.example.com:1993", NULL },
		{ "url", "imaps://[2001:db8::1]/", "[2001:db8::1]:993", NULL },
		{ "url", "imap://[2001:db8::1]:1143/?x", "[2001:db8::1]:1143",
		  NULL },
		{ "url", "imap://", NULL, NULL },
		{ "url", "imap:///", NULL, NULL },
		{ "url", "imap://a b/", NULL, NULL },
		{ "url", "http://imap1.example.com/", NULL, NULL },
		{ "url", "xx imap://imap1.example.com/", NULL, NULL },

		{ "%{value}.mail.example.com host", "imap1",
		  "imap1.mail.example.com", NULL },
		{ "%{value}.mail.example.com host", "imap1.example.org",
		  "imap1.example.org", NULL },
		{ "%{value}.mail.example.com", "imap1.example.org", NULL,
		  NULL },
		{ "%{value}.mail.example.com", "imap1:143", NULL, NULL },
		{ "%{value}.mail.example.com", "x]", NULL, NULL },
		{ "%{value}.mail.example.com", "", NULL, NULL },
		{ "mail-%{value}:1143", "7", "mail-7:1143", NULL },
		{ "%{value}.%{domain} host", "imap1", "imap1.example.com",
		  "example.com" },
		{ "%{value}.mail.%{domain}:1143", "imap1",
		  "imap1.mail.example.com:1143", "example.com" },
		{ "%{value}.%{domain} host", "imap1.example.org",
		  "imap1.example.org", "example.com" },
		{ "%{value}.%{domain} host", "imap1", "imap1", NULL },
		{ "%{value}.%{domain}", "imap1", NULL, NULL },
		{ "%{value}.%{domain}", "imap1", NULL, "" },
		/* a user's name is hostile, too */
		{ "%{value}.%{domain}", "imap1", NULL, "evil.example:143" },
		{ "%{value}.%{domain}", "imap1", NULL, "a@b" },
		{ "%{value}.%{domain}", "imap1", NULL, "0.0.1" },
		{ "%{value}.%{domain}", "imap1", NULL, "example.com/x" },
		{ "%{value}.%{domain}", "imap1", NULL, "%{value}" },
		{ "/([^.]+)\\.old/%{value}.%{domain}", "imap1.old",
		  "imap1.example.com", "example.com" },
		/* the first that fits */
		{ "host %{value}.mail.example.com", "imap1", "imap1", NULL },

		{ EXCHANGE, "/o=Org/ou=First Administrative Group/"
		  "cn=Configuration/cn=Servers/cn=EX1", "EX1", NULL },
		{ EXCHANGE"%{value}.example.com", "/o=Org/cn=Servers/cn=EX1",
		  "EX1.example.com", NULL },
		{ EXCHANGE, "/o=Org/cn=Servers/cn=EX1/cn=x", NULL, NULL },
		{ EXCHANGE, "/o=Org/cn=Servers/cn=a b", NULL, NULL },
		{ EXCHANGE" host", "imap1", "imap1", NULL },
		{ HOMEMDB, "CN=Mailboxes,CN=SG1,CN=InformationStore,CN=EX1,"
		  "CN=Servers,CN=Org,DC=example,DC=com", "EX1.example.com",
		  NULL },
		{ "/lmtp:([^:]+):24/", "lmtp:imap1.example.com:24",
		  "imap1.example.com", NULL },
		{ "/lmtp:([^:]+):24/", "LMTP:imap1:24", "imap1", NULL },
		/* the whole value, not a part of it */
		{ "/lmtp:([^:]+):24/", "lmtp:imap1:24x", NULL, NULL },
		{ "/lmtp:([^:]+):24/", "xlmtp:imap1:24", NULL, NULL },
		{ "/a|ab(c)/", "abc", "c", NULL },
		{ "/a|ab(c)/", "a", NULL, NULL },
	};
	struct referral_hostformat *format;
	const char *error;
	unsigned int i;

	test_begin("host format");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		if (referral_hostformat_create(pool_datastack_create(),
				tests[i].format, &format, &error) < 0) {
			test_assert_strcmp_idx(error, NULL, i);
			continue;
		}
		test_assert_strcmp_idx(referral_hostformat_apply(format,
			tests[i].value, tests[i].domain), tests[i].host, i);
		referral_hostformat_free(&format);
		test_assert_idx(format == NULL, i);
	}
	referral_hostformat_free(&format);
	test_end();
}

/* Values are hostile, and may be large. */
void test_hostformat_length(void)
{
	struct referral_hostformat *format;
	string_t *str = t_str_new(4096);
	const char *error;
	unsigned int len;

	test_begin("host format: length");
	if (referral_hostformat_create(pool_datastack_create(),
			"url /x*(y)/ %{value}.example.com", &format,
			&error) < 0)
		i_fatal("%s", error);
	for (len = 1; len < 2000; len++) {
		str_truncate(str, 0);
		while (str_len(str) + 1 < len)
			str_append_c(str, 'x');
		str_append_c(str, 'y');
		test_assert_strcmp_idx(
			referral_hostformat_apply(format, str_c(str),
						  "example.com"),
			len > 1024 ? NULL : "y", len);
	}
	referral_hostformat_free(&format);
	test_end();
}

void test_hostformat_errors(void)
{
	static const struct {
		const char *format, *error;
	} tests[] = {
		{ "", "no format is named" },
		{ " ", "no format is named" },
		{ "Host", "Host: not host, url, /a regular expression/, or a "
		  "template such as %{value}.example.com" },
		{ "host x.example.com", "x.example.com: not host, url, /a "
		  "regular expression/, or a template such as "
		  "%{value}.example.com" },
		{ "host.%{domain}", "host.%{domain}: not host, url, /a regular "
		  "expression/, or a template such as "
		  "%{value}.example.com" },
		{ "%{value}.%{user}", "%{value}.%{user}: not host, url, /a "
		  "regular expression/, or a template such as "
		  "%{value}.example.com" },
		{ "%{value}..com", "%{value}..com: not host, url, /a regular "
		  "expression/, or a template such as %{value}.example.com" },
		{ "/", "/: missing \"/\" at the end of a regular expression" },
		{ "/(a)", "/(a): missing \"/\" at the end of a regular "
		  "expression" },
		{ "/a/", "/a/: a regular expression needs one group, which is "
		  "the host" },
		{ "/(a)(b)/", "/(a)(b)/: a regular expression needs one group, "
		  "which is the host" },
		{ "/(a{2})/", "/(a{2})/: counts in braces are not supported" },
		{ "/(a+b+c+d+e+f+g+h+)i+/", "/(a+b+c+d+e+f+g+h+)i+/: "
		  "too many \"+\" in a regular expression" },
		{ "/(a)\\1/", "/(a)\\\\1/: back-references are not supported" },
		{ "host /(a)/x", "/(a)/x: what follows a regular expression "
		  "has to make a host of %{value}" },
		{ "/(a/", "/(a/: Unmatched ( or \\(" },
	};
	struct referral_hostformat *format;
	const char *error;
	unsigned int i;

	test_begin("host format: errors");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		test_assert_idx(referral_hostformat_create(
			pool_datastack_create(), tests[i].format, &format,
			&error) < 0, i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}
