/* Open addressing with linear probing: see mirror-index.h. Slots hold hashes,
   so that neither probing nor growing touches the records. */

#include "lib.h"
#include "answer.h"
#include "mirror-index.h"

#define PART_MIN_SIZE 4

/* At most 4/5 full */
#define PART_IS_FULL(used, size) ((used) * 5 > (size) * 4)
/* A part that was larger for a while gives memory back below 1/5. */
#define PART_IS_EMPTY(used, size) \
	((used) * 5 < (size) && (size) > PART_MIN_SIZE)

struct referral_mirror_index *referral_mirror_index_create(size_t *bytes)
{
	struct referral_mirror_index *index;

	index = i_new(struct referral_mirror_index, 1);
	index->bytes = bytes;
	*bytes += REFERRAL_ALLOC_SIZE(sizeof(*index));
	return index;
}

void referral_mirror_index_destroy(struct referral_mirror_index **_index)
{
	struct referral_mirror_index *index = *_index;

	*_index = NULL;
	for (unsigned int i = 0; i < REFERRAL_MIRROR_INDEX_PARTS; i++)
		i_free(index->parts[i].slots);
	i_free(index);
}

static struct referral_mirror_index_part *
index_get_part(struct referral_mirror_index *index, uint64_t hash)
{
	return &index->parts[hash >> (64 - REFERRAL_MIRROR_INDEX_PARTS_BITS)];
}

static bool part_put(struct referral_mirror_index_part *part,
		     const struct referral_mirror_slot *slot)
{
	uint32_t pos = slot->hash & (part->size - 1), same = 0;

	for (; part->slots[pos].ref != 0; pos = (pos + 1) & (part->size - 1)) {
		if (part->slots[pos].hash == slot->hash &&
		    ++same == REFERRAL_MIRROR_INDEX_MAX_SAME)
			return FALSE;
	}
	part->slots[pos] = *slot;
	part->used++;
	return TRUE;
}

static void part_resize(struct referral_mirror_index *index,
			struct referral_mirror_index_part *part, uint32_t size)
{
	struct referral_mirror_slot *old_slots = part->slots;
	uint32_t old_size = part->size;

	part->slots = i_new(struct referral_mirror_slot, size);
	part->size = size;
	*index->bytes += REFERRAL_ALLOC_SIZE(size * sizeof(*part->slots));
	if (old_slots == NULL)
		return;
	part->used = 0;
	for (uint32_t i = 0; i < old_size; i++) {
		if (old_slots[i].ref != 0 && !part_put(part, &old_slots[i]))
			i_unreached();
	}
	*index->bytes -= REFERRAL_ALLOC_SIZE(old_size * sizeof(*part->slots));
	i_free(old_slots);
}

bool referral_mirror_index_add(struct referral_mirror_index *index,
			       uint64_t hash, uint32_t ref)
{
	struct referral_mirror_index_part *part = index_get_part(index, hash);
	const struct referral_mirror_slot slot = { (uint32_t)hash, ref };

	if (part->size == 0)
		part_resize(index, part, PART_MIN_SIZE);
	else if (PART_IS_FULL(part->used + 1, part->size))
		part_resize(index, part, part->size * 2);
	return part_put(part, &slot);
}

static uint32_t
part_find(const struct referral_mirror_index_part *part, uint32_t hash,
	  uint32_t ref)
{
	uint32_t pos;

	i_assert(part->size > 0);
	/* a record can be there several times, under different hashes */
	for (pos = hash & (part->size - 1); part->slots[pos].ref != ref ||
	     part->slots[pos].hash != hash; pos = (pos + 1) & (part->size - 1))
		i_assert(part->slots[pos].ref != 0);
	return pos;
}

/* Would a search that begins at the slot's home find it at "empty", too? */
static bool part_can_move(const struct referral_mirror_index_part *part,
			  uint32_t pos, uint32_t empty)
{
	uint32_t mask = part->size - 1;
	uint32_t home = part->slots[pos].hash & mask;

	return ((pos - home) & mask) >= ((pos - empty) & mask);
}

void referral_mirror_index_remove(struct referral_mirror_index *index,
				  uint64_t hash, uint32_t ref)
{
	struct referral_mirror_index_part *part = index_get_part(index, hash);
	uint32_t empty = part_find(part, (uint32_t)hash, ref), pos = empty;

	/* close the gap: no marks are left behind */
	for (;;) {
		pos = (pos + 1) & (part->size - 1);
		if (part->slots[pos].ref == 0)
			break;
		if (part_can_move(part, pos, empty)) {
			part->slots[empty] = part->slots[pos];
			empty = pos;
		}
	}
	i_zero(&part->slots[empty]);
	part->used--;
	if (PART_IS_EMPTY(part->used, part->size))
		part_resize(index, part, part->size / 2);
}

void referral_mirror_iter_init(struct referral_mirror_iter *iter,
			       const struct referral_mirror_index *index,
			       uint64_t hash)
{
	iter->part = &index->parts[hash >>
				   (64 - REFERRAL_MIRROR_INDEX_PARTS_BITS)];
	iter->hash = (uint32_t)hash;
	iter->pos = iter->hash;
}

uint32_t referral_mirror_iter_next(struct referral_mirror_iter *iter)
{
	const struct referral_mirror_slot *slot;

	if (iter->part->size == 0)
		return 0;
	do {
		slot = &iter->part->slots[iter->pos & (iter->part->size - 1)];
		iter->pos++;
	} while (slot->ref != 0 && slot->hash != iter->hash);
	return slot->ref;
}
