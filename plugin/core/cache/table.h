#ifndef REFERRAL_TABLE_H
#define REFERRAL_TABLE_H

/* A hash table for the auth process, which must never pause: it grows and
   shrinks by one bucket at a time (linear hashing: Litwin 1980), where
   libdovecot's moves all its nodes at once. Nodes are part of what they
   find. */

struct referral_table_node {
	struct referral_table_node *next;
	uint32_t hash;
	/* the owner's, to fill the gap */
	uint32_t data;
};

struct referral_table {
	/* the buckets, in pieces that need not be moved */
	struct referral_table_node ***segments;
	unsigned int segments_alloc;
	/* at least 1 */
	unsigned int buckets_count;
	/* the smallest 2^n - 1 that covers their indexes */
	uint32_t mask;
	unsigned int nodes_count;
	size_t *bytes;
};

/* What an allocation of glibc's malloc() takes from memory */
#define REFERRAL_ALLOC_SIZE(size) \
	I_MAX(((size) + sizeof(size_t) + 15) & ~(size_t)15, 32)

/* The memory of the table, without the nodes, is added to bytes and taken off
   again. */
void referral_table_init(struct referral_table *table, size_t *bytes);
/* The nodes are the caller's. */
void referral_table_deinit(struct referral_table *table);

/* The nodes that may have this hash, linked by next: look at each one's hash.
   NULL if there are none. */
struct referral_table_node *
referral_table_first(const struct referral_table *table, uint32_t hash);
/* node->hash is set. */
void referral_table_insert(struct referral_table *table,
			   struct referral_table_node *node);
void referral_table_remove(struct referral_table *table,
			   struct referral_table_node *node);

#endif
