#ifndef REFERRAL_AUTH_EXPLAIN_ANSWER_H
#define REFERRAL_AUTH_EXPLAIN_ANSWER_H

/* An explained login in the words of the line. */

struct auth_request;
struct referral_auth_answer;
struct referral_auth_protocol;

struct referral_explain_answer {
	struct auth_request *request;
	const struct referral_auth_protocol *protocol;
	struct timeval started;
	/* what the passdbs said, in words */
	const char *passdb;
	/* what the directory said; NULL if the login does not come that far */
	const struct referral_auth_answer *lookup;
};

/* Decide as for a login and append "key=value" words, tab-escaped, each with a
   TAB before it. Values are printable, but for the user's name. */
void referral_explain_answer_append(const struct referral_explain_answer *answer,
				    string_t *dest);

#endif
