#include "lib.h"
#include "str.h"
#include "mirror-index.h"
#include "mirror-table.h"
#include "test-core.h"
#include "test-mirror-table.h"

#define MEMORY_USERS 200000
/* some twenty in each part of the index */
#define SWEPT_ENTRIES 80000
#define MODEL_ENTRIES 200
#define MODEL_NAMES 40
#define MODEL_STEPS 20000

const enum referral_mirror_rule test_mirror_rules[] = {
	REFERRAL_MIRROR_RULE_CASE_IGNORE,
	REFERRAL_MIRROR_RULE_CASE_EXACT,
};

const unsigned char *test_mirror_uuid(unsigned int num)
{
	unsigned char *uuid = t_malloc0(REFERRAL_SYNC_UUID_SIZE);

	memcpy(uuid, &num, sizeof(num));
	return uuid;
}

/* "0:bob 1:Bob": keys of the attributes 0 and 1 */
static unsigned int
test_keys(const char *str, struct referral_mirror_key *keys, unsigned int max)
{
	const char *const *words = t_strsplit_spaces(str, " ");
	unsigned int i;
	string_t *key;

	for (i = 0; words[i] != NULL; i++) {
		i_assert(i < max);
		key = t_str_new(32);
		keys[i].attribute = words[i][0] - '0';
		(void)referral_mirror_key_normalize(
			test_mirror_rules[keys[i].attribute], words[i] + 2,
			strlen(words[i] + 2), key);
		keys[i].data = str_data(key);
		keys[i].size = str_len(key);
	}
	return i;
}

int test_mirror_set(struct referral_mirror_table *table, unsigned int num,
		    const char *keys_str, const char *host)
{
	const char *const hosts[] = { host, NULL };
	const struct referral_lookup_result answer = {
		.status = host == NULL ? REFERRAL_LOOKUP_NO_VALUE :
			REFERRAL_LOOKUP_HOSTS,
		.mailhosts = host == NULL ? NULL : hosts,
	};
	struct referral_mirror_key keys[8];
	const char *error;
	unsigned int count = test_keys(keys_str, keys, N_ELEMENTS(keys));

	return referral_mirror_table_set(table, test_mirror_uuid(num), keys,
					 count, &answer, &error);
}

/* The host, or what else there is to say */
static const char *
find(const struct referral_mirror_table *table, const char *keys_str)
{
	struct referral_mirror_key keys[8];
	struct referral_lookup_result result;
	unsigned int count = test_keys(keys_str, keys, N_ELEMENTS(keys));

	switch (referral_mirror_table_find(table, keys, count, &result)) {
	case REFERRAL_MIRROR_FOUND_NONE:
		return "none";
	case REFERRAL_MIRROR_FOUND_ONE:
		return result.status == REFERRAL_LOOKUP_HOSTS ?
			result.mailhosts[0] : "no value";
	case REFERRAL_MIRROR_FOUND_SEVERAL:
		return "several";
	case REFERRAL_MIRROR_FOUND_UNSURE:
		break;
	}
	return "unsure";
}

static unsigned int
entries(const struct referral_mirror_table *table)
{
	return referral_mirror_table_get_stats(table)->entries;
}

void test_mirror_table(void)
{
	struct referral_mirror_table *table;

	test_begin("mirror table");
	table = referral_mirror_table_create(test_mirror_rules, 2, NULL, NULL);
	test_assert_strcmp(find(table, "0:bob"), "none");
	test_assert(!referral_mirror_table_delete(table, test_mirror_uuid(1)));
	test_assert(!referral_mirror_table_see(table, test_mirror_uuid(1)));

	test_assert(test_mirror_set(table, 1, "0:bob 1:Bob@x", "a") == 0);
	test_assert_strcmp(find(table, "0:bob"), "a");
	test_assert_strcmp(find(table, "0:BOB"), "a");
	test_assert_strcmp(find(table, "1:Bob@x"), "a");
	test_assert_strcmp(find(table, "1:bob@x"), "none");
	test_assert_strcmp(find(table, "1:bob"), "none");
	test_assert_strcmp(find(table, "0:bob 1:Bob@x"), "a");
	test_assert_strcmp(find(table, "0:rob 1:Bob@x"), "a");

	/* changed, renamed, several values, a value that is gone */
	test_assert(test_mirror_set(table, 1, "0:bob 1:Bob@x", "b") == 0);
	test_assert_strcmp(find(table, "0:bob"), "b");
	test_assert(test_mirror_set(table, 1, "0:rob 0:robert", "b") == 0);
	test_assert_strcmp(find(table, "0:bob"), "none");
	test_assert_strcmp(find(table, "1:Bob@x"), "none");
	test_assert_strcmp(find(table, "0:rob"), "b");
	test_assert_strcmp(find(table, "0:robert"), "b");
	test_assert(test_mirror_set(table, 1, "0:rob", NULL) == 0);
	test_assert_strcmp(find(table, "0:rob"), "no value");
	test_assert(entries(table) == 1);

	/* several entries of one name */
	test_assert(test_mirror_set(table, 2, "0:Rob", "a") == 0);
	test_assert_strcmp(find(table, "0:rob"), "several");
	test_assert(referral_mirror_table_delete(table, test_mirror_uuid(1)));
	test_assert_strcmp(find(table, "0:rob"), "a");
	/* by two attributes */
	test_assert(test_mirror_set(table, 3, "1:rob", "a") == 0);
	test_assert_strcmp(find(table, "0:rob 1:rob"), "several");
	test_assert_strcmp(find(table, "1:rob"), "a");

	/* the same value twice, and in two attributes */
	test_assert(test_mirror_set(table, 4, "0:eve 0:eve 1:eve", "c") == 0);
	test_assert_strcmp(find(table, "0:eve 1:eve"), "c");
	test_assert(referral_mirror_table_delete(table, test_mirror_uuid(4)));
	test_assert_strcmp(find(table, "0:eve 1:eve"), "none");

	/* only the directory can say */
	test_assert(test_mirror_set(table, 5, "0:j\xc3\xbcrgen", "c") == 0);
	test_assert_strcmp(find(table, "0:j\xc3\xbcrgen"), "c");
	test_assert_strcmp(find(table, "0:J\xc3\x9crgen"), "unsure");
	test_assert_strcmp(find(table, "0:jurgen"), "unsure");
	test_assert_strcmp(find(table, "1:jurgen"), "none");
	/* another one may be meant as well */
	test_assert(test_mirror_set(table, 6, "0:jurgen", "c") == 0);
	test_assert_strcmp(find(table, "0:jurgen"), "unsure");
	test_assert(entries(table) == 4);
	referral_mirror_table_destroy(&table);
	test_assert(table == NULL);
	test_end();
}

void test_mirror_sweep(struct referral_mirror_table *table)
{
	while (referral_mirror_table_sweep(table)) ;
}

void test_mirror_table_rounds(void)
{
	struct referral_mirror_table *table;
	unsigned int i, round;

	test_begin("mirror table: rounds");
	table = referral_mirror_table_create(test_mirror_rules, 2, NULL, NULL);
	/* more rounds than numbers for them */
	for (round = 0; round < 600; round++) T_BEGIN {
		referral_mirror_table_new_round(table);
		test_assert(referral_mirror_table_get_stats(table)->seen == 0);
		for (i = 0; i < 50; i++) {
			if (i % 3 == round % 3)
				continue;
			if (!referral_mirror_table_see(table,
						       test_mirror_uuid(i))) {
				(void)test_mirror_set(table, i,
					t_strdup_printf("0:u%u", i), "a");
			}
			/* once more changes nothing */
			test_assert_idx(referral_mirror_table_see(
				table, test_mirror_uuid(i)), i);
		}
		test_assert_idx(referral_mirror_table_get_stats(table)->seen ==
				(round % 3 == 2 ? 34 : 33), round);
		test_mirror_sweep(table);
		test_assert_idx(entries(table) ==
				referral_mirror_table_get_stats(table)->seen,
				round);
		for (i = 0; i < 50; i++) {
			test_assert_strcmp_idx(
				find(table, t_strdup_printf("0:u%u", i)),
				i % 3 == round % 3 ? "none" : "a", i);
		}
	} T_END;
	/* a deletion of one that was seen, and of one that was not */
	referral_mirror_table_new_round(table);
	test_assert(referral_mirror_table_see(table, test_mirror_uuid(1)));
	test_assert(referral_mirror_table_delete(table, test_mirror_uuid(1)));
	test_assert(referral_mirror_table_get_stats(table)->seen == 0);
	test_mirror_sweep(table);
	test_assert(entries(table) == 0);
	referral_mirror_table_destroy(&table);
	test_end();
}

/* The index gets smaller while it is gone through. */
void test_mirror_table_sweep(void)
{
	struct referral_mirror_table *table;
	unsigned int i;

	test_begin("mirror table: sweep of nearly all");
	table = referral_mirror_table_create(test_mirror_rules, 1, NULL, NULL);
	for (i = 0; i < SWEPT_ENTRIES; i++) T_BEGIN {
		(void)test_mirror_set(table, i, t_strdup_printf("0:u%u", i), "a");
	} T_END;
	referral_mirror_table_new_round(table);
	for (i = 0; i < SWEPT_ENTRIES; i += 100) T_BEGIN {
		test_assert_idx(referral_mirror_table_see(
			table, test_mirror_uuid(i)), i);
	} T_END;
	test_mirror_sweep(table);
	test_assert(entries(table) == SWEPT_ENTRIES / 100);
	for (i = 0; i < SWEPT_ENTRIES; i += 100) T_BEGIN {
		test_assert_strcmp_idx(
			find(table, t_strdup_printf("0:u%u", i)), "a", i);
		test_assert_strcmp_idx(
			find(table, t_strdup_printf("0:u%u", i + 1)), "none",
			i);
	} T_END;
	referral_mirror_table_destroy(&table);
	test_end();
}

struct model_entry {
	bool used;
	unsigned int names[2], host;
};

static const char *model_name(unsigned int num)
{
	/* of many lengths, also a large record */
	return t_strdup_printf("n%0*u", (int)(num * 13 % 500), num);
}

static const char *
model_find(const struct model_entry *model, unsigned int name)
{
	const char *found = "none";

	for (unsigned int i = 0; i < MODEL_ENTRIES; i++) {
		if (!model[i].used || (model[i].names[0] != name &&
				       model[i].names[1] != name))
			continue;
		if (strcmp(found, "none") != 0)
			return "several";
		found = t_strdup_printf("h%u", model[i].host);
	}
	return found;
}

/* Random changes, compared with an array that is searched from end to end. */
void test_mirror_table_model(void)
{
	static struct model_entry model[MODEL_ENTRIES];
	struct referral_mirror_table *table;
	unsigned int step, i, name;

	test_begin("mirror table: random changes");
	i_zero(&model);
	table = referral_mirror_table_create(test_mirror_rules, 2, NULL, NULL);
	for (step = 0; step < MODEL_STEPS; step++) T_BEGIN {
		struct model_entry *entry;

		i = i_rand_limit(MODEL_ENTRIES);
		entry = &model[i];
		if (i_rand_limit(3) == 0) {
			test_assert_idx(referral_mirror_table_delete(
				table, test_mirror_uuid(i)) == entry->used, step);
			entry->used = FALSE;
		} else {
			entry->used = TRUE;
			entry->names[0] = i_rand_limit(MODEL_NAMES);
			entry->names[1] = i_rand_limit(MODEL_NAMES);
			entry->host = i_rand_limit(5);
			test_assert_idx(test_mirror_set(table, i, t_strdup_printf(
				"0:%s 0:%s", model_name(entry->names[0]),
				model_name(entry->names[1])),
				t_strdup_printf("h%u", entry->host)) == 0,
				step);
		}
		name = i_rand_limit(MODEL_NAMES);
		test_assert_strcmp_idx(
			find(table, t_strdup_printf("0:%s", model_name(name))),
			model_find(model, name), step);
	} T_END;
	referral_mirror_table_destroy(&table);
	test_end();
}

/* Names that many have would make everyone wait. */
void test_mirror_table_same_name(void)
{
	struct referral_mirror_table *table;
	unsigned int i;

	test_begin("mirror table: same names");
	table = referral_mirror_table_create(test_mirror_rules, 2, NULL, NULL);
	for (i = 0; i <= REFERRAL_MIRROR_INDEX_MAX_SAME; i++) T_BEGIN {
		test_assert_idx(test_mirror_set(table, i, t_strdup_printf(
			"0:u%u 0:same", i), "a") ==
			(i < REFERRAL_MIRROR_INDEX_MAX_SAME ? 0 : -1), i);
	} T_END;
	/* nothing is left of the one that failed */
	test_assert(entries(table) == i - 1);
	test_assert_strcmp(find(table, t_strdup_printf("0:u%u", i - 1)),
			   "none");
	test_assert_strcmp(find(table, t_strdup_printf("0:u%u", i - 2)), "a");
	test_assert_strcmp(find(table, "0:same"), "several");
	/* one that was there and fails is gone, too */
	test_assert(test_mirror_set(table, i, "0:x", "a") == 0);
	test_assert(test_mirror_set(table, i, "0:x 0:same", "a") == -1);
	test_assert_strcmp(find(table, "0:x"), "none");
	test_assert(entries(table) == i - 1);
	referral_mirror_table_destroy(&table);
	test_end();
}

/* At most 110 bytes for a user with a name of 20 characters, by our own
   account and by malloc()'s, whatever the number. */
void test_mirror_table_memory(void)
{
	struct referral_mirror_table *table;
	const struct referral_mirror_stats *stats;
	size_t before, used;
	unsigned int i;

	test_begin("mirror table: memory");
	before = test_malloc_bytes();
	table = referral_mirror_table_create(test_mirror_rules, 1, NULL, NULL);
	stats = referral_mirror_table_get_stats(table);
	used = test_malloc_bytes() - before;
	/* valgrind's malloc() does not count */
	if (used > 0) {
		test_assert(stats->bytes < used + used / 50);
		test_assert(stats->bytes > used - used / 50);
	}
	for (i = 0; i < MEMORY_USERS; i++) {
		T_BEGIN {
			(void)test_mirror_set(table, i,
				t_strdup_printf("0:user%016u", i),
				i % 3 == 0 ? "imap1.example.com" :
				"imap2.example.com");
		} T_END;
		if (i > 20000)
			test_assert_idx(stats->bytes / (i + 1) <= 110, i);
	}
	used = test_malloc_bytes() - before;
	test_assert(used / MEMORY_USERS <= 110);
	/* valgrind's malloc() does not count */
	if (used > 0) {
		test_assert(stats->bytes < used + used / 50);
		test_assert(stats->bytes > used - used / 50);
	}
	/* what is freed is used again */
	for (i = 0; i < MEMORY_USERS; i++) T_BEGIN {
		(void)referral_mirror_table_delete(table, test_mirror_uuid(i));
		(void)test_mirror_set(table, MEMORY_USERS + i,
			  t_strdup_printf("0:user%016u", MEMORY_USERS + i),
			  "imap1.example.com");
	} T_END;
	test_assert(stats->entries == MEMORY_USERS);
	test_assert(stats->bytes / MEMORY_USERS <= 110);
	referral_mirror_table_destroy(&table);
	test_end();
}
