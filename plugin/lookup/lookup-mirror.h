#ifndef REFERRAL_LOOKUP_MIRROR_H
#define REFERRAL_LOOKUP_MIRROR_H

/* Where a copy of the directory that is kept up to date plugs in: it is asked
   before the cache, and what it says is as good as a search's answer. */

#include "referral-decision.h"

struct referral_ldap_client;
struct referral_lookup;

enum referral_mirror_reply {
	/* result_r is what the directory says now */
	REFERRAL_MIRROR_ANSWER,
	/* the copy is complete and does not know this user: the directory is
	   asked, unless the cache knows that it does not either */
	REFERRAL_MIRROR_UNKNOWN,
	/* the copy is not complete, or can't tell about this user: the cache
	   and the directory are asked */
	REFERRAL_MIRROR_NOT_IN_SYNC,
};

struct referral_mirror_vfuncs {
	/* user is as for referral_lookup_cached(). result_r has been zeroed,
	   with the source _MIRROR; what it points to has to be valid until
	   the next call of a vfunc or until the ioloop runs. Called for each
	   login: nothing here may block. */
	enum referral_mirror_reply
	(*lookup)(void *context, const char *user,
		  struct referral_lookup_result *result_r);
	/* No server can be asked: returns TRUE and what the copy said at its
	   last contact (source _STALE, age_secs), if that may still be used.
	   result_r is left as it is otherwise. */
	bool (*lookup_stale)(void *context, const char *user,
			     struct referral_lookup_result *result_r);
};

/* The client that searches; NULL if referral_ldap_uris is empty. */
struct referral_ldap_client *
referral_lookup_get_client(struct referral_lookup *lookup);
/* v is kept by reference. NULL: there is no mirror (any more). */
void referral_lookup_set_mirror(struct referral_lookup *lookup,
				const struct referral_mirror_vfuncs *v,
				void *context);
/* The mirror has learnt that what the directory says about user has changed.
   The cache forgets the user, and whoever wants to know of changes is told. */
void referral_lookup_mirror_changed(
	struct referral_lookup *lookup, const char *user,
	const struct referral_lookup_result *old_result,
	const struct referral_lookup_result *new_result);

#endif
