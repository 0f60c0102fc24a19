#include "lib.h"
#include "array.h"
#include "host-pattern.h"
#include "test-core.h"

void test_host_pattern(void)
{
	static const struct {
		const char *pattern, *host;
		bool match;
		in_port_t port;
	} tests[] = {
		/* names */
		{ .pattern = "a.example", .host = "a.example", .match = TRUE },
		{ .pattern = "A.Example.", .host = "a.example", .match = TRUE },
		{ .pattern = "a.example:99", .host = "a.example",
		  .match = TRUE, .port = 99 },
		{ .pattern = "a.example", .host = "a.example:99",
		  .match = TRUE },
		{ .pattern = "a.example", .host = "b.example" },
		{ .pattern = "a.example", .host = "a.example.org" },
		{ .pattern = "a.example", .host = "aa.example" },
		{ .pattern = "a.example", .host = "192.0.2.1" },
		/* globs */
		{ .pattern = "*.example", .host = "a.example", .match = TRUE },
		{ .pattern = "*.example", .host = "a.b.example",
		  .match = TRUE },
		{ .pattern = "*.EXAMPLE.:99", .host = "a.example",
		  .match = TRUE, .port = 99 },
		{ .pattern = "*.example", .host = "example" },
		{ .pattern = "*.example", .host = "a.example.org" },
		{ .pattern = "*.example", .host = "aexample" },
		{ .pattern = "imap?.example", .host = "imap1.example",
		  .match = TRUE },
		{ .pattern = "imap?.example", .host = "imap.example" },
		{ .pattern = "imap?.example", .host = "imap10.example" },
		{ .pattern = "imap*", .host = "imap", .match = TRUE },
		{ .pattern = "*", .host = "a", .match = TRUE },
		{ .pattern = "*:1143", .host = "a", .match = TRUE,
		  .port = 1143 },
		{ .pattern = "*.*", .host = "192.0.2.1" },
		{ .pattern = "*", .host = "192.0.2.1", .match = TRUE },
		{ .pattern = "*", .host = "2001:db8::1", .match = TRUE },
		{ .pattern = "10.*.example", .host = "10.1.example",
		  .match = TRUE },
		/* addresses */
		{ .pattern = "192.0.2.1", .host = "192.0.2.1", .match = TRUE },
		{ .pattern = "192.0.2.1:143", .host = "192.0.2.1",
		  .match = TRUE, .port = 143 },
		{ .pattern = "::ffff:192.0.2.1", .host = "192.0.2.1",
		  .match = TRUE },
		{ .pattern = "192.0.2.1", .host = "192.0.2.2" },
		{ .pattern = "192.0.2.1", .host = "a.example" },
		{ .pattern = "2001:db8::1", .host = "[2001:DB8:0::1]",
		  .match = TRUE },
		{ .pattern = "[2001:db8::1]:143", .host = "2001:db8::1",
		  .match = TRUE, .port = 143 },
		{ .pattern = "2001:db8::1", .host = "2001:db8::2" },
		/* networks */
		{ .pattern = "192.0.2.0/24", .host = "192.0.2.255",
		  .match = TRUE },
		{ .pattern = "192.0.2.77/24", .host = "192.0.2.1",
		  .match = TRUE },
		{ .pattern = "192.0.2.0/24", .host = "192.0.3.0" },
		{ .pattern = "192.0.2.0/24", .host = "2001:db8::1" },
		{ .pattern = "0.0.0.0/0", .host = "198.51.100.1",
		  .match = TRUE },
		{ .pattern = "0.0.0.0/0", .host = "2001:db8::1" },
		{ .pattern = "192.0.2.1/32", .host = "192.0.2.1",
		  .match = TRUE },
		{ .pattern = "2001:db8::/32", .host = "2001:db8:1::1",
		  .match = TRUE },
		{ .pattern = "2001:db8::/32", .host = "2001:db9::1" },
		{ .pattern = "::/0", .host = "2001:db8::1", .match = TRUE },
		{ .pattern = "::/0", .host = "192.0.2.1" },
		{ .pattern = "::/0", .host = "a.example" },
	};
	struct referral_host_pattern pattern;
	struct referral_host host;
	const char *error;
	unsigned int i;

	test_begin("host pattern");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_host_pattern_parse(
			pool_datastack_create(), tests[i].pattern, &pattern,
			&error) == 0, i);
		test_assert_idx(pattern.port == tests[i].port, i);
		host = test_host(tests[i].host);
		test_assert_idx(referral_host_pattern_match(&pattern, &host) ==
				tests[i].match, i);
	}
	test_end();
}

void test_host_pattern_invalid(void)
{
	static const char *const invalid[] = {
		"a..example", "a b", "a@b", "x]y", "a:", "a:0", "a:70000",
		"[::1", "1.2.3", "0.0.0.0",
		/* globs that match nothing, or not what they seem to */
		"*..example", ".*", "*-", "-*", "a*-.example", "*:", "*:0",
		"*:99999", "[*]", "*]", "*@example", "*/", "b\xc3\xbc*",
		"192.0.2.*", "10.*", "10.?.0.1", "*.1", "1*",
		/* networks */
		"/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1",
		"192.0.2.0/24:143", "192.0.2.0/x", "192.0.2.0/24/24",
		"10/8", "10.0/8", "010.0.0.0/8", "example/24", "0x7f.0.0.0/8",
		"2001:db8::/129", "[2001:db8::]/32", "fe80::%eth0/64",
		"256.0.0.0/8",
	};
	ARRAY_TYPE(referral_host_pattern) patterns;
	struct referral_host_pattern pattern;
	const char *error;
	unsigned int i;

	test_begin("host pattern: invalid");
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		error = NULL;
		test_assert_idx(referral_host_pattern_parse(
			pool_datastack_create(), invalid[i], &pattern,
			&error) == -1, i);
		test_assert_idx(error != NULL, i);
	}
	t_array_init(&patterns, 4);
	test_assert(referral_host_patterns_parse(
		pool_datastack_create(), "referral_x", "  a *.b\t10.0.0.0/8 ",
		&patterns, &error) == 0);
	test_assert(array_count(&patterns) == 3);
	test_assert(referral_host_patterns_parse(
		pool_datastack_create(), "referral_x", "a b\xff", &patterns,
		&error) == -1);
	test_assert_strcmp(error, "referral_x: b\\xff: "
			   "invalid character in the host name");
	test_end();
}
