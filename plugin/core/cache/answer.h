#ifndef REFERRAL_ANSWER_H
#define REFERRAL_ANSWER_H

/* Answers of the directory that are kept once each, however many users have
   them. */

#include "referral-decision.h"
#include "table.h"

struct referral_answer {
	enum referral_lookup_status status;
	/* as in struct referral_lookup_result */
	const char *const *mailhosts;
	const struct referral_host *hosts;
	const char *action;

	/* private to answer.c */
	struct referral_table_node node;
	unsigned int refcount;
	/* the strings, each with its NUL */
	const char *strings;
	size_t strings_size;
	size_t alloc_size;
};

struct referral_answers {
	struct referral_table table;
	size_t *bytes;
};

/* The memory that answers take is added to bytes and taken off again. */
void referral_answers_init(struct referral_answers *answers, size_t *bytes);
/* None of them may be used any more. */
void referral_answers_deinit(struct referral_answers *answers);

/* Returns the kept answer that equals result's status, mailhosts and action,
   with a reference for the caller. Its hosts are parsed when it is seen for
   the first time. */
struct referral_answer *
referral_answers_get(struct referral_answers *answers,
		     const struct referral_lookup_result *result);
void referral_answer_ref(struct referral_answer *answer);
void referral_answers_unref(struct referral_answers *answers,
			    struct referral_answer **answer);

/* The bytes that this answer would take, or a little more. */
size_t referral_answer_get_size(const struct referral_lookup_result *result);
/* Fill in what an answer knows; the rest of result_r is left alone. It points
   into the answer. */
void referral_answer_get_result(const struct referral_answer *answer,
				struct referral_lookup_result *result_r);

#endif
