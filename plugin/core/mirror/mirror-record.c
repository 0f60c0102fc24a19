/* Records of a mirror's table: see mirror-record.h */

#include "lib.h"
#include "answer.h"
#include "mirror-index.h"
#include "mirror-record.h"
#include "mirror-store.h"

/* An attribute's number and the size of its value, before the value */
#define KEY_HEADER_SIZE 3

size_t referral_mirror_keys_get_size(const struct referral_mirror_key *keys,
				     unsigned int count)
{
	size_t size = 0;

	for (unsigned int i = 0; i < count; i++)
		size += KEY_HEADER_SIZE + keys[i].size;
	return size;
}

size_t referral_mirror_record_get_alloc_size(size_t keys_size)
{
	return offsetof(struct referral_mirror_record, keys) + keys_size;
}

void referral_mirror_record_free(struct referral_mirror_store *store,
				 struct referral_answers *answers, uint32_t ref)
{
	struct referral_mirror_record *record =
		referral_mirror_store_get(store, ref);

	referral_answers_unref(answers, &record->answer);
	referral_mirror_store_free(store, ref,
		referral_mirror_record_get_alloc_size(record->size));
}

void referral_mirror_record_set_keys(struct referral_mirror_record *record,
				     const struct referral_mirror_key *keys,
				     unsigned int count)
{
	unsigned char *p = record->keys;

	for (unsigned int i = 0; i < count; i++) {
		i_assert(keys[i].size <= REFERRAL_MIRROR_KEY_MAX_SIZE);
		*p++ = keys[i].attribute;
		*p++ = keys[i].size >> 8;
		*p++ = keys[i].size & 0xff;
		memcpy(p, keys[i].data, keys[i].size);
		p += keys[i].size;
	}
}

bool referral_mirror_record_next_key(
	const struct referral_mirror_record *record, uint32_t *pos,
	struct referral_mirror_key *key_r)
{
	const unsigned char *p = record->keys + *pos;

	if (*pos == record->size)
		return FALSE;
	key_r->attribute = p[0];
	key_r->size = p[1] << 8 | p[2];
	key_r->data = p + KEY_HEADER_SIZE;
	*pos += KEY_HEADER_SIZE + key_r->size;
	return TRUE;
}

static bool record_has_key(const struct referral_mirror_record *record,
			   const struct referral_mirror_key *key)
{
	struct referral_mirror_key own;
	uint32_t pos = 0;

	while (referral_mirror_record_next_key(record, &pos, &own)) {
		if (own.attribute == key->attribute && own.size == key->size &&
		    memcmp(own.data, key->data, key->size) == 0)
			return TRUE;
	}
	return FALSE;
}

bool referral_mirror_record_has_keys(
	const struct referral_mirror_record *record,
	const struct referral_mirror_record *other)
{
	struct referral_mirror_key key;
	uint32_t pos = 0;

	/* the same, as nearly always */
	if (record->size == other->size &&
	    memcmp(record->keys, other->keys, other->size) == 0)
		return TRUE;
	while (referral_mirror_record_next_key(other, &pos, &key)) {
		if (!record_has_key(record, &key))
			return FALSE;
	}
	return TRUE;
}

uint64_t referral_mirror_record_hash(const struct referral_mirror_key *key)
{
	return referral_mirror_key_hash(key->data, key->size);
}

static void
record_remove_keys(const struct referral_mirror_record *record, uint32_t ref,
		   uint32_t end, struct referral_mirror_index *index)
{
	struct referral_mirror_key key;
	uint32_t pos = 0;

	while (pos < end && referral_mirror_record_next_key(record, &pos,
							    &key)) {
		referral_mirror_index_remove(index,
			referral_mirror_record_hash(&key), ref);
	}
}

bool referral_mirror_record_add_keys(
	const struct referral_mirror_record *record, uint32_t ref,
	struct referral_mirror_index *index)
{
	struct referral_mirror_key key;
	uint32_t pos = 0, key_pos = 0;

	for (; referral_mirror_record_next_key(record, &pos, &key);
	     key_pos = pos) {
		if (!referral_mirror_index_add(index,
				referral_mirror_record_hash(&key), ref)) {
			record_remove_keys(record, ref, key_pos, index);
			return FALSE;
		}
	}
	return TRUE;
}

void referral_mirror_record_remove_keys(
	const struct referral_mirror_record *record, uint32_t ref,
	struct referral_mirror_index *index)
{
	record_remove_keys(record, ref, record->size, index);
}

enum referral_mirror_match
referral_mirror_record_match(const struct referral_mirror_record *record,
			     const enum referral_mirror_rule *rules,
			     const struct referral_mirror_key *key)
{
	enum referral_mirror_match match, ret = REFERRAL_MIRROR_MATCH_NO;
	struct referral_mirror_key other;
	uint32_t pos = 0;

	while (referral_mirror_record_next_key(record, &pos, &other)) {
		if (other.attribute != key->attribute)
			continue;
		match = referral_mirror_key_match(
			rules[key->attribute], key->data, key->size,
			other.data, other.size);
		if (match == REFERRAL_MIRROR_MATCH_YES)
			return match;
		if (match == REFERRAL_MIRROR_MATCH_UNSURE)
			ret = match;
	}
	return ret;
}
