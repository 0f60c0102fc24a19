/* Who gets how much: see memory.h */

#include "lib.h"
#include "memory.h"

void referral_memory_share_out(const struct referral_memory *memory,
			       struct referral_memory_share *share_r)
{
	uint64_t all = memory->limit / memory->directories, rest = all;
	uint64_t waiting;

	if (memory->limit == 0) {
		share_r->cache_bytes = I_MIN(memory->cache_size, SIZE_MAX);
		share_r->waiting = UINT_MAX;
		return;
	}
	rest -= all / 4;
	if (memory->mirror)
		rest -= all / 2;
	share_r->cache_bytes = I_MIN(I_MIN(memory->cache_size, SIZE_MAX),
				     memory->mirror ? all / 8 : all / 2);
	rest -= share_r->cache_bytes;
	waiting = rest / REFERRAL_MEMORY_WAITING_BYTES;
	share_r->waiting = I_MIN(waiting, UINT_MAX - 1);
}
