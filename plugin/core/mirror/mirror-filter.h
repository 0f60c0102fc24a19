#ifndef REFERRAL_MIRROR_FILTER_H
#define REFERRAL_MIRROR_FILTER_H

/* Take referral_ldap_filter apart: what does not depend on the user is the
   filter of the synchronisation, what does is what entries are found by.

       (&(objectClass=person)(|(uid=%{username})(mail=%{user})))
       -> (&(objectClass=person)(|(uid=*)(mail=*)))
          + uid: %{username}, mail: %{user}

   An entry that any user could be found by matches the filter of the
   synchronisation, and the other way round: so one part that depends on the
   user, or an "or" of such parts, inside any number of "and"s. */

#include "mirror-key.h"

struct referral_template;

struct referral_mirror_item {
	/* index into struct referral_mirror_filter's attributes */
	unsigned int attribute;
	/* the value that is asked for, not escaped */
	struct referral_template *value;
};

struct referral_mirror_attribute {
	const char *name;
	/* the filter names a matching rule of its own, this one */
	bool have_rule;
	enum referral_mirror_rule rule;
};

struct referral_mirror_filter {
	/* RFC 4515 */
	const char *filter;
	/* at most REFERRAL_MIRROR_MAX_ATTRIBUTES */
	ARRAY(struct referral_mirror_attribute) attributes;
	ARRAY(struct referral_mirror_item) items;
};

/* str is a filter template that has been checked. Returns 0, or -1 and error_r
   (without the setting's name): which part can't be mirrored, and why. */
int referral_mirror_filter_create(pool_t pool, const char *str,
				  struct referral_mirror_filter **filter_r,
				  const char **error_r);

#endif
