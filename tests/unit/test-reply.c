#include "lib.h"
#include "str.h"
#include "reply.h"
#include "args.h"
#include "test-core.h"

#define URL "imap://u;AUTH=*@h.example/"

void test_args_find(void)
{
	static const char *const args[] = {
		"user=u", "host", "host=h1", "hostip=ip", "empty=",
		"host=h2", NULL
	};
	static const char *const no_args[] = { NULL };
	static const struct {
		const char *const *args;
		const char *key, *value;
	} tests[] = {
		{ args, "user", "u" },
		{ args, "host", "h1" },
		{ args, "hostip", "ip" },
		{ args, "empty", "" },
		{ args, "hos", NULL },
		{ args, "USER", NULL },
		{ no_args, "user", NULL },
		{ NULL, "user", NULL },
	};
	unsigned int i;

	test_begin("args find");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(
			referral_args_find(tests[i].args, tests[i].key),
			tests[i].value, i);
	}
	test_end();
}

void test_reply_auth(void)
{
	static const struct {
		const char *url_auth, *mech, *auth;
	} tests[] = {
		{ "mechanism", NULL, "*" },
		{ "mechanism", "PLAIN", "PLAIN" },
		{ "mechanism", "GSSAPI", "GSSAPI" },
		{ "any", NULL, "*" },
		{ "any", "GSSAPI", "*" },
		{ "none", NULL, NULL },
		{ "none", "PLAIN", NULL },
	};
	unsigned int i;

	test_begin("reply auth");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(
			referral_reply_auth(tests[i].url_auth, tests[i].mech),
			tests[i].auth, i);
	}
	test_end();
}

void test_reply_imap(void)
{
	static const struct {
		enum referral_reply reply;
		const char *tag, *url, *text, *line;
	} tests[] = {
		{ REFERRAL_REPLY_NO, "a1", URL, "Try it.",
		  "a1 NO [REFERRAL "URL"] Try it.\r\n" },
		{ REFERRAL_REPLY_OK, "]", URL, "Try it.",
		  "] OK [REFERRAL "URL"] Try it.\r\n" },
		{ REFERRAL_REPLY_BYE, NULL, URL, "Bye.",
		  "* BYE [REFERRAL "URL"] Bye.\r\n" },
		/* a BYE has no tag, and need not have a URL */
		{ REFERRAL_REPLY_BYE, "a1", NULL, "Bye.", "* BYE Bye.\r\n" },
		{ REFERRAL_REPLY_NO, NULL, NULL, "No.", "* NO No.\r\n" },
		/* a text cannot end its line, nor forge a response code */
		{ REFERRAL_REPLY_NO, "a", URL, "x\r\n* BYE",
		  "a NO [REFERRAL "URL"] x  * BYE\r\n" },
		{ REFERRAL_REPLY_NO, "a", URL, "t\t\x01\x7f\xc3\xa4.",
		  "a NO [REFERRAL "URL"] t ????.\r\n" },
		{ REFERRAL_REPLY_NO, "a", URL, " \x1f~\x80\xff",
		  "a NO [REFERRAL "URL"]  ?~??\r\n" },
		{ REFERRAL_REPLY_NO, "a", NULL, "[", "a NO (\r\n" },
		{ REFERRAL_REPLY_BYE, NULL, NULL, "[ALERT] x",
		  "* BYE (ALERT] x\r\n" },
		{ REFERRAL_REPLY_NO, "a", URL, "",
		  "a NO [REFERRAL "URL"] Try another server.\r\n" },
	};
	unsigned int i;

	test_begin("reply imap");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(
			referral_reply_imap(tests[i].reply, tests[i].tag,
					    tests[i].url, tests[i].text),
			tests[i].line, i);
	}
	test_end();
}

void test_reply_imap_alert(void)
{
	static const struct {
		const char *text, *line;
	} tests[] = {
		{ "Go away.", "* OK [ALERT] Go away.\r\n" },
		{ "[ALERT] a\r\nb\xff", "* OK [ALERT] (ALERT] a  b?\r\n" },
		{ "", "* OK [ALERT] Try another server.\r\n" },
	};
	unsigned int i;

	test_begin("reply imap alert");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(referral_reply_imap_alert(tests[i].text),
				       tests[i].line, i);
	}
	test_end();
}

void test_reply_sieve(void)
{
	static const struct {
		enum referral_reply reply;
		const char *url, *text, *line;
	} tests[] = {
		{ REFERRAL_REPLY_NO, "sieve://u;AUTH=*@h", "Try it.",
		  "NO (REFERRAL \"sieve://u;AUTH=*@h\") \"Try it.\"\r\n" },
		{ REFERRAL_REPLY_OK, "sieve://u@h", "x",
		  "OK (REFERRAL \"sieve://u@h\") \"x\"\r\n" },
		{ REFERRAL_REPLY_BYE, NULL, "Bye.", "BYE \"Bye.\"\r\n" },
		{ REFERRAL_REPLY_NO, "sieve://\"\\", "a\"b\\c\r\nOK \"\"",
		  "NO (REFERRAL \"sieve://\\\"\\\\\") "
		  "\"a\\\"b\\\\c  OK \\\"\\\"\"\r\n" },
		{ REFERRAL_REPLY_NO, NULL, "\xc3\xa4\x01", "NO \"???\"\r\n" },
		{ REFERRAL_REPLY_NO, NULL, "",
		  "NO \"Try another server.\"\r\n" },
	};
	unsigned int i;

	test_begin("reply sieve");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(
			referral_reply_sieve(tests[i].reply, tests[i].url,
					     tests[i].text),
			tests[i].line, i);
	}
	test_end();
}

/* RFC 5804 section 4: at most 1024 octets between the quotes */
void test_reply_sieve_length(void)
{
	static const struct {
		unsigned int url_len, text_len;
		char text_char;
		unsigned int line_len;
	} tests[] = {
		{ 0, 1024, 'x', 3 + 1 + 1024 + 1 + 2 },
		{ 0, 1025, 'x', 3 + 1 + 1024 + 1 + 2 },
		{ 0, 512, '"', 3 + 1 + 1024 + 1 + 2 },
		{ 0, 513, '"', 3 + 1 + 1024 + 1 + 2 },
		{ 1024, 1, 'x', 3 + 10 + 1 + 1024 + 1 + 2 + 3 + 2 },
		/* a longer URL is left out */
		{ 1025, 1, 'x', 3 + 3 + 2 },
	};
	unsigned int i;

	test_begin("reply sieve length");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		string_t *url = t_str_new(2048), *text = t_str_new(2048);
		unsigned int j;

		for (j = 0; j < tests[i].url_len; j++)
			str_append_c(url, 'u');
		for (j = 0; j < tests[i].text_len; j++)
			str_append_c(text, tests[i].text_char);
		test_assert_idx(strlen(referral_reply_sieve(
			REFERRAL_REPLY_NO,
			tests[i].url_len == 0 ? NULL : str_c(url),
			str_c(text))) == tests[i].line_len, i);
	}
	test_end();
}

void test_reply_imap_capability(void)
{
	static const struct {
		const char *resp_text, *capability;
	} tests[] = {
		{ "[CAPABILITY IMAP4rev1 ID] Logged in", "IMAP4rev1 ID" },
		{ "[capability IMAP4rev1]", "IMAP4rev1" },
		{ "[CAPABILITY ] x", "" },
		{ "[CAPABILITY IMAP4rev1", NULL },
		{ "[CAPABILITYX] x", NULL },
		{ "[ALERT] [CAPABILITY x] y", NULL },
		{ "Logged in", NULL },
		{ "", NULL },
	};
	unsigned int i;

	test_begin("reply imap capability");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(
			referral_reply_imap_capability(tests[i].resp_text),
			tests[i].capability, i);
	}
	test_end();
}

void test_reply_imap_has_code(void)
{
	static const struct {
		const char *resp_text;
		bool has_code;
	} tests[] = {
		{ "[ALERT] Soon.", TRUE },
		{ "[X-QUOTA 90 %] x", TRUE },
		{ "[CAPABILITYX a] x", TRUE },
		{ "[ALERT", TRUE },
		{ "[CAPABILITY IMAP4rev1] x", FALSE },
		{ "[capability IMAP4rev1] x", FALSE },
		{ "[CAPABILITY]", FALSE },
		{ "[Referral imap://h/] x", FALSE },
		{ "Logged in [ALERT]", FALSE },
		{ "", FALSE },
	};
	unsigned int i;

	test_begin("reply imap has code");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(
			referral_reply_imap_has_code(tests[i].resp_text) ==
			tests[i].has_code, i);
	}
	test_end();
}

void test_reply_imap_login(void)
{
	static const struct {
		/* output == NULL: not a login's reply */
		const char *input, *output;
	} tests[] = {
		{ "a OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n",
		  "* CAPABILITY IMAP4rev1 IDLE\r\n"
		  "a OK [REFERRAL "URL"] Text.\r\n" },
		{ "* CAPABILITY IMAP4rev1\r\na OK Logged in\r\n",
		  "* CAPABILITY IMAP4rev1\r\na OK [REFERRAL "URL"] Text.\r\n" },
		{ "* CAPABILITY old\r\na OK [CAPABILITY new] Logged in\r\n",
		  "* CAPABILITY new\r\na OK [REFERRAL "URL"] Text.\r\n" },
		{ "a OK Logged in\r\n", "a OK [REFERRAL "URL"] Text.\r\n" },
		{ "a OK [ALERT] Logged in\r\n",
		  "a OK [REFERRAL "URL"] Text.\r\n" },
		{ "* OK [CAPABILITY IMAP4rev1] Logged in\r\n", NULL },
		{ "* PREAUTH [CAPABILITY IMAP4rev1] Logged in as u\r\n", NULL },
		{ "* BYE Internal error\r\n", NULL },
		{ "a NO [UNAVAILABLE] x\r\n", NULL },
		{ "a OKAY x\r\n", NULL },
		{ " OK x\r\n", NULL },
		{ "+ OK x\r\n", NULL },
		{ "+ idling\r\n", NULL },
		/* more or less than a reply */
		{ "a OK x\r\n* BYE x\r\n", NULL },
		{ "a OK x", NULL },
		{ "a OK x\n", NULL },
		{ "* CAPABILITY IMAP4rev1\r\n", NULL },
		{ "* CAPABILITY IMAP4rev1\r\na OK x", NULL },
		{ "", NULL },
	};
	unsigned int i;

	test_begin("reply imap login");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		string_t *str = t_str_new(128);
		bool ret;

		str_append(str, "<");
		ret = referral_reply_imap_login(tests[i].input, URL, "Text.",
						str);
		test_assert_idx(ret == (tests[i].output != NULL), i);
		test_assert_strcmp_idx(str_c(str) + 1, tests[i].output == NULL ?
				       "" : tests[i].output, i);
	}
	test_end();
}
