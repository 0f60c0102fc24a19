#ifndef REFERRAL_LOOKUP_ASK_H
#define REFERRAL_LOOKUP_ASK_H

/* Ask the directory about a user: base after base, in their order. The first
   that has an entry, or several, is the answer. It is no entry if all of them
   have none; one that can't be searched ends it, since the user may be there.

   A base that depends on the user is special where all of it does: that the
   server has nothing there may mean that the user's domain has no tree, or that
   the server is an empty replica. So every server is asked which trees it is for
   (namingContexts in its root DSE, RFC 4512 section 5.1). If that is none which
   has to do with this base, there is no entry. */

#include "referral-decision.h"

struct referral_ldap_client;
struct referral_ldap_result;
struct referral_question;
struct lookup_ask;

struct lookup_ask_params {
	struct referral_ldap_client *client;
	/* its servers, NULL-terminated; they have to live on */
	const char *const *uris;
	const struct referral_question *question;
	const struct referral_user *user;
	/* see struct referral_ldap_search_params */
	const char *key;
	/* in place of the question's, which have to be the first of them; NULL:
	   only those. They have to live on. */
	const char *const *attributes;
};

/* search: where the result comes from. Both are valid during the call only. */
typedef void
lookup_ask_callback_t(struct referral_lookup_result *result,
		      const struct referral_ldap_result *search, void *context);

/* user and key are copied. The callback is called exactly once, never from inside
   this call and never after cancel. */
struct lookup_ask *
referral_lookup_ask_start(const struct lookup_ask_params *params,
			  lookup_ask_callback_t *callback, void *context);
void referral_lookup_ask_cancel(struct lookup_ask **ask);

#endif
