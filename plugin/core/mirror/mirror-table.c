/* The table of a mirror: see mirror-table.h. One record for each entry, two
   indexes. */

#include "lib.h"
#include "keyhash.h"
#include "answer.h"
#include "mirror-store.h"
#include "mirror-index.h"
#include "mirror-table.h"

/* Slots of the index that are looked at before others have their turn, and
   entries that are deleted, which takes longer. */
#define SWEEP_MAX_SLOTS 4096
#define SWEEP_MAX_DELETES 200

/* An attribute's number and the size of its value, before the value */
#define KEY_HEADER_SIZE 3

struct mirror_record {
	struct referral_answer *answer;
	unsigned char uuid[REFERRAL_SYNC_UUID_SIZE];
	/* of the keys */
	uint32_t size:24;
	/* in which it was last seen */
	uint32_t round:8;
	unsigned char keys[];
};

struct referral_mirror_table {
	enum referral_mirror_rule rules[REFERRAL_MIRROR_MAX_ATTRIBUTES];
	struct referral_mirror_stats stats;
	uint8_t round;
	/* the part that is swept next */
	unsigned int sweep_part;

	referral_mirror_changed_t *changed;
	void *changed_context;

	struct referral_answers answers;
	struct referral_mirror_store *store;
	struct referral_mirror_index *by_uuid, *by_key;
};

struct referral_mirror_table *
referral_mirror_table_create(const enum referral_mirror_rule *rules,
			     unsigned int attributes_count,
			     referral_mirror_changed_t *changed, void *context)
{
	struct referral_mirror_table *table;

	i_assert(attributes_count <= REFERRAL_MIRROR_MAX_ATTRIBUTES);

	table = i_new(struct referral_mirror_table, 1);
	memcpy(table->rules, rules, sizeof(*rules) * attributes_count);
	table->changed = changed;
	table->changed_context = context;
	referral_answers_init(&table->answers, &table->stats.bytes);
	table->store = referral_mirror_store_create(&table->stats.bytes);
	table->by_uuid = referral_mirror_index_create(&table->stats.bytes);
	table->by_key = referral_mirror_index_create(&table->stats.bytes);
	return table;
}

static struct mirror_record *
table_get(const struct referral_mirror_table *table, uint32_t ref)
{
	return referral_mirror_store_get(table->store, ref);
}

static size_t record_get_alloc_size(size_t keys_size)
{
	return offsetof(struct mirror_record, keys) + keys_size;
}

static uint64_t table_hash_uuid(const unsigned char *uuid)
{
	return referral_keyhash_own(uuid, REFERRAL_SYNC_UUID_SIZE);
}

/* Returns 0 if there is none. */
static uint32_t table_find_uuid(const struct referral_mirror_table *table,
				uint64_t hash, const unsigned char *uuid)
{
	struct referral_mirror_iter iter;
	uint32_t ref;

	referral_mirror_iter_init(&iter, table->by_uuid, hash);
	do {
		ref = referral_mirror_iter_next(&iter);
	} while (ref != 0 && memcmp(table_get(table, ref)->uuid, uuid,
				    REFERRAL_SYNC_UUID_SIZE) != 0);
	return ref;
}

/* Take the key at pos. Returns FALSE at the end. */
static bool
record_next_key(const struct mirror_record *record, uint32_t *pos,
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

/* Values of different attributes have the same hash; they are told apart when
   they are found. */
static uint64_t key_hash(const struct referral_mirror_key *key)
{
	return referral_mirror_key_hash(key->data, key->size);
}

static void
table_remove_keys(struct referral_mirror_table *table, uint32_t ref,
		  uint32_t end)
{
	const struct mirror_record *record = table_get(table, ref);
	struct referral_mirror_key key;
	uint32_t pos = 0;

	while (pos < end && record_next_key(record, &pos, &key)) {
		referral_mirror_index_remove(table->by_key, key_hash(&key),
					     ref);
	}
}

static bool table_add_keys(struct referral_mirror_table *table, uint32_t ref)
{
	const struct mirror_record *record = table_get(table, ref);
	struct referral_mirror_key key;
	uint32_t pos = 0, key_pos = 0;

	for (; record_next_key(record, &pos, &key); key_pos = pos) {
		if (!referral_mirror_index_add(table->by_key, key_hash(&key),
					       ref)) {
			table_remove_keys(table, ref, key_pos);
			return FALSE;
		}
	}
	return TRUE;
}

/* Free a record that no index knows any more. */
static void
table_free_record(struct referral_mirror_table *table, uint32_t ref)
{
	struct mirror_record *record = table_get(table, ref);

	referral_answers_unref(&table->answers, &record->answer);
	referral_mirror_store_free(table->store, ref,
				   record_get_alloc_size(record->size));
}

static void table_delete_ref(struct referral_mirror_table *table, uint32_t ref)
{
	struct mirror_record *record = table_get(table, ref);

	table->stats.entries--;
	if (record->round == table->round)
		table->stats.seen--;
	referral_mirror_index_remove(table->by_uuid,
		table_hash_uuid(record->uuid), ref);
	table_remove_keys(table, ref, record->size);
	table_free_record(table, ref);
}

bool referral_mirror_table_delete(struct referral_mirror_table *table,
				  const unsigned char *uuid)
{
	uint32_t ref = table_find_uuid(table, table_hash_uuid(uuid),
				       uuid);

	if (ref == 0)
		return FALSE;
	table_delete_ref(table, ref);
	return TRUE;
}

void referral_mirror_table_destroy(struct referral_mirror_table **_table)
{
	struct referral_mirror_table *table = *_table;
	struct mirror_record *record;

	*_table = NULL;
	if (table == NULL)
		return;
	for (unsigned int i = 0; i < REFERRAL_MIRROR_INDEX_PARTS; i++) {
		const struct referral_mirror_index_part *part =
			&table->by_uuid->parts[i];

		for (uint32_t j = 0; j < part->size; j++) {
			if (part->slots[j].ref == 0)
				continue;
			record = table_get(table, part->slots[j].ref);
			referral_answers_unref(&table->answers,
					       &record->answer);
		}
	}
	referral_answers_deinit(&table->answers);
	referral_mirror_index_destroy(&table->by_uuid);
	referral_mirror_index_destroy(&table->by_key);
	referral_mirror_store_destroy(&table->store);
	i_free(table);
}

static void
table_see_record(struct referral_mirror_table *table,
		 struct mirror_record *record)
{
	if (record->round == table->round)
		return;
	record->round = table->round;
	table->stats.seen++;
}

bool referral_mirror_table_see(struct referral_mirror_table *table,
			       const unsigned char *uuid)
{
	uint32_t ref = table_find_uuid(table, table_hash_uuid(uuid),
				       uuid);

	if (ref == 0)
		return FALSE;
	table_see_record(table, table_get(table, ref));
	return TRUE;
}

static size_t
keys_get_size(const struct referral_mirror_key *keys, unsigned int count)
{
	size_t size = 0;

	for (unsigned int i = 0; i < count; i++)
		size += KEY_HEADER_SIZE + keys[i].size;
	return size;
}

static void
record_fill_keys(struct mirror_record *record,
		 const struct referral_mirror_key *keys, unsigned int count)
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

/* Put the record where the old one is, or in as a new one. Returns FALSE, and
   the record is freed, if it is found too often. */
static bool
table_put_record(struct referral_mirror_table *table, uint32_t ref,
		 uint64_t uuid_hash, uint32_t old_ref)
{
	struct mirror_record *record = table_get(table, ref);

	if (old_ref != 0)
		table_delete_ref(table, old_ref);
	if (!table_add_keys(table, ref)) {
		table_free_record(table, ref);
		return FALSE;
	}
	if (!referral_mirror_index_add(table->by_uuid, uuid_hash, ref)) {
		table_remove_keys(table, ref, record->size);
		table_free_record(table, ref);
		return FALSE;
	}
	table->stats.entries++;
	table->stats.seen++;
	return TRUE;
}

static void answer_to_result(const struct referral_answer *answer,
			     struct referral_lookup_result *result_r)
{
	i_zero(result_r);
	referral_answer_get_result(answer, result_r);
}

static void
table_tell_change(struct referral_mirror_table *table,
		  const struct referral_mirror_key *keys,
		  unsigned int keys_count, struct referral_answer *old_answer,
		  const struct referral_answer *answer)
{
	struct referral_lookup_result old_result, result;

	if (old_answer == NULL)
		return;
	/* equal answers are one */
	if (table->changed != NULL && old_answer != answer) {
		answer_to_result(old_answer, &old_result);
		answer_to_result(answer, &result);
		table->changed(keys, keys_count, &old_result, &result,
			       table->changed_context);
	}
	referral_answers_unref(&table->answers, &old_answer);
}

int referral_mirror_table_set(struct referral_mirror_table *table,
			      const unsigned char *uuid,
			      const struct referral_mirror_key *keys,
			      unsigned int keys_count,
			      const struct referral_lookup_result *answer,
			      const char **error_r)
{
	uint64_t hash = table_hash_uuid(uuid);
	uint32_t ref, old_ref = table_find_uuid(table, hash, uuid);
	size_t size = keys_get_size(keys, keys_count);
	struct referral_answer *old_answer = NULL;
	struct mirror_record *record;

	if (size >= 1U << 24) {
		*error_r = "an entry has too many names";
		return -1;
	}
	ref = referral_mirror_store_alloc(table->store,
					  record_get_alloc_size(size));
	record = table_get(table, ref);
	record->answer = referral_answers_get(&table->answers, answer);
	memcpy(record->uuid, uuid, REFERRAL_SYNC_UUID_SIZE);
	record->size = size;
	record->round = table->round;
	record_fill_keys(record, keys, keys_count);
	if (old_ref != 0) {
		old_answer = table_get(table, old_ref)->answer;
		referral_answer_ref(old_answer);
	}
	if (!table_put_record(table, ref, hash, old_ref)) {
		if (old_answer != NULL)
			referral_answers_unref(&table->answers, &old_answer);
		*error_r = t_strdup_printf("more than %u entries have "
			"the same name", REFERRAL_MIRROR_INDEX_MAX_SAME);
		return -1;
	}
	table_tell_change(table, keys, keys_count, old_answer, record->answer);
	return 0;
}

void referral_mirror_table_new_round(struct referral_mirror_table *table)
{
	table->round++;
	table->stats.seen = 0;
	table->sweep_part = 0;
}

/* Returns the number of entries that were deleted. */
static unsigned int
table_sweep_part(struct referral_mirror_table *table,
		 const struct referral_mirror_index_part *part)
{
	unsigned int deletes = 0;
	uint32_t i = 0, size = part->size, ref;

	while (i < part->size) {
		ref = part->slots[i].ref;
		if (ref == 0 || table_get(table, ref)->round == table->round) {
			i++;
			continue;
		}
		/* then another may be in its place, or all are in new ones */
		table_delete_ref(table, ref);
		deletes++;
		if (part->size != size) {
			size = part->size;
			i = 0;
		}
	}
	return deletes;
}

bool referral_mirror_table_sweep(struct referral_mirror_table *table)
{
	const struct referral_mirror_index_part *part;
	unsigned int slots = 0, deletes = 0;

	while (table->sweep_part < REFERRAL_MIRROR_INDEX_PARTS) {
		if (slots >= SWEEP_MAX_SLOTS || deletes >= SWEEP_MAX_DELETES)
			return TRUE;
		part = &table->by_uuid->parts[table->sweep_part++];
		slots += part->size;
		deletes += table_sweep_part(table, part);
	}
	return FALSE;
}

/* Does the record have a key that this one matches? */
static enum referral_mirror_match
record_match(const struct referral_mirror_table *table,
	     const struct mirror_record *record,
	     const struct referral_mirror_key *key)
{
	enum referral_mirror_match match, ret = REFERRAL_MIRROR_MATCH_NO;
	struct referral_mirror_key other;
	uint32_t pos = 0;

	while (record_next_key(record, &pos, &other)) {
		if (other.attribute != key->attribute)
			continue;
		match = referral_mirror_key_match(
			table->rules[key->attribute], key->data, key->size,
			other.data, other.size);
		if (match == REFERRAL_MIRROR_MATCH_YES)
			return match;
		if (match == REFERRAL_MIRROR_MATCH_UNSURE)
			ret = match;
	}
	return ret;
}

enum referral_mirror_found
referral_mirror_table_find(const struct referral_mirror_table *table,
			   const struct referral_mirror_key *keys,
			   unsigned int keys_count,
			   struct referral_lookup_result *result_r)
{
	const struct mirror_record *record, *found = NULL;
	struct referral_mirror_iter iter;
	bool unsure = FALSE;
	uint32_t ref;

	for (unsigned int i = 0; i < keys_count; i++) {
		referral_mirror_iter_init(&iter, table->by_key,
					  key_hash(&keys[i]));
		while ((ref = referral_mirror_iter_next(&iter)) != 0) {
			record = table_get(table, ref);
			switch (record_match(table, record, &keys[i])) {
			case REFERRAL_MIRROR_MATCH_NO:
				break;
			case REFERRAL_MIRROR_MATCH_UNSURE:
				unsure = TRUE;
				break;
			case REFERRAL_MIRROR_MATCH_YES:
				if (found != NULL && found != record)
					return REFERRAL_MIRROR_FOUND_SEVERAL;
				found = record;
				break;
			}
		}
	}
	if (unsure)
		return REFERRAL_MIRROR_FOUND_UNSURE;
	if (found == NULL)
		return REFERRAL_MIRROR_FOUND_NONE;
	answer_to_result(found->answer, result_r);
	return REFERRAL_MIRROR_FOUND_ONE;
}

const struct referral_mirror_stats *
referral_mirror_table_get_stats(const struct referral_mirror_table *table)
{
	return &table->stats;
}
