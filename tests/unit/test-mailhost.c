#include "lib.h"
#include "str.h"
#include "mailhost.h"
#include "test-core.h"

#define LABEL_63 \
	"a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253 LABEL_63"."LABEL_63"."LABEL_63"."\
	"a234567890123456789012345678901234567890123456789012345678901"

static const struct {
	const char *value;
	/* NULL: invalid */
	const char *name;
	in_port_t port;
	int family;
	/* what to_string() makes of it, if not the value itself */
	const char *string;
} mailhosts[] = {
	/* names */
	{ .value = "imap.example.com", .name = "imap.example.com" },
	{ .value = "imap", .name = "imap" },
	{ .value = "localhost", .name = "localhost" },
	{ .value = "IMAP.Example.COM", .name = "imap.example.com",
	  .string = "imap.example.com" },
	{ .value = "imap.example.com.", .name = "imap.example.com",
	  .string = "imap.example.com" },
	{ .value = "imap.example.com.:1143", .name = "imap.example.com",
	  .port = 1143, .string = "imap.example.com:1143" },
	{ .value = "imap.example.com:1143", .name = "imap.example.com",
	  .port = 1143 },
	{ .value = "h:1", .name = "h", .port = 1 },
	{ .value = "h:65535", .name = "h", .port = 65535 },
	{ .value = "mail_1.example.com", .name = "mail_1.example.com" },
	{ .value = "3com.example", .name = "3com.example" },
	{ .value = "10.example", .name = "10.example" },
	{ .value = "1.2.3.4.example", .name = "1.2.3.4.example" },
	{ .value = "xn--bcher-kva.example", .name = "xn--bcher-kva.example" },
	{ .value = "a--b.example", .name = "a--b.example" },
	{ .value = "0xg.0xgh", .name = "0xg.0xgh" },
	{ .value = "mail.ax1f", .name = "mail.ax1f" },
	{ .value = "0x7f.example", .name = "0x7f.example" },
	{ .value = LABEL_63".example", .name = LABEL_63".example" },
	{ .value = NAME_253, .name = NAME_253 },
	{ .value = NAME_253".", .name = NAME_253, .string = NAME_253 },
	/* addresses */
	{ .value = "192.0.2.1", .name = "192.0.2.1", .family = AF_INET },
	{ .value = "192.0.2.1:993", .name = "192.0.2.1", .port = 993,
	  .family = AF_INET },
	{ .value = "127.0.0.1", .name = "127.0.0.1", .family = AF_INET },
	{ .value = "1.0.0.0", .name = "1.0.0.0", .family = AF_INET },
	{ .value = "223.255.255.255", .name = "223.255.255.255",
	  .family = AF_INET },
	{ .value = "2001:db8::1", .name = "2001:db8::1", .family = AF_INET6,
	  .string = "[2001:db8::1]" },
	{ .value = "2001:DB8:0:0::1", .name = "2001:db8::1",
	  .family = AF_INET6, .string = "[2001:db8::1]" },
	{ .value = "::1", .name = "::1", .family = AF_INET6,
	  .string = "[::1]" },
	{ .value = "[::1]", .name = "::1", .family = AF_INET6 },
	{ .value = "[2001:db8::1]:1143", .name = "2001:db8::1", .port = 1143,
	  .family = AF_INET6 },
	{ .value = "::ffff:192.0.2.1", .name = "192.0.2.1",
	  .family = AF_INET, .string = "192.0.2.1" },
	{ .value = "[::ffff:c000:201]:143", .name = "192.0.2.1", .port = 143,
	  .family = AF_INET, .string = "192.0.2.1:143" },

	/* not a name */
	{ .value = "" },
	{ .value = "." },
	{ .value = ".." },
	{ .value = ".example" },
	{ .value = "a..example" },
	{ .value = "example.." },
	{ .value = "-a.example" },
	{ .value = "a-.example" },
	{ .value = "a.-" },
	{ .value = "a b" },
	{ .value = " a" },
	{ .value = "a " },
	{ .value = "a\tb" },
	{ .value = "a\r\nb" },
	{ .value = "a\n" },
	{ .value = "\x01" },
	{ .value = "a\x01.example" },
	{ .value = "a\x7f" },
	{ .value = "b\xc3\xbc""cher.example" },
	{ .value = "a\xff" },
	{ .value = "a@b" },
	{ .value = "user@host:143" },
	{ .value = "a/b" },
	{ .value = "imap://a/" },
	{ .value = "a?b" },
	{ .value = "a#b" },
	{ .value = "a;b" },
	{ .value = "a,b" },
	{ .value = "a%20b" },
	{ .value = "%61" },
	{ .value = "a\\b" },
	{ .value = "\"a\"" },
	{ .value = "a*" },
	{ .value = "*" },
	{ .value = "a+b" },
	{ .value = "x]y" },
	{ .value = "]" },
	{ .value = "a]" },
	{ .value = "(a)" },
	{ .value = "{5}" },
	{ .value = LABEL_63"4.example" },
	{ .value = NAME_253"2" },
	/* not a port */
	{ .value = "h:" },
	{ .value = ":143" },
	{ .value = ":" },
	{ .value = "h:0" },
	{ .value = "h:0143" },
	{ .value = "h:65536" },
	{ .value = "h:99999999999999999999999" },
	{ .value = "h:-1" },
	{ .value = "h:+143" },
	{ .value = "h: 143" },
	{ .value = "h:143 " },
	{ .value = "h:14a" },
	{ .value = "h:imap" },
	{ .value = "h:143:143" },
	{ .value = "192.0.2.1:" },
	{ .value = "[::1]:" },
	{ .value = "[::1]:0" },
	{ .value = "[::1]:70000" },
	{ .value = "[::1]143" },
	/* numbers that are no address, or not to everyone the same one */
	{ .value = "1" },
	{ .value = "2130706433" },
	{ .value = "127.1" },
	{ .value = "1.2.3" },
	{ .value = "1.2.3.4.5" },
	{ .value = "1.2.3.256" },
	{ .value = "1.2.3.4." },
	{ .value = "010.0.0.1" },
	{ .value = "127.0.0.01" },
	{ .value = "0x7f000001" },
	{ .value = "0X7F.0.0.0x1" },
	{ .value = "0x" },
	{ .value = "mail.1" },
	{ .value = "mail.0x1f" },
	{ .value = "mail.1." },
	/* brackets and colons out of place */
	{ .value = "[" },
	{ .value = "[]" },
	{ .value = "[]:143" },
	{ .value = "[::1" },
	{ .value = "::1]" },
	{ .value = "[[::1]]" },
	{ .value = "[::1]]" },
	{ .value = "[::1]x" },
	{ .value = "[x]/] t" },
	{ .value = "[example.com]" },
	{ .value = "[192.0.2.1]" },
	{ .value = "[192.0.2.1]:143" },
	{ .value = "[::1%lo]" },
	{ .value = "fe80::1%eth0" },
	{ .value = "[::1 ]" },
	{ .value = ":::" },
	{ .value = "1::2::3" },
	{ .value = "2001:db8" },
	{ .value = "2001:db8:1" },
	{ .value = "::12345" },
	{ .value = "1:2:3:4:5:6:7:8:9" },
	{ .value = "::ffff:192.0.2.256" },
	{ .value = "[v1.x]" },
	/* addresses of no single host */
	{ .value = "0.0.0.0" },
	{ .value = "0.0.0.1" },
	{ .value = "224.0.0.1" },
	{ .value = "255.255.255.255" },
	{ .value = "255.255.255.255:143" },
	{ .value = "::" },
	{ .value = "[::]:143" },
	{ .value = "ff02::1" },
	{ .value = "::ffff:0.0.0.0" },
};

void test_mailhost_parse(void)
{
	struct referral_host host, host2;
	const char *error, *str;
	unsigned int i;

	test_begin("mailhost parse");
	for (i = 0; i < N_ELEMENTS(mailhosts); i++) {
		error = NULL;
		if (referral_mailhost_parse(pool_datastack_create(),
					    mailhosts[i].value, &host,
					    &error) < 0) {
			test_assert_idx(mailhosts[i].name == NULL, i);
			test_assert_idx(error != NULL && *error != '\0', i);
			test_assert_idx(host.name == NULL &&
					host.ip.family == 0 &&
					host.port == 0, i);
			continue;
		}
		test_assert_strcmp_idx(host.name, mailhosts[i].name, i);
		test_assert_idx(host.port == mailhosts[i].port, i);
		test_assert_idx(host.ip.family == mailhosts[i].family, i);

		str = referral_host_to_string(&host, 0);
		test_assert_strcmp_idx(str, mailhosts[i].string != NULL ?
				       mailhosts[i].string :
				       mailhosts[i].value, i);
		test_assert_idx(referral_mailhost_parse(pool_datastack_create(),
							str, &host2,
							&error) == 0, i);
		test_assert_idx(referral_host_equals(&host, &host2), i);
	}
	test_end();
}

void test_mailhost_parse_length(void)
{
	static const char *const repeats[] = { "a", "a.", "1", ":", "[", "." };
	struct referral_host host;
	string_t *value = t_str_new(16384);
	const char *error;
	unsigned int i;

	/* Nothing of this may crash or take long. */
	test_begin("mailhost parse length");
	for (i = 0; i < N_ELEMENTS(repeats); i++) {
		str_truncate(value, 0);
		while (str_len(value) < 10240)
			str_append(value, repeats[i]);
		test_assert_idx(referral_mailhost_parse(
			pool_datastack_create(), str_c(value), &host,
			&error) == -1, i);
		test_assert_strcmp_idx(error, "too long for a host", i);
	}
	/* a common mistake, called by its name */
	test_assert(referral_mailhost_parse(pool_datastack_create(),
			"imap://home.example.com/", &host, &error) == -1);
	test_assert_strcmp(error, "a URL, not a host");
	/* the limit is that of the whole value */
	test_assert(referral_mailhost_parse(pool_datastack_create(),
					    NAME_253":99", &host, &error) == 0);
	test_assert(referral_mailhost_parse(pool_datastack_create(),
					    NAME_253":143", &host,
					    &error) == -1);
	test_end();
}

void test_mailhost_errors(void)
{
	static const struct {
		const char *value, *error;
	} tests[] = {
		{ "lmtp:host:24", "neither host:port nor an IPv6 address" },
		{ "[lmtp:host]", "neither host:port nor an IPv6 address" },
		{ "[192.0.2.5]", "brackets are for IPv6 addresses only" },
		{ "fd00:::1", "invalid IPv6 address" },
		{ "[fd00:::1]:143", "invalid IPv6 address" },
	};
	struct referral_host host;
	const char *error;
	unsigned int i;

	test_begin("mailhost errors");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_mailhost_parse(pool_datastack_create(),
			tests[i].value, &host, &error) == -1, i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

void test_mailhost_sanitize(void)
{
	static const struct {
		const char *value, *output;
	} tests[] = {
		{ "", "" },
		{ "imap.example.com:143", "imap.example.com:143" },
		{ "a b", "a b" },
		{ "x]y", "x]y" },
		{ "%s%n", "%s%n" },
		{ "a\r\nb", "a\\x0d\\x0ab" },
		{ "\x01", "\\x01" },
		{ "\x7f", "\\x7f" },
		{ "b\xc3\xbc", "b\\xc3\\xbc" },
		{ "\\x01", "\\\\x01" },
		/* 80 characters fit, of 81 only 77 are shown */
		{ "123456789.123456789.123456789.123456789."
		  "123456789.123456789.123456789.123456789.",
		  "123456789.123456789.123456789.123456789."
		  "123456789.123456789.123456789.123456789." },
		{ "123456789.123456789.123456789.123456789."
		  "123456789.123456789.123456789.123456789.1",
		  "123456789.123456789.123456789.123456789."
		  "123456789.123456789.123456789.1234567..." },
		/* an escape is shown whole or not at all */
		{ "123456789.123456789.123456789.123456789."
		  "123456789.123456789.123456789.12345\n789.",
		  "123456789.123456789.123456789.123456789."
		  "123456789.123456789.123456789.12345..." },
		{ "123456789.123456789.123456789.123456789."
		  "123456789.123456789.123456789.123456\n",
		  "123456789.123456789.123456789.123456789."
		  "123456789.123456789.123456789.123456\\x0a" },
	};
	unsigned int i;

	test_begin("mailhost sanitize");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(
			referral_mailhost_sanitize(tests[i].value),
			tests[i].output, i);
	}
	test_end();
}

void test_host_equals(void)
{
	static const struct {
		const char *host1, *host2;
		bool equals;
	} tests[] = {
		{ "a.example", "A.example.", TRUE },
		{ "a.example:143", "a.example:143", TRUE },
		{ "192.0.2.1", "[::ffff:192.0.2.1]", TRUE },
		{ "[2001:db8::1]", "2001:db8:0::1", TRUE },
		{ "a.example", "b.example", FALSE },
		{ "a.example", "a.example:143", FALSE },
		{ "a.example:144", "a.example:143", FALSE },
		{ "192.0.2.1", "192.0.2.2", FALSE },
		{ "192.0.2.1", "a192.0.2.1.example", FALSE },
		{ "192.0.2.1", "2001:db8::1", FALSE },
	};
	struct referral_host host1, host2;
	const char *error;
	unsigned int i;

	test_begin("host equals");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_mailhost_parse(
			pool_datastack_create(), tests[i].host1, &host1,
			&error) == 0, i);
		test_assert_idx(referral_mailhost_parse(
			pool_datastack_create(), tests[i].host2, &host2,
			&error) == 0, i);
		test_assert_idx(referral_host_equals(&host1, &host2) ==
				tests[i].equals, i);
		test_assert_idx(referral_host_equals(&host2, &host1) ==
				tests[i].equals, i);
		test_assert_idx(referral_host_equals(&host1, &host1), i);
	}
	test_end();
}

void test_host_to_string(void)
{
	static const struct {
		const char *value;
		in_port_t default_port;
		const char *output;
	} tests[] = {
		{ "a.example", 143, "a.example" },
		{ "a.example:143", 143, "a.example" },
		{ "a.example:143", 0, "a.example:143" },
		{ "a.example:1143", 143, "a.example:1143" },
		{ "[2001:db8::1]:143", 143, "[2001:db8::1]" },
		{ "[2001:db8::1]:993", 143, "[2001:db8::1]:993" },
		{ "192.0.2.1:4190", 4190, "192.0.2.1" },
	};
	struct referral_host host;
	const char *error;
	unsigned int i;

	test_begin("host to string");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_mailhost_parse(
			pool_datastack_create(), tests[i].value, &host,
			&error) == 0, i);
		test_assert_strcmp_idx(
			referral_host_to_string(&host, tests[i].default_port),
			tests[i].output, i);
	}
	test_end();
}
