#include "lib.h"
#include "str.h"
#include "mirror-copy.h"
#include "test-core.h"

/* A synchronisation as a script, words apart by spaces:

   begin, end, forget   see mirror-copy.h
   +NAME, =NAME         an entry is added, modified
   -NAME, .NAME         an entry is deleted, present
   --NAME, ..NAME       the same by an ID set
   present, delete      the refresh ends with this phase
   present... delete... the phase ends, not the refresh
   @COOKIE              the next message has this cookie; alone: new cookie
   work                 all the work there is
   !                    the word before fails */

#define NOT REFERRAL_MIRROR_COPY_INCOMPLETE
#define WORK REFERRAL_MIRROR_COPY_SWEEPING
#define SYNC REFERRAL_MIRROR_COPY_IN_SYNC

static const enum referral_mirror_rule rules[] = {
	REFERRAL_MIRROR_RULE_CASE_IGNORE,
};

struct player {
	struct referral_mirror_copy *copy;
	struct referral_sync_cookie cookie;
	const char *request_cookie;
};

static const unsigned char *name_to_uuid(const char *name)
{
	char *uuid = t_malloc0(REFERRAL_SYNC_UUID_SIZE + 1);

	memcpy(uuid, name, strlen(name));
	return (unsigned char *)uuid;
}

static int
play_entry(struct player *player, enum referral_sync_state state,
	   const char *name)
{
	const struct referral_sync_entry entry = {
		.state = state,
		.uuid = name_to_uuid(name),
		.cookie = player->cookie,
	};
	const char *const hosts[] = { "a", NULL };
	const struct referral_lookup_result answer = {
		.status = REFERRAL_LOOKUP_HOSTS,
		.mailhosts = hosts,
	};
	/* "?": without a value; "_": with one that says nothing */
	const char *const uids[] = {
		*name == '?' ? NULL : *name == '_' ? "  " : name, NULL
	};
	const char *const *const values[] = { uids };
	const char *error;

	return referral_mirror_copy_entry(player->copy, &entry, values,
					  &answer, &error);
}

static int play_info(struct player *player, struct referral_sync_info *info)
{
	const char *error;

	info->cookie = player->cookie;
	return referral_mirror_copy_info(player->copy, info, &error);
}

static int play_id_set(struct player *player, bool deletes, const char *name)
{
	buffer_t *buf = t_buffer_create(32);
	struct referral_sync_info info = {
		.type = REFERRAL_SYNC_INFO_ID_SET,
		.refresh_deletes = deletes,
	};

	buffer_append(buf, "\x04\x10", 2);
	buffer_append(buf, name_to_uuid(name), REFERRAL_SYNC_UUID_SIZE);
	info.uuids = buf->data;
	info.uuids_size = buf->used;
	return play_info(player, &info);
}

static int play_phase(struct player *player, const char *word)
{
	struct referral_sync_info info = {
		.type = *word == 'p' ? REFERRAL_SYNC_INFO_REFRESH_PRESENT :
			REFERRAL_SYNC_INFO_REFRESH_DELETE,
		.refresh_done = strchr(word, '.') == NULL,
	};

	return play_info(player, &info);
}

static void play_begin(struct player *player)
{
	const struct referral_sync_cookie *cookie =
		referral_mirror_copy_begin(player->copy);

	player->request_cookie = cookie->data == NULL ? "" :
		t_strndup(cookie->data, cookie->size);
}

static int play_word(struct player *player, const char *word)
{
	switch (*word) {
	case '+':
		return play_entry(player, REFERRAL_SYNC_STATE_ADD, word + 1);
	case '=':
		return play_entry(player, REFERRAL_SYNC_STATE_MODIFY, word + 1);
	case '-':
		return word[1] == '-' ? play_id_set(player, TRUE, word + 2) :
			play_entry(player, REFERRAL_SYNC_STATE_DELETE,
				   word + 1);
	case '.':
		return word[1] == '.' ? play_id_set(player, FALSE, word + 2) :
			play_entry(player, REFERRAL_SYNC_STATE_PRESENT,
				   word + 1);
	}
	if (strcmp(word, "begin") == 0)
		play_begin(player);
	else if (strcmp(word, "end") == 0)
		referral_mirror_copy_end(player->copy);
	else if (strcmp(word, "forget") == 0)
		referral_mirror_copy_forget_cookie(player->copy);
	else if (strcmp(word, "work") == 0)
		while (referral_mirror_copy_work(player->copy)) ;
	else if (strncmp(word, "present", 7) == 0 ||
		 strncmp(word, "delete", 6) == 0)
		return play_phase(player, word);
	else
		i_panic("what is %s?", word);
	return 0;
}

static void play_cookie(struct player *player, const char *cookie)
{
	struct referral_sync_info info = {
		.type = REFERRAL_SYNC_INFO_NEW_COOKIE,
	};

	player->cookie.data = (const void *)cookie;
	player->cookie.size = strlen(cookie);
	test_assert(play_info(player, &info) == 0);
	i_zero(&player->cookie);
}


static void play(struct player *player, const char *script)
{
	const char *const *words = t_strsplit_spaces(script, " ");
	bool fails;

	for (; *words != NULL; words++) {
		if (**words == '!')
			continue;
		if (**words == '@') {
			play_cookie(player, *words + 1);
			continue;
		}
		fails = words[1] != NULL && *words[1] == '!';
		if (play_word(player, *words) != (fails ? -1 : 0))
			i_panic("%s: %s", script, *words);
	}
}

/* Those of the names a, b, ... that are in the table */
static const char *names(const struct player *player)
{
	const struct referral_mirror_table *table =
		referral_mirror_copy_get_table(player->copy);
	struct referral_lookup_result result;
	string_t *str = t_str_new(8);
	char name;

	for (name = 'a'; name <= 'f'; name++) {
		const struct referral_mirror_key key = {
			.data = &name, .size = 1
		};

		if (referral_mirror_table_find(table, &key, 1, &result) ==
		    REFERRAL_MIRROR_FOUND_ONE)
			str_append_c(str, name);
	}
	return str_c(str);
}

void test_mirror_copy(void)
{
	static const struct {
		const char *script;
		enum referral_mirror_copy_state state;
		/* in the table; sent with the last "begin" */
		const char *names, *cookie;
	} tests[] = {
		{ "begin", NOT, "", "" },
		{ "begin +a +b", NOT, "ab", "" },
		/* an initial refresh, in each way that servers end it */
		{ "begin +a +b delete", WORK, "ab", "" },
		{ "begin +a +b delete work", SYNC, "ab", "" },
		{ "begin +a +b present work", SYNC, "ab", "" },
		{ "begin +a present... +b delete work", SYNC, "ab", "" },
		{ "begin +a present... +b", NOT, "ab", "" },
		{ "begin present work", SYNC, "", "" },
		/* changes */
		{ "begin +a delete work +b =a -a", SYNC, "b", "" },
		{ "begin +a +b delete work --a --f", SYNC, "b", "" },
		{ "begin +a delete work -f", SYNC, "a", "" },
		{ "begin +a +b delete -a +c", WORK, "bc", "" },
		{ "begin +a +a delete work =a", SYNC, "a", "" },
		/* with the cookie: a delete phase, a present phase, both */
		{ "begin +a +b @rid=1 delete work end begin", NOT, "ab",
		  "rid=1" },
		{ "begin +a +b @rid=1 delete work end begin --a +c delete",
		  SYNC, "bc", "rid=1" },
		{ "begin +a +b @rid=1 delete work end begin ..a +c present "
		  "work", SYNC, "ac", "rid=1" },
		{ "begin +a +b @rid=1 delete work end begin .a +c present "
		  "work", SYNC, "ac", "rid=1" },
		{ "begin +a +b @rid=1 delete work end begin .a present... -a "
		  "+c delete work", SYNC, "c", "rid=1" },
		{ "begin +a +b @rid=1 delete work end begin delete", SYNC,
		  "ab", "rid=1" },
		/* each cookie is good for what came before it */
		{ "begin +a @rid=1 delete work @rid=2 +b end begin", NOT, "ab",
		  "rid=2" },
		{ "begin +a @rid=1 delete work end begin +b @rid=2 end begin",
		  NOT, "ab", "rid=1" },
		{ "begin +a @rid=1 end begin", NOT, "a", "" },
		{ "begin +a @rid=1 delete work end begin +b delete end begin",
		  NOT, "ab", "" },
		/* what is gone is still there: not to be resumed */
		{ "begin +a @rid=1 delete end begin", NOT, "a", "" },
		{ "begin +a @rid=1 delete +b end begin +c delete work", SYNC,
		  "c", "" },
		/* without: what was not seen is gone, however it ends */
		{ "begin +a +b delete work end begin +a +c delete work", SYNC,
		  "ac", "" },
		{ "begin +a +b delete work end begin +a +c present work",
		  SYNC, "ac", "" },
		{ "begin +a +b @rid=1 delete work end forget begin +c delete "
		  "work", SYNC, "c", "" },
		{ "begin +a +b end begin +b +c delete work", SYNC, "bc", "" },
		/* cookies that we don't know */
		{ "begin +a @host:389#1 delete work end begin", NOT, "a", "" },
		{ "begin +a @rid delete work end begin", NOT, "a", "" },
		/* what can't be true */
		{ "begin .a !", NOT, "", "" },
		{ "begin ..a !", NOT, "", "" },
		{ "begin +a @rid=1 delete work end begin .b !", NOT, "a",
		  "rid=1" },
		{ "begin +? !", NOT, "", "" },
		{ "begin +_ +a delete work", SYNC, "a", "" },
		{ "begin +a delete work =? !", SYNC, "a", "" },
		{ "begin +a delete delete !", WORK, "a", "" },
		{ "begin +a delete work present !", SYNC, "a", "" },
	};
	struct player player;
	unsigned int i;

	test_begin("mirror copy");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		i_zero(&player);
		player.copy = referral_mirror_copy_create(rules, 1, NULL, NULL);
		play(&player, tests[i].script);
		test_assert_idx(referral_mirror_copy_get_state(player.copy) ==
				tests[i].state, i);
		test_assert_strcmp_idx(names(&player), tests[i].names, i);
		test_assert_strcmp_idx(player.request_cookie, tests[i].cookie,
				       i);
		referral_mirror_copy_destroy(&player.copy);
	}
	test_end();
}

/* Show entries 1 to count. */
static void play_refresh(struct player *player, unsigned int count)
{
	play_begin(player);
	for (unsigned int i = 1; i <= count; i++) T_BEGIN {
		(void)play_entry(player, REFERRAL_SYNC_STATE_ADD,
				 t_strdup_printf("n%u", i));
	} T_END;
	play(player, "delete work");
}

void test_mirror_copy_shrunk(void)
{
	static const struct {
		unsigned int before, after;
		bool doubtful;
	} tests[] = {
		{ 0, 0, FALSE }, { 0, 100, FALSE }, { 100, 100, FALSE },
		{ 100, 67, FALSE }, { 100, 66, TRUE }, { 100, 0, TRUE },
		/* few */
		{ 9, 0, FALSE }, { 10, 0, TRUE }, { 12, 3, FALSE },
		{ 12, 2, TRUE }, { 30, 20, FALSE }, { 30, 19, TRUE },
	};
	struct player player;
	enum referral_mirror_copy_state state;
	unsigned int i, seen, expected;

	test_begin("mirror copy: sharply shrunk");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		i_zero(&player);
		player.copy = referral_mirror_copy_create(rules, 1, NULL, NULL);
		play_refresh(&player, tests[i].before);
		play(&player, "end");
		play_refresh(&player, tests[i].after);
		state = referral_mirror_copy_get_state(player.copy);
		test_assert_idx(state == (tests[i].doubtful ?
				REFERRAL_MIRROR_COPY_DOUBTFUL :
				REFERRAL_MIRROR_COPY_IN_SYNC), i);
		referral_mirror_copy_get_shrunk(player.copy, &seen, &expected);
		test_assert_idx(seen == tests[i].after, i);
		if (tests[i].doubtful)
			test_assert_idx(expected == tests[i].before, i);
		referral_mirror_copy_destroy(&player.copy);
	}

	i_zero(&player);
	player.copy = referral_mirror_copy_create(rules, 1, NULL, NULL);
	play_refresh(&player, 100);
	/* deletions are no doubt */
	for (i = 51; i <= 100; i++)
		play(&player, t_strdup_printf("-n%u", i));
	play(&player, "end");
	play_refresh(&player, 50);
	test_assert(referral_mirror_copy_get_state(player.copy) ==
		    REFERRAL_MIRROR_COPY_IN_SYNC);
	/* a refresh that did not come to its end is none */
	play(&player, "end begin +n1 end");
	/* doubtful: everything is kept, and there is no cookie to go on with */
	play(&player, "begin +n1 @rid=1 delete work");
	test_assert(referral_mirror_copy_get_state(player.copy) ==
		    REFERRAL_MIRROR_COPY_DOUBTFUL);
	test_assert(referral_mirror_table_get_stats(
		referral_mirror_copy_get_table(player.copy))->entries == 50);
	/* the same again is believed */
	play(&player, "end begin");
	test_assert_strcmp(player.request_cookie, "");
	play(&player, "+n1 delete work");
	test_assert(referral_mirror_copy_get_state(player.copy) ==
		    REFERRAL_MIRROR_COPY_IN_SYNC);
	test_assert(referral_mirror_table_get_stats(
		referral_mirror_copy_get_table(player.copy))->entries == 1);
	referral_mirror_copy_destroy(&player.copy);
	test_end();
}
