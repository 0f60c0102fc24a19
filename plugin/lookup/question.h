#ifndef REFERRAL_QUESTION_H
#define REFERRAL_QUESTION_H

/* What is asked about a user, and what an entry says to it. */

#include "referral-decision.h"

struct referral_directory_settings;
struct referral_question;
struct referral_ldap_result;
struct referral_ldap_search_params;

/* Returns 0, or -1 and error_r that names the setting. */
int referral_question_create(pool_t pool,
			     const struct referral_directory_settings *set,
			     struct referral_question **question_r,
			     const char **error_r);

/* The part of what is known of the user that the answer depends on: users with
   the same key share their answers. Valid until the next call. */
const char *referral_question_get_key(struct referral_question *question,
				      const struct referral_user *user);
/* Does the key depend on the user's name alone? */
bool referral_question_key_is_name(const struct referral_question *question);
/* The search in the next base that there is for this user, from *idx on, whose
   number *idx becomes. FALSE if there is none (any more): one that needs a
   domain is none for users without. params_r's strings are from the data stack,
   or the question's own. */
bool referral_question_get_search(const struct referral_question *question,
				  const struct referral_user *user,
				  unsigned int *idx,
				  struct referral_ldap_search_params *params_r);
/* those that are searched for, NULL-terminated */
const char *const *
referral_question_get_attributes(const struct referral_question *question);
unsigned int
referral_question_get_bases_count(const struct referral_question *question);
/* A search for one entry that has a value, whoever it is, in one of the bases.
   Returns FALSE if that has no part that is the same for everyone. */
bool referral_question_get_probe(const struct referral_question *question,
				 unsigned int idx,
				 struct referral_ldap_search_params *params_r);
/* result_r points into search and to the data stack. Values that are no hosts but
   mean some by referral_mailhost_format are the hosts. user: NULL if that is not
   known. */
void referral_question_get_result(const struct referral_question *question,
				  const struct referral_user *user,
				  const struct referral_ldap_result *search,
				  struct referral_lookup_result *result_r);
/* Is the result of one search all that there is to say, whoever was asked
   about? */
bool referral_question_is_answer(const struct referral_question *question,
				 const struct referral_ldap_result *search);

void referral_question_deinit(struct referral_question **question);

#endif
