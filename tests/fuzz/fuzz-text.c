/* text, user, host: one line of printable ASCII in a reply. */

#include "lib.h"
#include "reply.h"
#include "text.h"
#include "fuzz.h"

static void check_line(const char *line)
{
	size_t len = strlen(line);

	FUZZ_REQUIRE(len > 2 && strcmp(line + len - 2, "\r\n") == 0);
	FUZZ_REQUIRE(fuzz_is_printable(t_strndup(line, len - 2)));
}

void fuzz_run(const char *const *lines)
{
	const char *text = fuzz_line(lines, 0), *str, *error = NULL;
	const char *url = "imap://u;AUTH=*@h/";

	if (referral_text_check(text, &error) < 0)
		FUZZ_REQUIRE(error != NULL && fuzz_is_printable(error));
	str = referral_text_expand(text, fuzz_line(lines, 1),
				   fuzz_line(lines, 2));
	str = referral_reply_imap(REFERRAL_REPLY_NO, NULL, NULL, str);
	check_line(str);
	/* 1*TEXT-CHAR, and no response code */
	FUZZ_REQUIRE(strlen(str) > strlen("* NO \r\n") && str[5] != '[');

	check_line(referral_reply_imap(REFERRAL_REPLY_NO, "a1", url,
				       t_strarray_join(lines, "\n")));
	check_line(referral_reply_imap(REFERRAL_REPLY_BYE, NULL, url,
				       t_strarray_join(lines, "\n")));
}
