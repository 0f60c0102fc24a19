#ifndef REFERRAL_ANSWER_H
#define REFERRAL_ANSWER_H

/* Answers of the directory that are kept once each, however many users have
   them. */

#include "hash-decl.h"
#include "referral-decision.h"

/* What an allocation of glibc's malloc() takes from memory */
#define REFERRAL_ALLOC_SIZE(size) \
	I_MAX(((size) + sizeof(size_t) + 15) & ~(size_t)15, 32)
/* libdovecot's hash: a slot holds one node; a collision allocates another */
#define REFERRAL_HASH_SLOT_SIZE (3 * sizeof(void *))
#define REFERRAL_HASH_NODE_SIZE REFERRAL_ALLOC_SIZE(REFERRAL_HASH_SLOT_SIZE)

struct referral_answer {
	enum referral_lookup_status status;
	/* as in struct referral_lookup_result */
	const char *const *mailhosts;
	const char *action;

	/* private to answer.c */
	unsigned int refcount;
	unsigned int hash;
	/* the strings, each with its NUL */
	const char *strings;
	size_t strings_size;
	size_t alloc_size;
};

struct referral_answers {
	HASH_TABLE(struct referral_answer *, struct referral_answer *) values;
	size_t *bytes;
};

/* The memory that answers take is added to bytes and taken off again. */
void referral_answers_init(struct referral_answers *answers, size_t *bytes);
/* None of them may be used any more. */
void referral_answers_deinit(struct referral_answers *answers);

/* Returns the kept answer that equals result's status, mailhosts and action,
   with a reference for the caller. */
struct referral_answer *
referral_answers_get(struct referral_answers *answers,
		     const struct referral_lookup_result *result);
void referral_answer_ref(struct referral_answer *answer);
void referral_answers_unref(struct referral_answers *answers,
			    struct referral_answer **answer);

/* The bytes that an answer takes if nobody shares it. */
size_t referral_answer_get_cost(const struct referral_answer *answer);

#endif
