/* Records in pages: see mirror-store.h. A reference is the number of a page
   and the record's place there; a large record has a page of its own. */

#include "lib.h"
#include "array.h"
#include "answer.h"
#include "mirror-store.h"

#define UNIT_SIZE sizeof(uint64_t)
#define PAGE_UNITS_BITS 13
#define PAGE_UNITS (1U << PAGE_UNITS_BITS)
/* Larger records would leave too much of a page empty. */
#define SMALL_MAX_UNITS 128

struct referral_mirror_store {
	ARRAY(uint64_t *) pages;
	size_t *bytes;
	/* the page that is being filled */
	uint32_t page, page_used;
	/* by size in units: the first free record, each has the number of the
	   next */
	uint32_t free_small[SMALL_MAX_UNITS + 1];
	ARRAY(uint32_t) free_pages;
};

struct referral_mirror_store *referral_mirror_store_create(size_t *bytes)
{
	struct referral_mirror_store *store;

	store = i_new(struct referral_mirror_store, 1);
	store->bytes = bytes;
	i_array_init(&store->pages, 64);
	i_array_init(&store->free_pages, 1);
	/* nothing is on page 0 */
	array_append_zero(&store->pages);
	store->page_used = PAGE_UNITS;
	*store->bytes += REFERRAL_ALLOC_SIZE(sizeof(*store));
	return store;
}

void referral_mirror_store_destroy(struct referral_mirror_store **_store)
{
	struct referral_mirror_store *store = *_store;
	uint64_t *page;

	*_store = NULL;
	array_foreach_elem(&store->pages, page)
		i_free(page);
	array_free(&store->pages);
	array_free(&store->free_pages);
	i_free(store);
}

static size_t store_units(size_t size)
{
	return (size + UNIT_SIZE - 1) / UNIT_SIZE;
}

static uint32_t store_add_page(struct referral_mirror_store *store,
			       size_t units)
{
	unsigned int count = array_count(&store->free_pages);
	uint64_t *page = i_malloc(units * UNIT_SIZE);
	uint32_t idx;

	*store->bytes += REFERRAL_ALLOC_SIZE(units * UNIT_SIZE) +
		sizeof(page);
	if (count > 0) {
		idx = *array_idx(&store->free_pages, count - 1);
		array_delete(&store->free_pages, count - 1, 1);
		array_idx_set(&store->pages, idx, &page);
		return idx;
	}
	idx = array_count(&store->pages);
	/* 34 GB */
	i_assert(idx < 1U << (32 - PAGE_UNITS_BITS));
	array_push_back(&store->pages, &page);
	return idx;
}

uint32_t referral_mirror_store_alloc(struct referral_mirror_store *store,
				     size_t size)
{
	size_t units = store_units(size);
	uint32_t ref;

	if (units > SMALL_MAX_UNITS)
		return store_add_page(store, units) << PAGE_UNITS_BITS;

	ref = store->free_small[units];
	if (ref != 0) {
		store->free_small[units] = *(uint32_t *)
			referral_mirror_store_get(store, ref);
		return ref;
	}
	if (store->page_used + units > PAGE_UNITS) {
		store->page = store_add_page(store, PAGE_UNITS);
		store->page_used = 0;
	}
	ref = (store->page << PAGE_UNITS_BITS) | store->page_used;
	store->page_used += units;
	return ref;
}

void referral_mirror_store_free(struct referral_mirror_store *store,
				uint32_t ref, size_t size)
{
	size_t units = store_units(size);
	uint64_t **page;
	uint32_t idx;

	if (units <= SMALL_MAX_UNITS) {
		*(uint32_t *)referral_mirror_store_get(store, ref) =
			store->free_small[units];
		store->free_small[units] = ref;
		return;
	}
	idx = ref >> PAGE_UNITS_BITS;
	page = array_idx_modifiable(&store->pages, idx);
	i_free(*page);
	array_push_back(&store->free_pages, &idx);
	*store->bytes -= REFERRAL_ALLOC_SIZE(units * UNIT_SIZE) +
		sizeof(*page);
}

void *referral_mirror_store_get(const struct referral_mirror_store *store,
				uint32_t ref)
{
	uint64_t *const *page =
		array_idx(&store->pages, ref >> PAGE_UNITS_BITS);

	return *page + (ref & (PAGE_UNITS - 1));
}
