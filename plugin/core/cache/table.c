/* Linear hashing: see table.h */

#include "lib.h"
#include "table.h"

#define SEGMENT_SIZE 512
#define SEGMENT_BYTES (SEGMENT_SIZE * sizeof(struct referral_table_node *))

static struct referral_table_node **
table_bucket(const struct referral_table *table, unsigned int index)
{
	return &table->segments[index / SEGMENT_SIZE][index % SEGMENT_SIZE];
}

/* Buckets are split in their order: those for which one more bit would lead
   beyond the last bucket have not been split yet. */
static unsigned int
table_index(const struct referral_table *table, uint32_t hash)
{
	unsigned int index = hash & table->mask;

	return index < table->buckets_count ? index : hash & table->mask >> 1;
}

static void table_add_segment(struct referral_table *table, unsigned int index)
{
	unsigned int alloc;

	if (index == table->segments_alloc) {
		alloc = I_MAX(table->segments_alloc * 2, 8);
		table->segments = i_realloc_type(table->segments,
			struct referral_table_node **,
			table->segments_alloc, alloc);
		*table->bytes += (alloc - table->segments_alloc) *
			sizeof(*table->segments);
		table->segments_alloc = alloc;
	}
	table->segments[index] =
		i_new(struct referral_table_node *, SEGMENT_SIZE);
	*table->bytes += REFERRAL_ALLOC_SIZE(SEGMENT_BYTES);
}

void referral_table_init(struct referral_table *table, size_t *bytes)
{
	i_zero(table);
	table->bytes = bytes;
	table_add_segment(table, 0);
	table->buckets_count = 1;
}

void referral_table_deinit(struct referral_table *table)
{
	unsigned int i;

	for (i = 0; i * SEGMENT_SIZE < table->buckets_count; i++) {
		i_free(table->segments[i]);
		*table->bytes -= REFERRAL_ALLOC_SIZE(SEGMENT_BYTES);
	}
	*table->bytes -= table->segments_alloc * sizeof(*table->segments);
	i_free(table->segments);
}

struct referral_table_node *
referral_table_first(const struct referral_table *table, uint32_t hash)
{
	return *table_bucket(table, table_index(table, hash));
}

static void table_link(struct referral_table *table,
		       struct referral_table_node *node)
{
	struct referral_table_node **bucket =
		table_bucket(table, table_index(table, node->hash));

	node->next = *bucket;
	*bucket = node;
}

/* Put the nodes of a bucket where they belong now. */
static void
table_relink(struct referral_table *table, struct referral_table_node *node)
{
	struct referral_table_node *next;

	for (; node != NULL; node = next) {
		next = node->next;
		table_link(table, node);
	}
}

static void table_grow(struct referral_table *table)
{
	unsigned int index = table->buckets_count;
	struct referral_table_node **bucket, *nodes;

	if (index % SEGMENT_SIZE == 0)
		table_add_segment(table, index / SEGMENT_SIZE);
	/* where the new bucket's nodes are so far */
	bucket = table_bucket(table, table_index(table, index));
	nodes = *bucket;
	*bucket = NULL;
	table->buckets_count++;
	if (index > table->mask)
		table->mask = table->mask << 1 | 1;
	table_relink(table, nodes);
}

static void table_shrink(struct referral_table *table)
{
	unsigned int index = --table->buckets_count;
	struct referral_table_node **bucket, *nodes;

	bucket = table_bucket(table, index);
	nodes = *bucket;
	*bucket = NULL;
	if (index <= table->mask >> 1)
		table->mask >>= 1;
	table_relink(table, nodes);
	if (index % SEGMENT_SIZE == 0) {
		i_free(table->segments[index / SEGMENT_SIZE]);
		*table->bytes -= REFERRAL_ALLOC_SIZE(SEGMENT_BYTES);
	}
}

void referral_table_insert(struct referral_table *table,
			   struct referral_table_node *node)
{
	if (++table->nodes_count > table->buckets_count)
		table_grow(table);
	table_link(table, node);
}

void referral_table_remove(struct referral_table *table,
			   struct referral_table_node *node)
{
	struct referral_table_node **pos =
		table_bucket(table, table_index(table, node->hash));

	while (*pos != node)
		pos = &(*pos)->next;
	*pos = node->next;
	/* not at once, lest a bucket comes and goes with one node */
	if (--table->nodes_count + SEGMENT_SIZE < table->buckets_count)
		table_shrink(table);
}
