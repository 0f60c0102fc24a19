/* Whose sessions are to be ended, and when. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "llist.h"
#include "kick-queue.h"

enum kick_state {
	/* in queue.first */
	KICK_FIRST,
	/* in queue.again */
	KICK_AGAIN,
	/* in queue.running */
	KICK_RUNNING,
};

struct kick_user {
	struct kick_user *prev, *next;

	enum kick_state state;
	uint64_t due;
	/* the run under way is the second */
	bool second;
	/* added while its run was under way */
	bool renewed;
	char *name;
};

/* those that were added first at the head: they are due first */
struct kick_list {
	struct kick_user *head, *tail;
};

struct referral_kick_queue {
	HASH_TABLE(char *, struct kick_user *) users;
	struct kick_list first, again;
	ARRAY(struct kick_user *) running;
	ARRAY_TYPE(const_string) names;
	/* when the last run began */
	uint64_t last_run;
	bool has_run;
};

struct referral_kick_queue *referral_kick_queue_create(void)
{
	struct referral_kick_queue *queue;

	queue = i_new(struct referral_kick_queue, 1);
	hash_table_create(&queue->users, default_pool, 0, str_hash, strcmp);
	i_array_init(&queue->running, 16);
	i_array_init(&queue->names, 16);
	return queue;
}

static void kick_user_free(struct kick_user *user)
{
	i_free(user->name);
	i_free(user);
}

void referral_kick_queue_destroy(struct referral_kick_queue **_queue)
{
	struct referral_kick_queue *queue = *_queue;
	struct hash_iterate_context *iter;
	struct kick_user *user;
	char *name;

	*_queue = NULL;
	if (queue == NULL)
		return;
	iter = hash_table_iterate_init(queue->users);
	while (hash_table_iterate(iter, queue->users, &name, &user))
		kick_user_free(user);
	hash_table_iterate_deinit(&iter);
	hash_table_destroy(&queue->users);
	array_free(&queue->running);
	array_free(&queue->names);
	i_free(queue);
}

/* The way to the command has lines for arguments, and no escapes. */
static bool kick_name_is_tellable(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;

	for (; *p != '\0'; p++) {
		if (*p < ' ' || *p == 0x7f)
			return FALSE;
	}
	return name[0] != '\0';
}

static void
kick_list_add(struct kick_list *list, struct kick_user *user,
	      enum kick_state state, uint64_t due)
{
	user->state = state;
	user->due = due;
	DLLIST2_APPEND(&list->head, &list->tail, user);
}

static void kick_list_remove(struct kick_list *list, struct kick_user *user)
{
	DLLIST2_REMOVE(&list->head, &list->tail, user);
}

static void
kick_user_begin(struct referral_kick_queue *queue, struct kick_user *user,
		uint64_t now)
{
	user->second = FALSE;
	user->renewed = FALSE;
	kick_list_add(&queue->first, user, KICK_FIRST,
		      now + REFERRAL_KICK_COLLECT_MSECS);
}

enum referral_kick_result
referral_kick_queue_add(struct referral_kick_queue *queue, const char *name,
			uint64_t now)
{
	struct kick_user *user;

	if (!kick_name_is_tellable(name))
		return REFERRAL_KICK_BAD_NAME;
	user = hash_table_lookup(queue->users, name);
	if (user == NULL) {
		if (hash_table_count(queue->users) >= REFERRAL_KICK_MAX_USERS)
			return REFERRAL_KICK_FULL;
		user = i_new(struct kick_user, 1);
		user->name = i_strdup(name);
		hash_table_insert(queue->users, user->name, user);
		kick_user_begin(queue, user, now);
		return REFERRAL_KICK_QUEUED;
	}
	switch (user->state) {
	case KICK_FIRST:
		break;
	case KICK_AGAIN:
		kick_list_remove(&queue->again, user);
		kick_user_begin(queue, user, now);
		break;
	case KICK_RUNNING:
		user->renewed = TRUE;
		break;
	}
	return REFERRAL_KICK_QUEUED;
}

bool referral_kick_queue_wait(const struct referral_kick_queue *queue,
			      uint64_t now, unsigned int *msecs_r)
{
	const struct kick_user *first = queue->first.head;
	const struct kick_user *again = queue->again.head;
	uint64_t due;

	if (array_count(&queue->running) > 0 ||
	    (first == NULL && again == NULL))
		return FALSE;
	if (first == NULL)
		due = again->due;
	else if (again == NULL)
		due = first->due;
	else
		due = I_MIN(first->due, again->due);
	if (queue->has_run)
		due = I_MAX(due, queue->last_run + REFERRAL_KICK_PAUSE_MSECS);
	*msecs_r = due > now ? due - now : 0;
	return TRUE;
}

static void
kick_run_add(struct referral_kick_queue *queue, struct kick_list *list,
	     uint64_t due)
{
	struct kick_user *user;
	const char *name;

	while ((user = list->head) != NULL && user->due <= due &&
	       array_count(&queue->running) < REFERRAL_KICK_RUN_USERS) {
		kick_list_remove(list, user);
		user->state = KICK_RUNNING;
		array_push_back(&queue->running, &user);
		name = user->name;
		array_push_back(&queue->names, &name);
	}
}

const char *const *
referral_kick_queue_run(struct referral_kick_queue *queue, uint64_t now,
			unsigned int *count_r)
{
	unsigned int msecs;

	i_assert(array_count(&queue->running) == 0);
	array_clear(&queue->names);
	if (referral_kick_queue_wait(queue, now, &msecs) && msecs == 0) {
		/* if it starts at all, then with everybody there is */
		kick_run_add(queue, &queue->first, UINT64_MAX);
		kick_run_add(queue, &queue->again, now);
		queue->last_run = now;
		queue->has_run = TRUE;
	}
	*count_r = array_count(&queue->running);
	array_append_zero(&queue->names);
	return array_front(&queue->names);
}

static void
kick_user_forget(struct referral_kick_queue *queue, struct kick_user *user)
{
	hash_table_remove(queue->users, user->name);
	kick_user_free(user);
}

unsigned int
referral_kick_queue_finish(struct referral_kick_queue *queue, uint64_t now,
			   bool failed, const char **example_r)
{
	struct kick_user *user;
	unsigned int given_up = 0;

	*example_r = NULL;
	array_foreach_elem(&queue->running, user) {
		if (user->renewed) {
			kick_user_begin(queue, user, now);
		} else if (!user->second) {
			user->second = TRUE;
			kick_list_add(&queue->again, user, KICK_AGAIN,
				      now + REFERRAL_KICK_AGAIN_MSECS);
		} else {
			if (failed && given_up++ == 0)
				*example_r = t_strdup(user->name);
			kick_user_forget(queue, user);
		}
	}
	array_clear(&queue->running);
	return given_up;
}
