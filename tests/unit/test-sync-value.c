#include "lib.h"
#include "str.h"
#include "hex-binary.h"
#include "sync-value.h"
#include "test-core.h"

#define UUID1 "000102030405060708090a0b0c0d0e0f"
#define UUID2 "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

static const buffer_t *from_hex(const char *hex)
{
	buffer_t *buf = t_buffer_create(64);

	if (hex_to_binary(hex, buf) < 0)
		i_fatal("not hex: %s", hex);
	return buf;
}

static const char *cookie_to_str(const struct referral_sync_cookie *cookie)
{
	return cookie->data == NULL ? NULL :
		t_strndup(cookie->data, cookie->size);
}

void test_sync_request(void)
{
	const struct referral_sync_cookie none = { .data = NULL };
	struct referral_sync_cookie cookie = { .data = (const void *)"c=1" };
	string_t *str = t_str_new(64);

	test_begin("sync request");
	cookie.size = 3;
	referral_sync_request_append(str, &none);
	test_assert_strcmp(binary_to_hex(str_data(str), str_len(str)),
			   "30030a0103");
	str_truncate(str, 0);
	referral_sync_request_append(str, &cookie);
	test_assert_strcmp(binary_to_hex(str_data(str), str_len(str)),
			   "30080a0103" "0403633d31");
	/* lengths of more than one byte */
	str_truncate(str, 0);
	cookie.data = memset(t_malloc_no0(REFERRAL_SYNC_COOKIE_MAX_SIZE), 'x',
			     REFERRAL_SYNC_COOKIE_MAX_SIZE);
	cookie.size = REFERRAL_SYNC_COOKIE_MAX_SIZE;
	referral_sync_request_append(str, &cookie);
	test_assert_strcmp(binary_to_hex(str_data(str), 11),
			   "30824007" "0a0103" "04824000");
	test_assert(str_len(str) == 4 + 3 + 4 + cookie.size);
	test_end();
}

void test_sync_entry(void)
{
	static const struct {
		const char *hex;
		enum referral_sync_state state;
		const char *uuid, *cookie;
	} valid[] = {
		{ "3015" "0a0100" "0410" UUID1, REFERRAL_SYNC_STATE_PRESENT,
		  UUID1, NULL },
		{ "3015" "0a0101" "0410" UUID2, REFERRAL_SYNC_STATE_ADD,
		  UUID2, NULL },
		{ "301a" "0a0103" "0410" UUID1 "0403633d31",
		  REFERRAL_SYNC_STATE_DELETE, UUID1, "c=1" },
		/* an empty cookie is none */
		{ "3017" "0a0102" "0410" UUID1 "0400",
		  REFERRAL_SYNC_STATE_MODIFY, UUID1, NULL },
		/* the long form of lengths */
		{ "308117" "0a0102" "048200" "10" UUID1,
		  REFERRAL_SYNC_STATE_MODIFY, UUID1, NULL },
	};
	static const char *const invalid[] = {
		"", "30", "3000", "3003" "0a0101",
		/* another tag, state, size of UUID */
		"3115" "0a0101" "0410" UUID1,
		"3015" "020101" "0410" UUID1,
		"3015" "0a0104" "0410" UUID1,
		"3015" "0a0180" "0410" UUID1,
		"3014" "0a00" "0410" UUID1,
		"3016" "0a020001" "0410" UUID1,
		"3015" "0a0101" "0510" UUID1,
		"3016" "0a0101" "0411" UUID1 "00",
		"3014" "0a0101" "040f" "000102030405060708090a0b0c0d0e",
		/* something else where the cookie is, or after it */
		"3018" "0a0101" "0410" UUID1 "0101ff",
		"301a" "0a0101" "0410" UUID1 "0400" "0101ff",
		"3015" "0a0101" "0410" UUID1 "00",
		/* lengths beyond the end */
		"3016" "0a0101" "0410" UUID1,
		"3017" "0a0101" "0410" UUID1 "0401",
		"3015" "0a0101" "047f" UUID1,
		"3080" "0a0101" "0410" UUID1 "0000",
		"3085" "0a0101" "0410" UUID1,
		"3084ffffffff" "0a0101" "0410" UUID1,
	};
	struct referral_sync_entry entry;
	const buffer_t *buf;
	unsigned int i;

	test_begin("sync state of an entry");
	for (i = 0; i < N_ELEMENTS(valid); i++) {
		buf = from_hex(valid[i].hex);
		if (referral_sync_entry_parse(buf->data, buf->used,
					      &entry) < 0) {
			test_assert_idx(FALSE, i);
			continue;
		}
		test_assert_idx(entry.state == valid[i].state, i);
		test_assert_strcmp_idx(
			binary_to_hex(entry.uuid, REFERRAL_SYNC_UUID_SIZE),
			valid[i].uuid, i);
		test_assert_strcmp_idx(cookie_to_str(&entry.cookie),
				       valid[i].cookie, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		buf = from_hex(invalid[i]);
		test_assert_idx(referral_sync_entry_parse(
			buf->data, buf->used, &entry) == -1, i);
	}
	test_end();
}

void test_sync_info(void)
{
	static const struct {
		const char *hex;
		enum referral_sync_info_type type;
		const char *cookie;
		bool refresh_done, refresh_deletes;
		unsigned int uuids;
	} valid[] = {
		{ "8003633d31", REFERRAL_SYNC_INFO_NEW_COOKIE, "c=1",
		  FALSE, FALSE, 0 },
		{ "8000", REFERRAL_SYNC_INFO_NEW_COOKIE, NULL,
		  FALSE, FALSE, 0 },
		{ "a100", REFERRAL_SYNC_INFO_REFRESH_DELETE, NULL,
		  TRUE, FALSE, 0 },
		{ "a203" "010100", REFERRAL_SYNC_INFO_REFRESH_PRESENT, NULL,
		  FALSE, FALSE, 0 },
		{ "a208" "0403633d31" "0101ff",
		  REFERRAL_SYNC_INFO_REFRESH_PRESENT, "c=1", TRUE, FALSE, 0 },
		{ "a302" "3100", REFERRAL_SYNC_INFO_ID_SET, NULL,
		  FALSE, FALSE, 0 },
		{ "a314" "3112" "0410" UUID1, REFERRAL_SYNC_INFO_ID_SET, NULL,
		  FALSE, FALSE, 1 },
		{ "a32e" "0403633d31" "0101ff" "3124" "0410" UUID1
		  "0410" UUID2, REFERRAL_SYNC_INFO_ID_SET, "c=1",
		  FALSE, TRUE, 2 },
	};
	static const char *const invalid[] = {
		"", "80", "8001", "a0", "8400", "a400", "a000", "8100",
		"bf00", "30", "3000",
		/* trailing bytes, inside and out */
		"800000", "a10000", "a104" "010100" "00", "a303" "3100" "00",
		/* a boolean that is none */
		"a102" "0100", "a104" "01020000", "a103" "020100",
		/* no set, an odd one */
		"a300", "a302" "3000", "a303" "3101" "00",
		"a313" "3111" "040f" "000102030405060708090a0b0c0d0e",
		"a314" "3112" "0510" UUID1,
		"a315" "3113" "0410" UUID1 "04",
		"a327" "3125" "0410" UUID1 "0411" UUID2 "00",
		/* the same length, but not in the form that is counted on */
		"a315" "3113" "048110" UUID1,
	};
	struct referral_sync_info info;
	const unsigned char *uuid;
	const buffer_t *buf;
	unsigned int i, count;

	test_begin("sync info message");
	for (i = 0; i < N_ELEMENTS(valid); i++) {
		buf = from_hex(valid[i].hex);
		if (referral_sync_info_parse(buf->data, buf->used,
					     &info) < 0) {
			test_assert_idx(FALSE, i);
			continue;
		}
		test_assert_idx(info.type == valid[i].type, i);
		test_assert_strcmp_idx(cookie_to_str(&info.cookie),
				       valid[i].cookie, i);
		test_assert_idx(info.refresh_done == valid[i].refresh_done, i);
		test_assert_idx(info.refresh_deletes ==
				valid[i].refresh_deletes, i);
		for (count = 0; referral_sync_uuid_next(&info, &uuid); count++) {
			test_assert_strcmp_idx(
				binary_to_hex(uuid, REFERRAL_SYNC_UUID_SIZE),
				count == 0 ? UUID1 : UUID2, i);
		}
		test_assert_idx(count == valid[i].uuids, i);
	}
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		buf = from_hex(invalid[i]);
		test_assert_idx(referral_sync_info_parse(
			buf->data, buf->used, &info) == -1, i);
	}
	test_end();
}

void test_sync_cookie_size(void)
{
	struct referral_sync_info info;
	buffer_t *buf = t_buffer_create(1024 * 1024 + 10);
	unsigned int size;

	test_begin("sync cookie: size");
	for (size = REFERRAL_SYNC_COOKIE_MAX_SIZE - 1;
	     size <= REFERRAL_SYNC_COOKIE_MAX_SIZE + 1; size++) {
		buffer_set_used_size(buf, 0);
		buffer_append(buf, "\x80\x82", 2);
		buffer_append_c(buf, size >> 8);
		buffer_append_c(buf, size & 0xff);
		memset(buffer_append_space_unsafe(buf, size), 'x', size);
		test_assert_idx(referral_sync_info_parse(buf->data, buf->used,
							 &info) == 0, size);
		test_assert_idx((info.cookie.data != NULL) ==
				(size <= REFERRAL_SYNC_COOKIE_MAX_SIZE), size);
	}
	/* a megabyte: no error, no cookie */
	buffer_set_used_size(buf, 0);
	buffer_append(buf, "\x80\x84\x00\x10\x00\x00", 6);
	memset(buffer_append_space_unsafe(buf, 1024 * 1024), 'x', 1024 * 1024);
	test_assert(referral_sync_info_parse(buf->data, buf->used,
					     &info) == 0);
	test_assert(info.cookie.data == NULL);
	test_end();
}
