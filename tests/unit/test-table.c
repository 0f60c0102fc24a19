/* table.c: nodes are found while it grows and shrinks */

#include "lib.h"
#include "table.h"
#include "test-core.h"

#define NODES 5000

static bool
test_found(const struct referral_table *table,
	   const struct referral_table_node *wanted)
{
	const struct referral_table_node *node;

	for (node = referral_table_first(table, wanted->hash); node != NULL;
	     node = node->next) {
		if (node == wanted)
			return TRUE;
	}
	return FALSE;
}

/* The longest way to a node */
static unsigned int test_longest(const struct referral_table *table,
				 const struct referral_table_node *nodes)
{
	const struct referral_table_node *node;
	unsigned int i, length, longest = 0;

	for (i = 0; i < NODES; i++) {
		length = 0;
		for (node = referral_table_first(table, nodes[i].hash);
		     node != NULL; node = node->next)
			length++;
		longest = I_MAX(longest, length);
	}
	return longest;
}

void test_table(void)
{
	/* every order of hashes: spread, in a row, with the low bits equal */
	static const uint32_t factors[] = { 2654435761U, 1, 1 << 16 };
	static struct referral_table_node nodes[NODES];
	struct referral_table table;
	size_t bytes, empty_bytes;
	unsigned int i, j, f, missing;

	test_begin("table");
	for (f = 0; f < N_ELEMENTS(factors); f++) {
		bytes = 7;
		referral_table_init(&table, &bytes);
		empty_bytes = bytes;
		test_assert(empty_bytes > 7);
		test_assert(referral_table_first(&table, 5) == NULL);
		for (i = 0; i < NODES; i++) {
			nodes[i].hash = i * factors[f];
			nodes[i].data = i;
			referral_table_insert(&table, &nodes[i]);
			/* a new bucket with each node */
			test_assert_idx(table.buckets_count == i + 1, i);
		}
		for (i = missing = 0; i < NODES; i++) {
			if (!test_found(&table, &nodes[i]) ||
			    nodes[i].data != i)
				missing++;
		}
		test_assert_idx(missing == 0, f);
		test_assert_idx(bytes > NODES * sizeof(void *), f);
		test_assert_idx(bytes < NODES * sizeof(void *) * 5 / 4, f);
		if (f < 2)
			test_assert_idx(test_longest(&table, nodes) <= 12, f);
		/* half of them, from the front */
		for (i = 0; i < NODES / 2; i++)
			referral_table_remove(&table, &nodes[i]);
		for (i = missing = 0; i < NODES; i++) {
			if (test_found(&table, &nodes[i]) != (i >= NODES / 2))
				missing++;
		}
		test_assert_idx(missing == 0, f);
		test_assert_idx(table.buckets_count < NODES, f);
		/* and again, over what has been given back */
		for (i = 0; i < NODES / 2; i++)
			referral_table_insert(&table, &nodes[i]);
		for (i = 0; i < NODES; i++) {
			for (j = i; j < NODES && i % 1000 == 0; j++) {
				if (!test_found(&table, &nodes[j]))
					missing++;
			}
			referral_table_remove(&table, &nodes[i]);
			if (test_found(&table, &nodes[i]))
				missing++;
		}
		test_assert_idx(missing == 0, f);
		test_assert_idx(table.nodes_count == 0, f);
		test_assert_idx(bytes < empty_bytes + 1024, f);
		referral_table_deinit(&table);
		test_assert_idx(bytes == 7, f);
	}
	test_end();
}
