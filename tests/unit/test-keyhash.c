/* keyhash.c against the published vectors of SipHash-2-4 */

#include "lib.h"
#include "keyhash.h"
#include "test-core.h"

void test_keyhash(void)
{
	/* input: 00 01 02 ... (size octets), key: 00 01 ... 0f */
	static const struct {
		size_t size;
		uint64_t hash;
	} tests[] = {
		{ 0, 0x726fdb47dd0e0e31ULL },
		{ 1, 0x74f839c593dc67fdULL },
		{ 7, 0xab0200f58b01d137ULL },
		{ 8, 0x93f5f5799a932462ULL },
		{ 15, 0xa129ca6149be45e5ULL },
		{ 63, 0x958a324ceb064572ULL },
	};
	unsigned char key[REFERRAL_KEYHASH_KEY_SIZE], input[64];
	unsigned int i;

	test_begin("keyhash");
	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (i = 0; i < sizeof(input); i++)
		input[i] = i;
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_keyhash(key, input, tests[i].size) ==
				tests[i].hash, i);
	}
	/* another key, another hash */
	key[0]++;
	test_assert(referral_keyhash(key, input, 15) != tests[4].hash);

	/* nobody can know the process's own */
	memset(key, 0, sizeof(key));
	test_assert(referral_keyhash(key, "user", 4) !=
		    referral_keyhash_own("user", 4));
	test_assert(referral_keyhash_own("user", 4) >> 32 != 0);
	test_assert(referral_keyhash_str("user") ==
		    referral_keyhash_data("user", 4));
	test_assert(referral_keyhash_str("user") !=
		    referral_keyhash_str("usar"));
	test_end();
}
