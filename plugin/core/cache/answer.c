/* Shared answers: see answer.h */

#include "lib.h"
#include "hash.h"
#include "keyhash.h"
#include "answer.h"

static unsigned int answer_hash(const struct referral_answer *answer)
{
	return answer->hash;
}

static int answer_cmp(const struct referral_answer *answer1,
		      const struct referral_answer *answer2)
{
	if (answer1->status != answer2->status ||
	    (answer1->action == NULL) != (answer2->action == NULL) ||
	    answer1->strings_size != answer2->strings_size)
		return 1;
	return memcmp(answer1->strings, answer2->strings,
		      answer1->strings_size);
}

void referral_answers_init(struct referral_answers *answers, size_t *bytes)
{
	answers->bytes = bytes;
	hash_table_create(&answers->values, default_pool, 0,
			  answer_hash, answer_cmp);
}

void referral_answers_deinit(struct referral_answers *answers)
{
	i_assert(hash_table_count(answers->values) == 0);
	hash_table_destroy(&answers->values);
}

size_t referral_answer_get_cost(const struct referral_answer *answer)
{
	/* the table grows: it can be a third full */
	return REFERRAL_ALLOC_SIZE(answer->alloc_size) +
		REFERRAL_HASH_NODE_SIZE + 4 * REFERRAL_HASH_SLOT_SIZE;
}

/* Fill in the strings behind answer; mailhosts' pointers come first. */
static void
answer_fill(struct referral_answer *answer, unsigned int mailhosts_count,
	    const struct referral_lookup_result *result)
{
	const char **mailhosts = PTR_OFFSET(answer, sizeof(*answer));
	char *dest = PTR_OFFSET(mailhosts, sizeof(*mailhosts) *
				(mailhosts_count + 1));
	size_t size;

	answer->strings = dest;
	for (unsigned int i = 0; i < mailhosts_count; i++) {
		size = strlen(result->mailhosts[i]) + 1;
		memcpy(dest, result->mailhosts[i], size);
		mailhosts[i] = dest;
		dest += size;
	}
	mailhosts[mailhosts_count] = NULL;
	if (result->mailhosts != NULL)
		answer->mailhosts = mailhosts;
	if (result->action != NULL) {
		memcpy(dest, result->action, strlen(result->action) + 1);
		answer->action = dest;
	}
}

static struct referral_answer *
answer_create(const struct referral_lookup_result *result)
{
	struct referral_answer *answer;
	unsigned int i, count = 0;
	size_t strings_size = 0, alloc_size;

	if (result->mailhosts != NULL)
		count = str_array_length(result->mailhosts);
	for (i = 0; i < count; i++)
		strings_size += strlen(result->mailhosts[i]) + 1;
	if (result->action != NULL)
		strings_size += strlen(result->action) + 1;
	alloc_size = sizeof(*answer) + sizeof(char *) * (count + 1) +
		strings_size;

	answer = i_malloc(alloc_size);
	answer->refcount = 1;
	answer->status = result->status;
	answer->strings_size = strings_size;
	answer->alloc_size = alloc_size;
	answer_fill(answer, count, result);
	answer->hash = referral_keyhash_data(answer->strings, strings_size);
	return answer;
}

struct referral_answer *
referral_answers_get(struct referral_answers *answers,
		     const struct referral_lookup_result *result)
{
	struct referral_answer *answer, *old_answer;

	answer = answer_create(result);
	old_answer = hash_table_lookup(answers->values, answer);
	if (old_answer != NULL) {
		i_free(answer);
		old_answer->refcount++;
		return old_answer;
	}
	hash_table_insert(answers->values, answer, answer);
	*answers->bytes += referral_answer_get_cost(answer);
	return answer;
}

void referral_answer_ref(struct referral_answer *answer)
{
	answer->refcount++;
}

void referral_answers_unref(struct referral_answers *answers,
			    struct referral_answer **_answer)
{
	struct referral_answer *answer = *_answer;

	*_answer = NULL;
	i_assert(answer->refcount > 0);
	if (--answer->refcount > 0)
		return;
	*answers->bytes -= referral_answer_get_cost(answer);
	hash_table_remove(answers->values, answer);
	i_free(answer);
}
