#ifndef REFERRAL_MIRROR_STORE_H
#define REFERRAL_MIRROR_STORE_H

/* Memory for millions of small records of different sizes, known by numbers
   of 32 bits: no overhead for each, and what is freed is used again for
   records of the same size. */

struct referral_mirror_store;

/* bytes: the memory that the store takes is added to it and taken off again */
struct referral_mirror_store *referral_mirror_store_create(size_t *bytes);
/* Frees all records. */
void referral_mirror_store_destroy(struct referral_mirror_store **store);

/* Returns the number of a new record, never 0. Its content is undefined; it is
   aligned for pointers. */
uint32_t referral_mirror_store_alloc(struct referral_mirror_store *store,
				     size_t size);
/* size as it was allocated */
void referral_mirror_store_free(struct referral_mirror_store *store,
				uint32_t ref, size_t size);
/* Valid until it is freed. */
void *referral_mirror_store_get(const struct referral_mirror_store *store,
				uint32_t ref);

#endif
