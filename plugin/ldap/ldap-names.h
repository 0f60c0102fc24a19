#ifndef REFERRAL_LDAP_NAMES_H
#define REFERRAL_LDAP_NAMES_H

/* A server answers under its own name for an attribute ("uid" for "userid"). It
   is asked for its schema once an entry has come back with another name than
   those that were asked for, and whoever asked waits for that. */

#include "ldap-client.h"

struct referral_ldap_names;

struct referral_ldap_names *
referral_ldap_names_init(struct referral_ldap_client *client);
void referral_ldap_names_deinit(struct referral_ldap_names **names);

/* An entry has other names than these attributes. Returns TRUE if the schema is
   being asked for: referral_ldap_client_names_known() is called then, from the
   ioloop. FALSE if that was done a moment ago. */
bool referral_ldap_names_ask(struct referral_ldap_names *names,
			     const char *const *attributes);
/* Is this one of the searches for the schema? */
bool referral_ldap_names_is_own(const struct referral_ldap_names *names,
				const struct referral_ldap_request *request);
/* The names of these attributes, from the values of attributeTypes. */
void referral_ldap_names_learn(struct referral_ldap_names *names,
			       const char *const *attributes,
			       const char *const *attribute_types);
/* All names of an attribute as far as they are known, NULL-terminated; NULL if
   they are not. asked: "userid", "userid;lang-en" */
const char *const *
referral_ldap_names_find(const struct referral_ldap_names *names,
			 const char *asked);

#endif
