#ifndef REFERRAL_LDAP_DISCOVER_H
#define REFERRAL_LDAP_DISCOVER_H

/* The servers of referral_ldap_uris, with those in the place of a domain that
   DNS names for it (RFC 2782), asked again as their TTL says. */

#include "ldap-uri.h"

struct event;
struct referral_ldap_discover;

ARRAY_DEFINE_TYPE(referral_ldap_uri_ptr, const struct referral_ldap_uri *);

/* There are other servers than before, or none could be found: then error is
   why (data stack), and uris are those that were known. The URIs live as long
   as the discovery, and the same server is always the same pointer. */
typedef void
referral_ldap_discover_callback_t(const ARRAY_TYPE(referral_ldap_uri_ptr) *uris,
				  const char *error, void *context);

/* Is DNS needed for any of them? */
bool referral_ldap_discover_needed(const ARRAY_TYPE(referral_ldap_uri) *uris);

/* uris is kept by reference. The callback is never called from inside this
   call: referral_ldap_discover_get() has those that need no DNS. Reads
   /etc/resolv.conf. Returns 0, or -1 and error_r that names the
   setting. */
int referral_ldap_discover_init(struct event *event_parent,
				const ARRAY_TYPE(referral_ldap_uri) *uris,
				referral_ldap_discover_callback_t *callback,
				void *context,
				struct referral_ldap_discover **discover_r,
				const char **error_r);
void referral_ldap_discover_deinit(struct referral_ldap_discover **discover);

/* The servers that are known now, in order of preference; valid until the
   ioloop runs. */
const ARRAY_TYPE(referral_ldap_uri_ptr) *
referral_ldap_discover_get(const struct referral_ldap_discover *discover);
/* Is a question under way? */
bool referral_ldap_discover_is_asking(
	const struct referral_ldap_discover *discover);

#endif
