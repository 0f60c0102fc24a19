#ifndef REFERRAL_LOOKUP_H
#define REFERRAL_LOOKUP_H

/* "What does the directory say about this user?": cache, merging of equal
   lookups in flight and LDAP behind one call. */

#include "referral-decision.h"

struct event;
struct referral_cache_stats;
struct referral_directory_settings;
struct referral_lookup;
struct referral_lookup_request;

/* result is valid during the call only */
typedef void
referral_lookup_callback_t(const struct referral_lookup_result *result,
			   void *context);

/* With referral_ldap_uris empty, every lookup is REFERRAL_LOOKUP_UNAVAILABLE.
   dns_client_socket_path: see ldap-client.h. Returns 0, or -1 and error_r that
   names the setting. */
int referral_lookup_init(struct event *event_parent,
			 const struct referral_directory_settings *set,
			 const char *dns_client_socket_path,
			 struct referral_lookup **lookup_r,
			 const char **error_r);
/* Pending requests are finished first, from inside this call, with
   REFERRAL_LOOKUP_UNAVAILABLE. Not to be called from a callback. */
void referral_lookup_deinit(struct referral_lookup **lookup);

/* Answer from the cache if a fresh answer is there: returns TRUE and result_r,
   which is valid until the next call into this lookup. user is the complete
   user name after passdb and userdb changes, valid UTF-8 or not. */
bool referral_lookup_cached(struct referral_lookup *lookup, const char *user,
			    struct referral_lookup_result *result_r);
/* Ask, whether or not the cache has a fresh answer. The callback is called
   exactly once, never from inside this call and never after cancel; at the
   latest after referral_ldap_timeout. If no server can answer, an older answer
   may be the result (REFERRAL_SOURCE_STALE). */
struct referral_lookup_request *
referral_lookup_start(struct referral_lookup *lookup, const char *user,
		      referral_lookup_callback_t *callback, void *context);
/* Others that ask the same are not disturbed, and the answer is still kept. */
void referral_lookup_cancel(struct referral_lookup_request **request);

/* Valid until deinit */
const struct referral_cache_stats *
referral_lookup_get_cache_stats(const struct referral_lookup *lookup);

#endif
