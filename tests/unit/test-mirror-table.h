#ifndef TEST_MIRROR_TABLE_H
#define TEST_MIRROR_TABLE_H

/* What the tests of mirror-table.c share */

#include "mirror-table.h"

/* of two attributes */
extern const enum referral_mirror_rule test_mirror_rules[];

const unsigned char *test_mirror_uuid(unsigned int num);
/* keys_str: "0:bob 1:Bob", names of the attributes 0 and 1. host: NULL for an
   entry without one. */
int test_mirror_set(struct referral_mirror_table *table, unsigned int num,
		    const char *keys_str, const char *host);
/* Delete all that were not seen in this round. */
void test_mirror_sweep(struct referral_mirror_table *table);

#endif
