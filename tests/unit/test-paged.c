#include "lib.h"
#include "str.h"
#include "paged.h"
#include "test-core.h"

void test_paged_request(void)
{
	static const struct {
		unsigned int size;
		const char *cookie, *value;
		size_t value_size;
	} tests[] = {
		{ 0, "", "\x30\x05\x02\x01\x00\x04\x00", 7 },
		{ 1, "", "\x30\x05\x02\x01\x01\x04\x00", 7 },
		{ 127, "c", "\x30\x06\x02\x01\x7f\x04\x01" "c", 8 },
		{ 128, "", "\x30\x06\x02\x02\x00\x80\x04\x00", 8 },
		{ 1000, "co", "\x30\x08\x02\x02\x03\xe8\x04\x02" "co", 10 },
		{ 32768, "", "\x30\x07\x02\x03\x00\x80\x00\x04\x00", 9 },
		{ 2147483647, "", "\x30\x08\x02\x04\x7f\xff\xff\xff\x04\x00",
		  10 },
	};
	unsigned int i;

	test_begin("paged: request");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		string_t *str = t_str_new(64);

		str_append(str, "before");
		referral_paged_request_append(str, tests[i].size,
			tests[i].cookie, strlen(tests[i].cookie));
		test_assert_idx(str_len(str) == 6 + tests[i].value_size, i);
		test_assert_idx(memcmp(str_c(str) + 6, tests[i].value,
				       tests[i].value_size) == 0, i);
	}
	test_end();
}

/* The lengths around the places where one more byte is needed for them */
void test_paged_lengths(void)
{
	static const size_t sizes[] = {
		0, 1, 121, 122, 123, 127, 128, 129, 249, 250, 251, 255, 256,
		257, 1000, REFERRAL_PAGED_COOKIE_MAX_SIZE
	};
	unsigned int i;

	test_begin("paged: lengths");
	for (i = 0; i < N_ELEMENTS(sizes); i++) T_BEGIN {
		char *cookie = t_malloc0(sizes[i] + 1);
		string_t *str = t_str_new(sizes[i] + 16);
		const void *parsed;
		size_t parsed_size;

		memset(cookie, 'a' + i, sizes[i]);
		referral_paged_request_append(str, 500, cookie, sizes[i]);
		test_assert_idx(referral_paged_response_parse(
			str_data(str), str_len(str),
			&parsed, &parsed_size) == 0, i);
		test_assert_idx(parsed_size == sizes[i], i);
		test_assert_idx(memcmp(parsed, cookie, sizes[i]) == 0, i);
		/* cut short, or something behind it */
		test_assert_idx(referral_paged_response_parse(
			str_data(str), str_len(str) - 1,
			&parsed, &parsed_size) < 0, i);
		str_append_c(str, '\0');
		test_assert_idx(referral_paged_response_parse(
			str_data(str), str_len(str),
			&parsed, &parsed_size) < 0, i);
	} T_END;
	test_end();
}

void test_paged_response(void)
{
#define VALUE(str) { str, sizeof(str) - 1 }
	static const struct {
		const char *data;
		size_t size;
	} valid[] = {
		VALUE("\x30\x06\x02\x01\x00\x04\x01x"),
		/* a length in more bytes than it needs */
		VALUE("\x30\x81\x06\x02\x01\x00\x04\x01x"),
		VALUE("\x30\x84\x00\x00\x00\x06\x02\x01\x00\x04\x01x"),
		VALUE("\x30\x08\x02\x81\x01\x00\x04\x81\x01x"),
	}, empty[] = {
		VALUE("\x30\x05\x02\x01\x00\x04\x00"),
		VALUE("\x30\x06\x02\x01\x00\x04\x81\x00"),
		VALUE("\x30\x09\x02\x01\x00\x04\x84\x00\x00\x00\x00"),
	}, invalid[] = {
		VALUE(""),
		VALUE("\x30"),
		VALUE("\x30\x00"),
		VALUE("\x31\x05\x02\x01\x00\x04\x00"),
		VALUE("\x30\x03\x02\x01\x00"),
		VALUE("\x30\x05\x04\x01\x00\x04\x00"),
		VALUE("\x30\x05\x02\x01\x00\x05\x00"),
		VALUE("\x30\x06\x02\x01\x00\x04\x02x"),
		VALUE("\x30\x07\x02\x01\x00\x04\x01xy"),
		/* indefinite, and longer than can be */
		VALUE("\x30\x80\x02\x01\x00\x04\x00\x00\x00"),
		VALUE("\x30\x85\x00\x00\x00\x00\x05\x02\x01\x00\x04\x00"),
		VALUE("\x30\x84\xff\xff\xff\xff\x02\x01\x00\x04\x00"),
		VALUE("\x30\x84\x00\x00"),
		VALUE("\x30\x06\x02\x01\x00\x04\x84\xff"),
		/* the same of the last element, with nothing behind it */
		VALUE("\x30\x05\x02\x01\x00\x04\x80"),
		VALUE("\x30\x05\x02\x01\x00\x04\x01"),
		VALUE("\x30\x05\x02\x01\x00\x04\x81"),
	};
	const void *cookie;
	size_t size;
	unsigned int i;

	test_begin("paged: response");
	for (i = 0; i < N_ELEMENTS(valid); i++) {
		test_assert_idx(referral_paged_response_parse(
			valid[i].data, valid[i].size, &cookie, &size) == 0, i);
		test_assert_idx(size == 1 && memcmp(cookie, "x", 1) == 0, i);
	}
	for (i = 0; i < N_ELEMENTS(empty); i++) {
		test_assert_idx(referral_paged_response_parse(
			empty[i].data, empty[i].size, &cookie, &size) == 0, i);
		test_assert_idx(size == 0, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		test_assert_idx(referral_paged_response_parse(
			invalid[i].data, invalid[i].size, &cookie,
			&size) < 0, i);
	}
	test_end();
}
