#ifndef REFERRAL_MIRROR_RECORD_H
#define REFERRAL_MIRROR_RECORD_H

/* An entry as it is kept in the store, and its keys in an index. */

#include "sync-value.h"
#include "mirror-table.h"

struct referral_answer;
struct referral_answers;
struct referral_mirror_index;
struct referral_mirror_store;

struct referral_mirror_record {
	/* with a reference */
	struct referral_answer *answer;
	unsigned char uuid[REFERRAL_SYNC_UUID_SIZE];
	/* of the keys */
	uint32_t size:24;
	/* in which it was last seen */
	uint32_t round:8;
	unsigned char keys[];
};

/* larger than the keys of a record can be */
#define REFERRAL_MIRROR_RECORD_MAX_SIZE (1U << 24)

/* The size that the keys take in a record */
size_t referral_mirror_keys_get_size(const struct referral_mirror_key *keys,
				     unsigned int count);
/* The size of a record whose keys take so much */
size_t referral_mirror_record_get_alloc_size(size_t keys_size);
/* Free a record that no index knows any more, and its reference to an answer. */
void referral_mirror_record_free(struct referral_mirror_store *store,
				 struct referral_answers *answers,
				 uint32_t ref);
/* record->size is what the keys take. */
void referral_mirror_record_set_keys(struct referral_mirror_record *record,
				     const struct referral_mirror_key *keys,
				     unsigned int count);
/* Take the key at *pos, which begins with 0. Returns FALSE at the end. */
bool referral_mirror_record_next_key(
	const struct referral_mirror_record *record, uint32_t *pos,
	struct referral_mirror_key *key_r);
/* Does the record have all keys of another? */
bool referral_mirror_record_has_keys(
	const struct referral_mirror_record *record,
	const struct referral_mirror_record *other);

/* Values of different attributes have the same hash; they are told apart when
   they are found. */
uint64_t referral_mirror_record_hash(const struct referral_mirror_key *key);
/* Put ref into the index, once for each key. Returns FALSE, and it is not in
   there, if one of them is found too often. */
bool referral_mirror_record_add_keys(
	const struct referral_mirror_record *record, uint32_t ref,
	struct referral_mirror_index *index);
void referral_mirror_record_remove_keys(
	const struct referral_mirror_record *record, uint32_t ref,
	struct referral_mirror_index *index);
/* Does the record have a key that this one matches? rules: of each
   attribute */
enum referral_mirror_match
referral_mirror_record_match(const struct referral_mirror_record *record,
			     const enum referral_mirror_rule *rules,
			     const struct referral_mirror_key *key);

#endif
