#ifndef REFERRAL_LDAP_URI_H
#define REFERRAL_LDAP_URI_H

/* referral_ldap_uris: where the directory servers are. */

#include "referral-decision.h"

#define REFERRAL_LDAP_PORT 389
#define REFERRAL_LDAPS_PORT 636

enum referral_ldap_scheme {
	REFERRAL_LDAP_SCHEME_LDAP,
	REFERRAL_LDAP_SCHEME_LDAPS,
	REFERRAL_LDAP_SCHEME_LDAPI,
};

struct referral_ldap_uri {
	enum referral_ldap_scheme scheme;
	/* as written, for logs */
	const char *uri;
	/* ldap, ldaps: host.port is always set, unless there is a domain */
	struct referral_host host;
	/* ldap, ldaps: the servers are those that DNS names for this domain
	   (RFC 2782); NULL if the host is named */
	const char *domain;
	/* ldapi: absolute path of the socket, short enough to connect to */
	const char *path;
};
ARRAY_DEFINE_TYPE(referral_ldap_uri, struct referral_ldap_uri);

/* Parse the space-separated URIs: "ldap://host[:port]", "ldaps://host[:port]",
   "ldap:///dc=example,dc=com" and the like for the servers of a domain,
   or "ldapi://[%2fpath]", with an optional "/" at the end. RFC 4516's base DN,
   attributes, scope and filter are refused: they have settings of their own.
   Appends to uris, everything allocated from pool. Returns 0, or -1 and
   error_r that names referral_ldap_uris. No URI at all is no error. */
int referral_ldap_uris_parse(pool_t pool, const char *str,
			     ARRAY_TYPE(referral_ldap_uri) *uris,
			     const char **error_r);

#endif
