/* A set of hashes: open addressing. */

#include "lib.h"
#include "keyhash.h"
#include "seen.h"

#define SEEN_MIN_SIZE 1024

struct referral_seen {
	/* 0 = empty; size is a power of two, more than count */
	uint64_t *hashes;
	size_t size, count;
};

struct referral_seen *referral_seen_create(void)
{
	struct referral_seen *seen = i_new(struct referral_seen, 1);

	seen->size = SEEN_MIN_SIZE;
	seen->hashes = i_new(uint64_t, seen->size);
	return seen;
}

void referral_seen_destroy(struct referral_seen **_seen)
{
	struct referral_seen *seen = *_seen;

	*_seen = NULL;
	i_free(seen->hashes);
	i_free(seen);
}

/* Where hash is, or would be. */
static uint64_t *seen_find(const struct referral_seen *seen, uint64_t hash)
{
	size_t pos = hash & (seen->size - 1);

	while (seen->hashes[pos] != 0 && seen->hashes[pos] != hash)
		pos = (pos + 1) & (seen->size - 1);
	return &seen->hashes[pos];
}

static void seen_grow(struct referral_seen *seen)
{
	uint64_t *old = seen->hashes;
	size_t i, old_size = seen->size;

	seen->size *= 2;
	seen->hashes = i_new(uint64_t, seen->size);
	for (i = 0; i < old_size; i++) {
		if (old[i] != 0)
			*seen_find(seen, old[i]) = old[i];
	}
	i_free(old);
}

bool referral_seen_add(struct referral_seen *seen, const char *str)
{
	uint64_t hash = referral_keyhash_own(str, strlen(str));
	uint64_t *place;

	if (hash == 0)
		hash = 1;
	place = seen_find(seen, hash);
	if (*place != 0)
		return TRUE;
	*place = hash;
	if (++seen->count > seen->size / 4 * 3)
		seen_grow(seen);
	return FALSE;
}
