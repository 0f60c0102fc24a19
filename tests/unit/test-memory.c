#include "lib.h"
#include "memory.h"
#include "test-core.h"

#define MB (1024ULL*1024)

static const struct {
	uint64_t limit, cache_size;
	unsigned int directories;
	bool mirror;

	uint64_t cache_bytes, waiting_bytes;
} memory_shares[] = {
	/* Dovecot's default and ours */
	{ .limit = 256*MB, .cache_size = 16*MB, .directories = 1,
	  .cache_bytes = 16*MB, .waiting_bytes = 176*MB },
	{ .limit = 256*MB, .cache_size = 16*MB, .directories = 1,
	  .mirror = TRUE, .cache_bytes = 16*MB,
	  .waiting_bytes = 48*MB },
	/* directories with the same settings */
	{ .limit = 256*MB, .cache_size = 16*MB, .directories = 4,
	  .cache_bytes = 16*MB, .waiting_bytes = 32*MB },
	{ .limit = 256*MB, .cache_size = 16*MB, .directories = 4,
	  .mirror = TRUE, .cache_bytes = 8*MB,
	  .waiting_bytes = 8*MB },
	/* the largest cache, and one byte more than that */
	{ .limit = 256*MB, .cache_size = 128*MB, .directories = 1,
	  .cache_bytes = 128*MB, .waiting_bytes = 64*MB },
	{ .limit = 256*MB, .cache_size = 128*MB + 1, .directories = 1,
	  .cache_bytes = 128*MB, .waiting_bytes = 64*MB },
	{ .limit = 256*MB, .cache_size = 32*MB + 1, .directories = 1,
	  .mirror = TRUE, .cache_bytes = 32*MB,
	  .waiting_bytes = 32*MB },
	{ .limit = 256*MB, .cache_size = 0, .directories = 1,
	  .waiting_bytes = 192*MB },
	{ .limit = 1, .cache_size = 16*MB, .directories = 1, .mirror = TRUE },
};

void test_memory(void)
{
	struct referral_memory memory;
	struct referral_memory_share share;
	unsigned int i;

	test_begin("memory");
	for (i = 0; i < N_ELEMENTS(memory_shares); i++) {
		i_zero(&memory);
		memory.limit = memory_shares[i].limit;
		memory.cache_size = memory_shares[i].cache_size;
		memory.directories = memory_shares[i].directories;
		memory.mirror = memory_shares[i].mirror;
		referral_memory_share_out(&memory, &share);
		test_assert_ucmp_idx(share.cache_bytes, ==,
				     memory_shares[i].cache_bytes, i);
		test_assert_ucmp_idx(share.waiting, ==,
				     memory_shares[i].waiting_bytes /
				     (14*1024), i);
	}
	test_end();
}

void test_memory_unlimited(void)
{
	struct referral_memory memory = {
		.cache_size = 512*MB,
		.directories = 3,
		.mirror = TRUE,
	};
	struct referral_memory_share share;

	test_begin("memory without a limit");
	referral_memory_share_out(&memory, &share);
	test_assert(share.cache_bytes == 512*MB);
	test_assert(share.waiting == UINT_MAX);
	/* more than an auth process could ever have */
	memory.limit = UINT64_MAX;
	referral_memory_share_out(&memory, &share);
	test_assert(share.cache_bytes == 512*MB);
	test_assert(share.waiting == UINT_MAX - 1);
	test_end();
}
