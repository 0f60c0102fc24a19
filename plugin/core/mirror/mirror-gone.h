#ifndef REFERRAL_MIRROR_GONE_H
#define REFERRAL_MIRROR_GONE_H

/* Entries that are gone, the last ones: when a user gets a new one, it is known
   what the old one said. Its records are those of a table, in the table's
   store, with references to the table's answers. */

#include "mirror-table.h"

struct referral_answers;
struct referral_mirror_store;

/* How many are remembered */
#define REFERRAL_MIRROR_GONE_MAX 1000

struct referral_mirror_gone;

struct referral_mirror_gone *
referral_mirror_gone_create(struct referral_mirror_store *store,
			    struct referral_answers *answers,
			    const enum referral_mirror_rule *rules,
			    size_t *bytes);
/* Frees the records that are still remembered. */
void referral_mirror_gone_destroy(struct referral_mirror_gone **gone);

/* Remember a record, which belongs to gone from now on. */
void referral_mirror_gone_add(struct referral_mirror_gone *gone, uint32_t ref);
/* Is there one that has any of these keys? Returns its number, which belongs to
   the caller now; else 0. */
uint32_t referral_mirror_gone_take(struct referral_mirror_gone *gone,
				   const struct referral_mirror_key *keys,
				   unsigned int keys_count);

#endif
