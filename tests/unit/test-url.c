#include "lib.h"
#include "str.h"
#include "hex-binary.h"
#include "imap-url.h"
#include "url.h"
#include "test-core.h"

#define URL_SAFE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789-._~!$&'()*+,="

void test_url_create(void)
{
	static const struct {
		const char *scheme, *user, *auth, *host, *url;
	} tests[] = {
		/* RFC 2221 section 3 */
		{ "imap", "user", "*", "SERVER2",
		  "imap://user;AUTH=*@server2/" },
		{ "imap", "user", "GSSAPI", "server2",
		  "imap://user;AUTH=GSSAPI@server2/" },
		{ "imap", "user", "SCRAM-SHA-256-PLUS", "server2",
		  "imap://user;AUTH=SCRAM-SHA-256-PLUS@server2/" },
		{ "imap", "user", NULL, "server2", "imap://user@server2/" },
		{ "imap", "user", "", "server2", "imap://user@server2/" },
		/* section 4.2: nobody has logged in yet. RFC 5092 section 11:
		   iuserinfo = enc-user [iauth] / [enc-user] iauth */
		{ "imap", NULL, "*", "server2", "imap://;AUTH=*@server2/" },
		{ "imap", "", "*", "server2", "imap://;AUTH=*@server2/" },
		{ "imap", NULL, NULL, "server2", "imap://server2/" },
		/* ports */
		{ "imap", "u", "*", "h:143", "imap://u;AUTH=*@h/" },
		{ "imap", "u", "*", "h:1143", "imap://u;AUTH=*@h:1143/" },
		{ "imap", "u", "*", "h:993", "imap://u;AUTH=*@h:993/" },
		{ "imap", "u", "*", "h:4190", "imap://u;AUTH=*@h:4190/" },
		/* addresses */
		{ "imap", "u", "*", "192.0.2.1", "imap://u;AUTH=*@192.0.2.1/" },
		{ "imap", "u", "*", "192.0.2.1:1143",
		  "imap://u;AUTH=*@192.0.2.1:1143/" },
		{ "imap", "u", "*", "2001:DB8::1",
		  "imap://u;AUTH=*@[2001:db8::1]/" },
		{ "imap", "u", "*", "[2001:db8::1]:1143",
		  "imap://u;AUTH=*@[2001:db8::1]:1143/" },
		{ "imap", "u", "*", "::ffff:192.0.2.1",
		  "imap://u;AUTH=*@192.0.2.1/" },
		{ "imap", "u", "*", "mail_1.example",
		  "imap://u;AUTH=*@mail_1.example/" },
		/* users */
		{ "imap", "user@example.com", "*", "h",
		  "imap://user%40example.com;AUTH=*@h/" },
		{ "imap", "a b", "*", "h", "imap://a%20b;AUTH=*@h/" },
		{ "imap", "a;AUTH=x", "*", "h", "imap://a%3bAUTH=x;AUTH=*@h/" },
		{ "imap", ":/?#[]%", "*", "h",
		  "imap://%3a%2f%3f%23%5b%5d%25;AUTH=*@h/" },
		{ "imap", "%40", "*", "h", "imap://%2540;AUTH=*@h/" },
		{ "imap", "\"\\<>^`{|}", "*", "h",
		  "imap://%22%5c%3c%3e%5e%60%7b%7c%7d;AUTH=*@h/" },
		{ "imap", "a-._~!$&'()*+,=z", "*", "h",
		  "imap://a-._~!$&'()*+,=z;AUTH=*@h/" },
		{ "imap", "j\xc3\xbcrgen", "*", "h",
		  "imap://j%c3%bcrgen;AUTH=*@h/" },
		{ "imap", "\xff\xfe", "*", "h", "imap://%ff%fe;AUTH=*@h/" },
		{ "imap", "a\r\n* BYE", "*", "h",
		  "imap://a%0d%0a*%20BYE;AUTH=*@h/" },
		{ "imap", "\x01\x7f", "*", "h", "imap://%01%7f;AUTH=*@h/" },
		/* a mechanism is no way in either */
		{ "imap", "u", "X Y@z/;]", "h",
		  "imap://u;AUTH=X%20Y%40z%2f%3b%5d@h/" },
		/* ManageSieve */
		{ "sieve", "user", "PLAIN", "h", "sieve://user;AUTH=PLAIN@h" },
		{ "sieve", "a\"b\\c", "*", "h:4190",
		  "sieve://a%22b%5cc;AUTH=*@h" },
		{ "sieve", "u", "*", "h:143", "sieve://u;AUTH=*@h:143" },
		{ "sieve", "u", "*", "[2001:db8::1]:4191",
		  "sieve://u;AUTH=*@[2001:db8::1]:4191" },
		{ "sieve", NULL, NULL, "h", "sieve://h" },
	};
	struct referral_url_params params;
	unsigned int i;

	test_begin("url create");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		i_zero(&params);
		params.scheme = tests[i].scheme;
		params.user = tests[i].user;
		params.auth = tests[i].auth;
		params.host = test_host(tests[i].host);
		test_assert_strcmp_idx(referral_url_create(&params),
				       tests[i].url, i);
	}
	/* a host name that never went through the parser */
	i_zero(&params);
	params.scheme = "imap";
	params.host.name = "[x]/] t\r\n%";
	test_assert_strcmp(referral_url_create(&params),
			   "imap://%5bx%5d%2f%5d%20t%0d%0a%25/");
	test_end();
}

void test_url_create_octets(void)
{
	struct referral_url_params params = {
		.scheme = "imap",
		.auth = "*",
		.host = { .name = "h" },
	};
	struct imap_url *parsed;
	const char *url, *error;
	char user[] = "aXb";
	unsigned int c;

	/* Each octet stands for itself or is encoded, and a parser gets it
	   back. */
	test_begin("url create: every octet in the user");
	for (c = 1; c < 256; c++) {
		user[1] = c;
		params.user = user;
		url = referral_url_create(&params);
		test_assert_strcmp_idx(url,
			strchr(URL_SAFE, user[1]) != NULL ?
			t_strdup_printf("imap://%s;AUTH=*@h/", user) :
			t_strdup_printf("imap://a%%%02xb;AUTH=*@h/", c), c);
		if (imap_url_parse(url, NULL, 0, &parsed, &error) < 0) {
			test_assert_strcmp_idx(error, NULL, c);
			continue;
		}
		test_assert_strcmp_idx(parsed->userid, user, c);
		test_assert_strcmp_idx(parsed->auth_type, "*", c);
		test_assert_strcmp_idx(parsed->host.name, "h", c);
	}
	test_end();
}
