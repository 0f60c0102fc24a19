/* What a mirror's table tells of changes. */

#include "lib.h"
#include "str.h"
#include "mirror-gone.h"
#include "test-core.h"
#include "test-mirror-table.h"

struct changed {
	unsigned int count;
	string_t *str;
};

static void
changed_callback(const struct referral_mirror_key *keys,
		 unsigned int keys_count,
		 const struct referral_lookup_result *old_answer,
		 const struct referral_lookup_result *new_answer, void *context)
{
	struct changed *changed = context;

	changed->count++;
	str_truncate(changed->str, 0);
	for (unsigned int i = 0; i < keys_count; i++) {
		str_append_data(changed->str, keys[i].data, keys[i].size);
		str_append_c(changed->str, ' ');
	}
	str_printfa(changed->str, "%s -> %s",
		    old_answer->mailhosts == NULL ? "-" :
		    old_answer->mailhosts[0],
		    new_answer->mailhosts == NULL ? "-" :
		    new_answer->mailhosts[0]);
}

static struct referral_mirror_table *
changed_table_create(struct changed *changed)
{
	return referral_mirror_table_create(test_mirror_rules, 2,
					    changed_callback, changed);
}

void test_mirror_table_changed(void)
{
	struct changed changed = { .str = t_str_new(64) };
	struct referral_mirror_table *table;

	test_begin("mirror table: changes are told");
	table = changed_table_create(&changed);
	(void)test_mirror_set(table, 1, "0:bob", "a");
	(void)test_mirror_set(table, 2, "0:rob", "a");
	(void)test_mirror_set(table, 1, "0:bob", "a");
	(void)test_mirror_set(table, 1, "0:rob 0:bob", "a");
	test_assert(changed.count == 0);
	(void)test_mirror_set(table, 1, "0:bob 1:b", "b");
	test_assert(changed.count == 1);
	test_assert_strcmp(str_c(changed.str), "bob b a -> b");
	(void)test_mirror_set(table, 1, "0:bob", NULL);
	test_assert(changed.count == 2);
	test_assert_strcmp(str_c(changed.str), "bob b -> -");
	(void)referral_mirror_table_delete(table, test_mirror_uuid(1));
	(void)test_mirror_set(table, 1, "0:bob", "a");
	test_assert(changed.count == 3);
	test_assert_strcmp(str_c(changed.str), "bob - -> a");
	referral_mirror_table_destroy(&table);
	test_end();
}

/* A user who has another entry now has moved as well. */
void test_mirror_table_gone(void)
{
	struct changed changed = { .str = t_str_new(64) };
	struct referral_mirror_table *table;
	unsigned int i;

	test_begin("mirror table: entries that take another's place");
	table = changed_table_create(&changed);
	(void)test_mirror_set(table, 1, "0:bob 1:Bob@x", "a");
	(void)test_mirror_set(table, 2, "0:rob", "a");
	/* deleted and added */
	(void)referral_mirror_table_delete(table, test_mirror_uuid(1));
	(void)test_mirror_set(table, 3, "0:bobby 1:Bob@x", "b");
	test_assert(changed.count == 1);
	test_assert_strcmp(str_c(changed.str), "bobby Bob@x a -> b");
	/* only once */
	(void)test_mirror_set(table, 4, "0:bob", "c");
	test_assert(changed.count == 1);
	/* with the same home; of another attribute */
	(void)referral_mirror_table_delete(table, test_mirror_uuid(2));
	(void)test_mirror_set(table, 5, "0:rob", "a");
	(void)referral_mirror_table_delete(table, test_mirror_uuid(5));
	(void)test_mirror_set(table, 5, "1:rob", "b");
	test_assert(changed.count == 1);

	/* added, then deleted */
	(void)test_mirror_set(table, 6, "0:bob", "d");
	test_assert(changed.count == 1);
	(void)referral_mirror_table_delete(table, test_mirror_uuid(4));
	test_assert(changed.count == 2);
	test_assert_strcmp(str_c(changed.str), "bob c -> d");
	/* the same by a refresh */
	referral_mirror_table_new_round(table);
	(void)test_mirror_set(table, 7, "0:bob", "e");
	test_mirror_sweep(table);
	test_assert(changed.count == 3);
	test_assert_strcmp(str_c(changed.str), "bob d -> e");

	/* renamed, and the name has got another entry */
	(void)test_mirror_set(table, 7, "0:robert", "e");
	(void)test_mirror_set(table, 8, "0:bob", "f");
	test_assert(changed.count == 4);
	test_assert_strcmp(str_c(changed.str), "bob e -> f");
	/* the last one that had the name counts */
	(void)referral_mirror_table_delete(table, test_mirror_uuid(8));
	(void)test_mirror_set(table, 9, "0:bob", "g");
	(void)referral_mirror_table_delete(table, test_mirror_uuid(9));
	(void)test_mirror_set(table, 10, "0:bob", "f");
	test_assert(changed.count == 6);
	test_assert_strcmp(str_c(changed.str), "bob g -> f");
	/* a name less, which is back when the home has changed: told once */
	(void)test_mirror_set(table, 10, "0:bob 0:b", "f");
	(void)test_mirror_set(table, 10, "0:bob", "f");
	(void)test_mirror_set(table, 10, "0:bob 0:b", "g");
	test_assert(changed.count == 7);
	test_assert_strcmp(str_c(changed.str), "bob b f -> g");
	/* a name more: nothing is lost, and nothing is kept for later */
	(void)test_mirror_set(table, 10, "0:bob 0:b 0:c", "h");
	(void)test_mirror_set(table, 10, "0:bob 0:b 0:c", "i");
	test_assert(changed.count == 9);

	/* not for ever */
	(void)referral_mirror_table_delete(table, test_mirror_uuid(10));
	for (i = 0; i < REFERRAL_MIRROR_GONE_MAX; i++) T_BEGIN {
		(void)test_mirror_set(table, 100 + i,
				      t_strdup_printf("0:u%u", i), "a");
		(void)referral_mirror_table_delete(table,
						   test_mirror_uuid(100 + i));
	} T_END;
	(void)test_mirror_set(table, 11, "0:bob", "h");
	test_assert(changed.count == 9);
	(void)test_mirror_set(table, 12, "0:u0", "h");
	test_assert(changed.count == 10);
	referral_mirror_table_destroy(&table);
	test_end();
}
