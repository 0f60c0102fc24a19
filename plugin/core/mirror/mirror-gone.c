/* Entries that are gone: see mirror-gone.h */

#include "lib.h"
#include "answer.h"
#include "mirror-index.h"
#include "mirror-record.h"
#include "mirror-store.h"
#include "mirror-gone.h"

struct referral_mirror_gone {
	struct referral_mirror_store *store;
	struct referral_answers *answers;
	const enum referral_mirror_rule *rules;
	struct referral_mirror_index *by_key;
	size_t *bytes;

	/* a ring, in the order in which they went; 0 = taken */
	uint32_t refs[REFERRAL_MIRROR_GONE_MAX];
	unsigned int next, count;
};

struct referral_mirror_gone *
referral_mirror_gone_create(struct referral_mirror_store *store,
			    struct referral_answers *answers,
			    const enum referral_mirror_rule *rules,
			    size_t *bytes)
{
	struct referral_mirror_gone *gone;

	gone = i_new(struct referral_mirror_gone, 1);
	gone->store = store;
	gone->answers = answers;
	gone->rules = rules;
	gone->bytes = bytes;
	gone->by_key = referral_mirror_index_create(bytes);
	*bytes += REFERRAL_ALLOC_SIZE(sizeof(*gone));
	return gone;
}

static void
gone_free_record(struct referral_mirror_gone *gone, uint32_t ref)
{
	referral_mirror_record_free(gone->store, gone->answers, ref);
}

/* The record is the caller's. */
static void gone_remove(struct referral_mirror_gone *gone, unsigned int pos)
{
	uint32_t ref = gone->refs[pos];

	gone->refs[pos] = 0;
	gone->count--;
	referral_mirror_record_remove_keys(
		referral_mirror_store_get(gone->store, ref), ref,
		gone->by_key);
}

void referral_mirror_gone_destroy(struct referral_mirror_gone **_gone)
{
	struct referral_mirror_gone *gone = *_gone;
	uint32_t ref;

	*_gone = NULL;
	for (unsigned int i = 0; i < REFERRAL_MIRROR_GONE_MAX; i++) {
		ref = gone->refs[i];
		if (ref == 0)
			continue;
		gone_remove(gone, i);
		gone_free_record(gone, ref);
	}
	referral_mirror_index_destroy(&gone->by_key);
	*gone->bytes -= REFERRAL_ALLOC_SIZE(sizeof(*gone));
	i_free(gone);
}

/* Returns 0, or the number of a record, which is the caller's. */
static uint32_t gone_take_key(struct referral_mirror_gone *gone,
			      const struct referral_mirror_key *key)
{
	struct referral_mirror_iter iter;
	unsigned int pos = 0;
	uint32_t ref;

	/* the first refresh has to be quick */
	if (gone->count == 0)
		return 0;
	referral_mirror_iter_init(&iter, gone->by_key,
				  referral_mirror_record_hash(key));
	do {
		ref = referral_mirror_iter_next(&iter);
	} while (ref != 0 && referral_mirror_record_match(
			referral_mirror_store_get(gone->store, ref),
			gone->rules, key) == REFERRAL_MIRROR_MATCH_NO);
	if (ref == 0)
		return 0;
	while (gone->refs[pos] != ref)
		pos++;
	gone_remove(gone, pos);
	return ref;
}

uint32_t referral_mirror_gone_take(struct referral_mirror_gone *gone,
				   const struct referral_mirror_key *keys,
				   unsigned int keys_count)
{
	uint32_t ref = 0;

	for (unsigned int i = 0; i < keys_count && ref == 0; i++)
		ref = gone_take_key(gone, &keys[i]);
	return ref;
}

void referral_mirror_gone_add(struct referral_mirror_gone *gone, uint32_t ref)
{
	const struct referral_mirror_record *record =
		referral_mirror_store_get(gone->store, ref);
	struct referral_mirror_key key;
	uint32_t pos = 0, older;

	/* a name is that of the last one that had it */
	while (referral_mirror_record_next_key(record, &pos, &key)) {
		older = gone_take_key(gone, &key);
		if (older != 0)
			gone_free_record(gone, older);
	}
	if (!referral_mirror_record_add_keys(record, ref, gone->by_key)) {
		gone_free_record(gone, ref);
		return;
	}
	older = gone->refs[gone->next];
	if (older != 0) {
		gone_remove(gone, gone->next);
		gone_free_record(gone, older);
	}
	gone->refs[gone->next] = ref;
	gone->count++;
	gone->next = (gone->next + 1) % REFERRAL_MIRROR_GONE_MAX;
}
