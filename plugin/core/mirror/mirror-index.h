#ifndef REFERRAL_MIRROR_INDEX_H
#define REFERRAL_MIRROR_INDEX_H

/* A multimap from hashes to records' numbers. It grows in so many small parts
   that none of them makes anybody wait. */

#define REFERRAL_MIRROR_INDEX_PARTS_BITS 12
#define REFERRAL_MIRROR_INDEX_MAX_SAME 1000
#define REFERRAL_MIRROR_INDEX_PARTS (1U << REFERRAL_MIRROR_INDEX_PARTS_BITS)

struct referral_mirror_slot {
	uint32_t hash;
	/* 0 = empty */
	uint32_t ref;
};

struct referral_mirror_index_part {
	struct referral_mirror_slot *slots;
	/* 0 or a power of two */
	uint32_t size, used;
};

struct referral_mirror_index {
	struct referral_mirror_index_part parts[REFERRAL_MIRROR_INDEX_PARTS];
	size_t *bytes;
};

struct referral_mirror_iter {
	const struct referral_mirror_index_part *part;
	uint32_t hash, pos;
};

/* bytes: the memory that the index takes is added to it and taken off again */
struct referral_mirror_index *referral_mirror_index_create(size_t *bytes);
void referral_mirror_index_destroy(struct referral_mirror_index **index);

/* Returns FALSE if there are REFERRAL_MIRROR_INDEX_MAX_SAME of this hash
   already: it would be slow. */
bool referral_mirror_index_add(struct referral_mirror_index *index,
			       uint64_t hash, uint32_t ref);
/* It has to be there. */
void referral_mirror_index_remove(struct referral_mirror_index *index,
				  uint64_t hash, uint32_t ref);

/* The records that may have this hash. No change meanwhile. */
void referral_mirror_iter_init(struct referral_mirror_iter *iter,
			       const struct referral_mirror_index *index,
			       uint64_t hash);
/* Returns 0 at the end. */
uint32_t referral_mirror_iter_next(struct referral_mirror_iter *iter);

#endif
