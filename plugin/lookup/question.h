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

/* The part of the user's name that the answer depends on: users with the same
   key share their answers. Valid until the next call. */
const char *referral_question_get_key(struct referral_question *question,
				      const char *user);
/* params_r's strings are from the data stack, or the question's own. */
void referral_question_get_search(const struct referral_question *question,
				  const char *user,
				  struct referral_ldap_search_params *params_r);
/* A search for one entry that has a value, whoever it is. Returns FALSE if there
   is no base that is the same for everyone. */
bool referral_question_get_probe(const struct referral_question *question,
				 struct referral_ldap_search_params *params_r);
/* result_r points into search and to the data stack. Values that are no hosts but
   mean some by referral_mailhost_format are the hosts. */
void referral_question_get_result(const struct referral_question *question,
				  const struct referral_ldap_result *search,
				  struct referral_lookup_result *result_r);

void referral_question_deinit(struct referral_question **question);

#endif
