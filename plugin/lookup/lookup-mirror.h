#ifndef REFERRAL_LOOKUP_MIRROR_H
#define REFERRAL_LOOKUP_MIRROR_H

/* Where a copy of the directory that is kept up to date plugs in: it is asked
   before the cache, and what it says is as good as a search's answer. */

#include "referral-decision.h"

struct referral_lookup;

enum referral_mirror_reply {
	/* result_r is what the directory says now */
	REFERRAL_MIRROR_ANSWER,
	/* the copy is complete but can't tell about this user: the cache and
	   the directory are asked */
	REFERRAL_MIRROR_UNKNOWN,
	/* the copy is not complete, or too old to be trusted: the same */
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
};

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
