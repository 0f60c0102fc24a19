#include "lib.h"
#include "mailhost.h"
#include "drain-host.h"
#include "test-core.h"

void test_drain_host(void)
{
	static const struct {
		const char *file, *setting;
		bool imap;
		int ret;
		/* or what the error has to say */
		const char *result;
	} tests[] = {
		{ NULL, "", TRUE, 0, NULL },
		/* the setting */
		{ NULL, "h.example", TRUE, 1, "h.example" },
		{ NULL, "h.example:1143", TRUE, 1, "h.example:1143" },
		{ NULL, "h.example:4190", FALSE, 1, "h.example:4190" },
		{ "", "h.example", TRUE, 1, "h.example" },
		{ " \t\r\nx]y", "h.example", TRUE, 1, "h.example" },
		/* the file's first line */
		{ "f.example", "", TRUE, 1, "f.example" },
		{ "f.example\n", "h.example", TRUE, 1, "f.example" },
		{ " F.Example. \r\n# why\n", "", TRUE, 1, "f.example" },
		{ "f.example:1143\n", "", TRUE, 1, "f.example:1143" },
		{ "f.example:1143\n", "", FALSE, 1, "f.example" },
		{ "[2001:db8::1]:1143", "", FALSE, 1, "[2001:db8::1]" },
		/* it counts, even when it is no use */
		{ "x]y\n", "h.example", TRUE, -1,
		  "referral-drain: Invalid host x]y: " },
		{ "a b", "", FALSE, -1, "referral-drain: Invalid host a b: " },
		{ "", "", TRUE, -1, "referral-drain names no host, and "
		  "referral_drain_host is empty" },
		{ "\nf.example\n", "", TRUE, -1, "referral-drain names no " },
		{ NULL, "x]y", TRUE, -1,
		  "referral_drain_host: Invalid host x]y: " },
		{ "", "\x01", TRUE, -1,
		  "referral_drain_host: Invalid host " },
	};
	struct referral_host host;
	unsigned int i;

	test_begin("drain host");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		const char *error = "";
		int ret = referral_drain_host_get(tests[i].file,
			tests[i].setting, tests[i].imap, &host, &error);

		test_assert_idx(ret == tests[i].ret, i);
		if (ret > 0) {
			test_assert_strcmp_idx(
				referral_host_to_string(&host, 0),
				tests[i].result, i);
		} else if (ret < 0) {
			test_assert_idx(strncmp(error, tests[i].result,
				strlen(tests[i].result)) == 0, i);
		}
	}
	test_end();
}
