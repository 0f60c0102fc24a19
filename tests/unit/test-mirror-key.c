#include "lib.h"
#include "str.h"
#include "mirror-key.h"
#include "test-core.h"

#define UNKNOWN REFERRAL_MIRROR_RULE_UNKNOWN
#define IGNORE REFERRAL_MIRROR_RULE_CASE_IGNORE
#define EXACT REFERRAL_MIRROR_RULE_CASE_EXACT

#define NO REFERRAL_MIRROR_MATCH_NO
#define YES REFERRAL_MIRROR_MATCH_YES
#define UNSURE REFERRAL_MIRROR_MATCH_UNSURE

void test_mirror_rule(void)
{
	static const struct {
		const char *name;
		bool found;
		enum referral_mirror_rule rule;
	} tests[] = {
		{ "caseIgnoreMatch", TRUE, IGNORE },
		{ "CASEIGNOREIA5MATCH", TRUE, IGNORE },
		{ "caseExactMatch", TRUE, EXACT },
		{ "caseExactIA5Match", TRUE, EXACT },
		{ "2.5.13.2", TRUE, IGNORE },
		{ "1.3.6.1.4.1.1466.109.114.1", TRUE, EXACT },
		{ "octetStringMatch", FALSE, UNKNOWN },
		{ "caseIgnoreSubstringsMatch", FALSE, UNKNOWN },
		{ "", FALSE, UNKNOWN },
	};
	enum referral_mirror_rule rule;

	test_begin("mirror matching rules");
	for (unsigned int i = 0; i < N_ELEMENTS(tests); i++) {
		rule = UNKNOWN;
		test_assert_idx(referral_mirror_rule_find(
			tests[i].name, &rule) == tests[i].found, i);
		test_assert_idx(rule == tests[i].rule, i);
	}
	test_end();
}

void test_mirror_key_normalize(void)
{
	static const struct {
		enum referral_mirror_rule rule;
		/* NULL: nothing is left */
		const char *value, *key;
	} tests[] = {
		{ IGNORE, "bob", "bob" },
		{ IGNORE, "Bob@Example.COM", "bob@example.com" },
		{ EXACT, "Bob@Example.COM", "Bob@Example.COM" },
		{ UNKNOWN, "Bob", "Bob" },
		{ IGNORE, "  a   B c  ", "a b c" },
		{ EXACT, "  a   B c  ", "a B c" },
		{ UNKNOWN, " a  B", "a B" },
		{ IGNORE, "", NULL },
		{ IGNORE, "   ", NULL },
		/* what is not plain stays as it is */
		{ IGNORE, "J\xc3\x9crgen  X ", "J\xc3\x9crgen  X " },
		{ IGNORE, "A\tB", "A\tB" },
		{ IGNORE, "A\xff", "A\xff" },
		{ IGNORE, "A\x7f", "A\x7f" },
		{ IGNORE, "~! ", "~!" },
	};
	string_t *str = t_str_new(64);
	char value[REFERRAL_MIRROR_KEY_MAX_SIZE + 3];
	unsigned int i;
	bool ret;

	test_begin("mirror key: normalize");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		str_truncate(str, 0);
		str_append_c(str, ' ');
		ret = referral_mirror_key_normalize(
			tests[i].rule, tests[i].value, strlen(tests[i].value),
			str);
		test_assert_idx(ret == (tests[i].key != NULL), i);
		if (ret)
			test_assert_strcmp_idx(str_c(str) + 1, tests[i].key, i);
	}
	for (i = 0; i < 2; i++) {
		/* plain, not plain */
		memset(value, i == 0 ? 'x' : '\xe4', sizeof(value));
		str_truncate(str, 0);
		test_assert_idx(referral_mirror_key_normalize(
			IGNORE, value, REFERRAL_MIRROR_KEY_MAX_SIZE, str), i);
		test_assert_idx(str_len(str) == REFERRAL_MIRROR_KEY_MAX_SIZE,
				i);
		str_truncate(str, 0);
		test_assert_idx(!referral_mirror_key_normalize(
			IGNORE, value, REFERRAL_MIRROR_KEY_MAX_SIZE + 1, str),
			i);
	}
	/* spaces don't count */
	memset(value, ' ', sizeof(value));
	value[0] = value[sizeof(value) - 1] = 'x';
	str_truncate(str, 0);
	test_assert(referral_mirror_key_normalize(IGNORE, value, sizeof(value),
						  str));
	test_assert_strcmp(str_c(str), "x x");
	test_end();
}

static enum referral_mirror_match
match(enum referral_mirror_rule rule, const char *value1, const char *value2)
{
	string_t *key1 = t_str_new(64), *key2 = t_str_new(64);
	enum referral_mirror_match ret;

	if (!referral_mirror_key_normalize(rule, value1, strlen(value1),
					   key1) ||
	    !referral_mirror_key_normalize(rule, value2, strlen(value2), key2))
		i_unreached();
	ret = referral_mirror_key_match(rule, str_data(key1), str_len(key1),
					str_data(key2), str_len(key2));
	/* the other way round, and by hash */
	test_assert(ret == referral_mirror_key_match(
		rule, str_data(key2), str_len(key2),
		str_data(key1), str_len(key1)));
	if (ret != NO) {
		test_assert(referral_mirror_key_hash(str_data(key1),
						     str_len(key1)) ==
			    referral_mirror_key_hash(str_data(key2),
						     str_len(key2)));
	}
	return ret;
}

void test_mirror_key_match(void)
{
	static const struct {
		const char *value1, *value2;
		enum referral_mirror_match ignore, exact, unknown;
	} tests[] = {
		{ "bob", "bob", YES, YES, YES },
		{ "bob", "bobby", NO, NO, NO },
		{ "bob", "Bob", YES, NO, UNSURE },
		{ "a b", " a  b ", YES, YES, YES },
		{ "a b", "ab", NO, NO, UNSURE },
		{ "a-b", "ab", NO, NO, NO },
		/* Unicode: the same octets, another case or normalisation */
		{ "j\xc3\xbcrgen", "j\xc3\xbcrgen", YES, YES, YES },
		{ "j\xc3\xbcrgen", "J\xc3\x9cRGEN", UNSURE, UNSURE, UNSURE },
		{ "j\xc3\xbcrgen", "ju\xcc\x88rgen", UNSURE, UNSURE, UNSURE },
		{ "j\xc3\xbcrgen", "jurgen", UNSURE, UNSURE, UNSURE },
		{ "j\xc3\xbcrgen", "joergen", NO, NO, NO },
		{ "stra\xc3\x9f""e", "strasse", UNSURE, UNSURE, UNSURE },
		{ "STRA\xe1\xba\x9e""E", "strasse", UNSURE, UNSURE, UNSURE },
		/* compatibility forms: ligature, fullwidth, Kelvin sign */
		{ "\xef\xac\x81n", "fin", UNSURE, UNSURE, UNSURE },
		{ "\xef\xbd\x82ob", "bob", UNSURE, UNSURE, UNSURE },
		{ "\xe2\x84\xaa""evin", "kevin", UNSURE, UNSURE, UNSURE },
		/* mapped to nothing by RFC 4518: soft hyphen, zero width */
		{ "bo\xc2\xad""b", "bob", UNSURE, UNSURE, UNSURE },
		{ "bo\xe2\x80\x8b""b", "bob", UNSURE, UNSURE, UNSURE },
		{ "bo\x01""b", "bob", UNSURE, UNSURE, UNSURE },
		/* perhaps a NUL, as it comes from the directory */
		{ "bo\x01""b", "bo\x01""b", UNSURE, UNSURE, UNSURE },
		{ "bob\t", "bob", UNSURE, UNSURE, UNSURE },
		/* other scripts */
		{ "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd",
		  "\xd0\x98\xd0\x92\xd0\x90\xd0\x9d", UNSURE, UNSURE, UNSURE },
		{ "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\xbe\xd0\xbb",
		  NO, NO, NO },
		{ "\xcf\x83", "\xcf\x82", UNSURE, UNSURE, UNSURE },
		{ "\xe5\xb1\xb1", "\xe5\xb7\x9d", NO, NO, NO },
		{ "\xea\xb0\x80", "\xe1\x84\x80\xe1\x85\xa1",
		  UNSURE, UNSURE, UNSURE },
		/* no UTF-8 at all */
		{ "bob\xff", "bob", UNSURE, UNSURE, UNSURE },
		{ "bob\xff", "bob\xff", YES, YES, YES },
		{ "bob\xff", "rob\xff", NO, NO, NO },
	};
	unsigned int i;

	test_begin("mirror key: match");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(match(IGNORE, tests[i].value1,
				      tests[i].value2) == tests[i].ignore, i);
		test_assert_idx(match(EXACT, tests[i].value1,
				      tests[i].value2) == tests[i].exact, i);
		test_assert_idx(match(UNKNOWN, tests[i].value1,
				      tests[i].value2) == tests[i].unknown, i);
	}
	test_end();
}
