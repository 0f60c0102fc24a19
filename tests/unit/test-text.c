#include "lib.h"
#include "text.h"
#include "test-core.h"

void test_text_expand(void)
{
	static const struct {
		const char *text, *user, *host, *output;
	} tests[] = {
		{ "Try this server instead.", "u", "h",
		  "Try this server instead." },
		{ "%{user}: go to %{host}.", "u@d", "h.example:1143",
		  "u@d: go to h.example:1143." },
		{ "%{user}%{user}%%{user}", "u", "h", "uu%{user}" },
		/* values are no templates */
		{ "%{user}", "%{host}%%", "h", "%{host}%%" },
		/* what the check refuses stays as it is */
		{ "%{foo} %u %", "u", "h", "%{foo} %u %" },
		{ "%{user", "u", "h", "%{user" },
		/* reply.c makes it fit into a line */
		{ "%{user}", "a\r\nb\xff", "h", "a\r\nb\xff" },
		{ "%{user} x", "[ALERT]", "h", "[ALERT] x" },
		{ "see %{host}", "u", "[2001:db8::1]", "see [2001:db8::1]" },
		{ "%{user}", "", "h", "" },
		{ "%{username} of %{domain}", "u@a@b", "h", "u of a@b" },
		{ "%{username}|%{domain}", "u", "h", "u|" },
		{ "%{user|lower} %{username|lower} %{domain|lower}", "Bob@COM",
		  "h", "bob@com bob com" },
		{ "", "", "h", "" },
	};
	unsigned int i;

	test_begin("text expand");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(
			referral_text_expand(tests[i].text, tests[i].user,
					     tests[i].host),
			tests[i].output, i);
	}
	test_end();
}

void test_text_check(void)
{
	static const char *const valid[] = {
		"Try this server instead.", "%{host}", "%{user}@%{host} 100%%",
		"a [b]", "\"quoted\" \\ {x}", "%{username|lower} %{domain}",
	};
	static const char *const invalid[] = {
		"", "[ALERT] x", "%", "100% sure", "%u", "%{User}", "%{user",
		"%{}", "%{host|x}", "a\nb", "a\r", "\t", "\x7f",
		"j\xc3\xbcrgen", "%{\xff}",
	};
	const char *error;
	unsigned int i;

	test_begin("text check");
	for (i = 0; i < N_ELEMENTS(valid); i++)
		test_assert_idx(referral_text_check(valid[i], &error) == 0, i);
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		error = "";
		test_assert_idx(referral_text_check(invalid[i],
						    &error) == -1, i);
		test_assert_idx(*error != '\0', i);
	}
	test_end();
}
