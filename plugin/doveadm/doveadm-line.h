#ifndef REFERRAL_DOVEADM_LINE_H
#define REFERRAL_DOVEADM_LINE_H

/* doveadm's end of the private line to the auth process (referral-line.h).
   Blocking, with a timeout. Errors are printed by whoever finds them, and
   doveadm_exit_code is set: nothing here ends the process, which may be
   doveadm-server. */

struct doveadm_cmd_context;
struct referral_line;

struct referral_line_answer {
	/* what was asked can't be answered: why; NULL if it is answered */
	const char *error;
	/* "key=value", NULL-terminated */
	const char *const *values;
};

/* The parameter "socket-path" of the command, or base_dir's. Returns 0, or -1
   after an error. */
int referral_line_open(struct doveadm_cmd_context *cctx,
		       struct referral_line **line_r);
void referral_line_close(struct referral_line **line);

/* Ask one question: words are its arguments, NULL-terminated. Returns 0 and
   answer_r (data stack), or -1 after an error: the line is broken then. */
int referral_line_ask(struct referral_line *line, const char *question,
		      const char *const *words,
		      struct referral_line_answer *answer_r);
/* One part of an answer: kind is a word, answer is valid during the call. */
typedef void referral_line_item_t(const char *kind,
				  const struct referral_line_answer *answer,
				  void *context);
/* The same for a question whose answer has parts. */
int referral_line_ask_items(struct referral_line *line, const char *question,
			    const char *const *words,
			    referral_line_item_t *callback, void *context,
			    struct referral_line_answer *answer_r);

struct referral_line_user {
	const char *user;
	/* "key=value": what is known of the session; NULL-terminated */
	const char *const *args;
};

/* Called for each user, in the order that was asked. answer is valid during
   the call only. */
typedef void referral_line_explained_t(unsigned int idx,
				       const struct referral_line_answer *answer,
				       void *context);
/* EXPLAIN many users, several at a time. Returns 0, or -1 after an error: the
   rest is not answered. */
int referral_line_explain(struct referral_line *line,
			  const struct referral_line_user *users,
			  unsigned int count,
			  referral_line_explained_t *callback, void *context);

/* The value of key, "" if the answer has none. */
const char *referral_line_value(const struct referral_line_answer *answer,
				const char *key);

#endif
