/* The table of a mirror: see mirror-table.h. One record for each entry, two
   indexes. */

#include "lib.h"
#include "keyhash.h"
#include "answer.h"
#include "mirror-gone.h"
#include "mirror-index.h"
#include "mirror-record.h"
#include "mirror-store.h"
#include "mirror-table.h"

/* Slots of the index that are looked at before others have their turn, and
   entries that are deleted, which takes longer. */
#define SWEEP_MAX_SLOTS 4096
#define SWEEP_MAX_DELETES 200

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
	struct referral_mirror_gone *gone;
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
	table->gone = referral_mirror_gone_create(table->store,
		&table->answers, table->rules, &table->stats.bytes);
	return table;
}

static struct referral_mirror_record *
table_get(const struct referral_mirror_table *table, uint32_t ref)
{
	return referral_mirror_store_get(table->store, ref);
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

static void
table_free_record(struct referral_mirror_table *table, uint32_t ref)
{
	referral_mirror_record_free(table->store, &table->answers, ref);
}

/* The record is the caller's. */
static void table_remove(struct referral_mirror_table *table, uint32_t ref)
{
	const struct referral_mirror_record *record = table_get(table, ref);

	table->stats.entries--;
	if (record->round == table->round)
		table->stats.seen--;
	referral_mirror_index_remove(table->by_uuid,
		table_hash_uuid(record->uuid), ref);
	referral_mirror_record_remove_keys(record, ref, table->by_key);
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
		  unsigned int keys_count,
		  const struct referral_answer *old_answer,
		  const struct referral_answer *answer)
{
	struct referral_lookup_result old_result, result;

	/* equal answers are one */
	if (table->changed == NULL || old_answer == answer)
		return;
	answer_to_result(old_answer, &old_result);
	answer_to_result(answer, &result);
	table->changed(keys, keys_count, &old_result, &result,
		       table->changed_context);
}

/* Returns another entry's record with this key, NULL if there is none. */
static const struct referral_mirror_record *
table_find_other(const struct referral_mirror_table *table,
		 const struct referral_mirror_record *own,
		 const struct referral_mirror_key *key)
{
	const struct referral_mirror_record *record;
	struct referral_mirror_iter iter;
	uint32_t ref;

	referral_mirror_iter_init(&iter, table->by_key,
				  referral_mirror_record_hash(key));
	while ((ref = referral_mirror_iter_next(&iter)) != 0) {
		record = table_get(table, ref);
		if (memcmp(record->uuid, own->uuid,
			   REFERRAL_SYNC_UUID_SIZE) != 0 &&
		    referral_mirror_record_match(record, table->rules, key) !=
		    REFERRAL_MIRROR_MATCH_NO)
			return record;
	}
	return NULL;
}

/* A record that has been removed: users were found by its keys. If another has
   one of them, the directory has told of it first; if it will, it is known then
   whose they were. */
static void
table_keep_gone(struct referral_mirror_table *table, uint32_t ref)
{
	const struct referral_mirror_record *record = table_get(table, ref);
	const struct referral_mirror_record *other = NULL;
	struct referral_mirror_key key;
	uint32_t pos = 0;

	while (other == NULL &&
	       referral_mirror_record_next_key(record, &pos, &key))
		other = table_find_other(table, record, &key);
	if (other == NULL) {
		referral_mirror_gone_add(table->gone, ref);
		return;
	}
	table_tell_change(table, &key, 1, record->answer, other->answer);
	table_free_record(table, ref);
}

bool referral_mirror_table_delete(struct referral_mirror_table *table,
				  const unsigned char *uuid)
{
	uint32_t ref = table_find_uuid(table, table_hash_uuid(uuid),
				       uuid);

	if (ref == 0)
		return FALSE;
	table_remove(table, ref);
	table_keep_gone(table, ref);
	return TRUE;
}

void referral_mirror_table_destroy(struct referral_mirror_table **_table)
{
	struct referral_mirror_table *table = *_table;
	struct referral_mirror_record *record;

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
	referral_mirror_gone_destroy(&table->gone);
	referral_answers_deinit(&table->answers);
	referral_mirror_index_destroy(&table->by_uuid);
	referral_mirror_index_destroy(&table->by_key);
	referral_mirror_store_destroy(&table->store);
	i_free(table);
}

static void
table_see_record(struct referral_mirror_table *table,
		 struct referral_mirror_record *record)
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

/* Returns FALSE, and the record is freed, if it is found too often. */
static bool table_add(struct referral_mirror_table *table, uint32_t ref,
		      uint64_t uuid_hash)
{
	const struct referral_mirror_record *record = table_get(table, ref);

	if (!referral_mirror_record_add_keys(record, ref, table->by_key)) {
		table_free_record(table, ref);
		return FALSE;
	}
	if (!referral_mirror_index_add(table->by_uuid, uuid_hash, ref)) {
		referral_mirror_record_remove_keys(record, ref, table->by_key);
		table_free_record(table, ref);
		return FALSE;
	}
	table->stats.entries++;
	table->stats.seen++;
	return TRUE;
}

/* A record in the store, which no index knows yet. Returns 0 and error_r if it
   would be too large. */
static uint32_t
table_create_record(struct referral_mirror_table *table,
		    const unsigned char *uuid,
		    const struct referral_mirror_key *keys,
		    unsigned int keys_count,
		    const struct referral_lookup_result *answer,
		    const char **error_r)
{
	size_t size = referral_mirror_keys_get_size(keys, keys_count);
	struct referral_mirror_record *record;
	uint32_t ref;

	if (size >= REFERRAL_MIRROR_RECORD_MAX_SIZE) {
		*error_r = "an entry has too many names";
		return 0;
	}
	ref = referral_mirror_store_alloc(table->store,
		referral_mirror_record_get_alloc_size(size));
	record = table_get(table, ref);
	record->answer = referral_answers_get(&table->answers, answer);
	memcpy(record->uuid, uuid, REFERRAL_SYNC_UUID_SIZE);
	record->size = size;
	record->round = table->round;
	referral_mirror_record_set_keys(record, keys, keys_count);
	return ref;
}

/* Has the record, or another that is gone, said something else before? */
static void
table_compare(struct referral_mirror_table *table,
	      const struct referral_mirror_key *keys, unsigned int keys_count,
	      const struct referral_mirror_record *old,
	      const struct referral_mirror_record *record)
{
	uint32_t gone_ref = referral_mirror_gone_take(table->gone,
						      keys, keys_count);
	const struct referral_mirror_record *gone;

	if (old != NULL) {
		table_tell_change(table, keys, keys_count, old->answer,
				  record->answer);
	}
	if (gone_ref == 0)
		return;
	gone = table_get(table, gone_ref);
	if (old == NULL || old->answer != gone->answer) {
		table_tell_change(table, keys, keys_count, gone->answer,
				  record->answer);
	}
	table_free_record(table, gone_ref);
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
	const struct referral_mirror_record *record, *old = NULL;

	ref = table_create_record(table, uuid, keys, keys_count, answer,
				  error_r);
	if (ref == 0)
		return -1;
	if (old_ref != 0) {
		old = table_get(table, old_ref);
		table_remove(table, old_ref);
	}
	if (!table_add(table, ref, hash)) {
		if (old_ref != 0)
			table_free_record(table, old_ref);
		*error_r = t_strdup_printf("more than %u entries have "
			"the same name", REFERRAL_MIRROR_INDEX_MAX_SAME);
		return -1;
	}
	record = table_get(table, ref);
	table_compare(table, keys, keys_count, old, record);
	if (old_ref == 0)
		return 0;
	if (referral_mirror_record_has_keys(record, old))
		table_free_record(table, old_ref);
	else
		table_keep_gone(table, old_ref);
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
		table_remove(table, ref);
		table_keep_gone(table, ref);
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

enum referral_mirror_found
referral_mirror_table_find(const struct referral_mirror_table *table,
			   const struct referral_mirror_key *keys,
			   unsigned int keys_count,
			   struct referral_lookup_result *result_r)
{
	const struct referral_mirror_record *record, *found = NULL;
	enum referral_mirror_match match;
	struct referral_mirror_iter iter;
	bool unsure = FALSE;
	uint32_t ref;

	for (unsigned int i = 0; i < keys_count; i++) {
		referral_mirror_iter_init(&iter, table->by_key,
			referral_mirror_record_hash(&keys[i]));
		while ((ref = referral_mirror_iter_next(&iter)) != 0) {
			record = table_get(table, ref);
			match = referral_mirror_record_match(record,
				table->rules, &keys[i]);
			switch (match) {
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
