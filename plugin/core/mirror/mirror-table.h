#ifndef REFERRAL_MIRROR_TABLE_H
#define REFERRAL_MIRROR_TABLE_H

/* Entries of the directory, as far as logins need them: found by entryUUID
   when the directory changes one, and by the values of some attributes when
   somebody logs in. No clock, no directory. */

#include "sync-value.h"
#include "mirror-key.h"
#include "referral-decision.h"

/* Attributes that entries are found by */
#define REFERRAL_MIRROR_MAX_ATTRIBUTES 8

struct referral_mirror_table;

/* A value, normalized, of the attribute with this number */
struct referral_mirror_key {
	unsigned int attribute;
	const void *data;
	size_t size;
};
ARRAY_DEFINE_TYPE(referral_mirror_key, struct referral_mirror_key);

enum referral_mirror_found {
	REFERRAL_MIRROR_FOUND_NONE,
	REFERRAL_MIRROR_FOUND_ONE,
	REFERRAL_MIRROR_FOUND_SEVERAL,
	/* whether there are any only the directory can say */
	REFERRAL_MIRROR_FOUND_UNSURE,
};

struct referral_mirror_stats {
	unsigned int entries;
	/* since referral_mirror_table_new_round() */
	unsigned int seen;
	/* for all of it, tables and malloc()'s overhead too */
	size_t bytes;
};

/* An entry that was there has another answer now; the entry is found by these
   keys. Everything is valid during the call only, in which the table must not
   be changed. */
typedef void
referral_mirror_changed_t(const struct referral_mirror_key *keys,
			  unsigned int keys_count,
			  const struct referral_lookup_result *old_answer,
			  const struct referral_lookup_result *new_answer,
			  void *context);

/* rules: of each attribute. changed may be NULL. */
struct referral_mirror_table *
referral_mirror_table_create(const enum referral_mirror_rule *rules,
			     unsigned int attributes_count,
			     referral_mirror_changed_t *changed, void *context);
void referral_mirror_table_destroy(struct referral_mirror_table **table);

/* The entry is there now, with these keys and this answer, whatever it was
   before; it is seen. Returns 0, or -1 and error_r if it can't be kept: the
   table is not complete any more. */
int referral_mirror_table_set(struct referral_mirror_table *table,
			      const unsigned char *uuid,
			      const struct referral_mirror_key *keys,
			      unsigned int keys_count,
			      const struct referral_lookup_result *answer,
			      const char **error_r);
/* The entry is gone. Returns FALSE if it was not there. */
bool referral_mirror_table_delete(struct referral_mirror_table *table,
				  const unsigned char *uuid);
/* The entry is there, unchanged: it is seen. Returns FALSE if it is not in the
   table. */
bool referral_mirror_table_see(struct referral_mirror_table *table,
			       const unsigned char *uuid);

/* From now on no entry has been seen. */
void referral_mirror_table_new_round(struct referral_mirror_table *table);
/* Delete entries that were not seen in this round: some, so many as one turn
   of the loop has time for. Returns FALSE when all is done. */
bool referral_mirror_table_sweep(struct referral_mirror_table *table);

/* The entries that have any of these keys. _ONE: result_r has its status,
   mailhosts and action, valid until the next change. */
enum referral_mirror_found
referral_mirror_table_find(const struct referral_mirror_table *table,
			   const struct referral_mirror_key *keys,
			   unsigned int keys_count,
			   struct referral_lookup_result *result_r);

const struct referral_mirror_stats *
referral_mirror_table_get_stats(const struct referral_mirror_table *table);

#endif
