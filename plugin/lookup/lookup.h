#ifndef REFERRAL_LOOKUP_H
#define REFERRAL_LOOKUP_H

/* "What does the directory say about this user?": the mirror, the cache,
   merging of equal lookups in flight and LDAP behind one call. */

#include "referral-decision.h"

struct event;
struct referral_cache_stats;
struct referral_directory_settings;
struct referral_ldap_client_status;
struct referral_lookup;
struct referral_lookup_request;

/* result is valid during the call only */
typedef void
referral_lookup_callback_t(const struct referral_lookup_result *result,
			   void *context);
/* The directory says something new about this user: see
   referral_lookup_set_changed(). */
typedef void
referral_lookup_changed_t(const char *user,
			  const struct referral_lookup_result *old_result,
			  const struct referral_lookup_result *new_result,
			  void *context);

/* With referral_ldap_uris empty, every lookup is REFERRAL_LOOKUP_UNAVAILABLE.
   dns_client_socket_path: see ldap-client.h. directories: how many there are,
   which share the process' memory. Returns 0, or -1 and error_r that names the
   setting. */
int referral_lookup_init(struct event *event_parent,
			 const struct referral_directory_settings *set,
			 const char *dns_client_socket_path,
			 unsigned int directories,
			 struct referral_lookup **lookup_r,
			 const char **error_r);
/* See in the background whether anybody has a home server, and warn if nobody
   has: see lookup-probe.h. At most once. */
void referral_lookup_probe(struct referral_lookup *lookup);
/* Pending requests are finished first, from inside this call, with
   REFERRAL_LOOKUP_UNAVAILABLE. Not to be called from a callback. */
void referral_lookup_deinit(struct referral_lookup **lookup);

/* Answer from the mirror, or from the cache if a fresh answer is there: returns
   TRUE and result_r, which is valid until the next call into this lookup.
   again_r: the user was sent away and is here again within
   referral_bounce_time, so that the cache has no say: see
   referral_lookup_used(). */
bool referral_lookup_cached(struct referral_lookup *lookup,
			    const struct referral_user *user, bool *again_r,
			    struct referral_lookup_result *result_r);
/* Ask, whether or not the cache has a fresh answer: one server, or all if the
   last answer was fresh and the user is here again. The callback is called
   exactly once, never from inside this call and never after cancel; at the
   latest after referral_ldap_timeout for each base. If no server can answer, an
   older answer may be the result (REFERRAL_SOURCE_STALE). impatient: if no
   server has answered soon, an answer that is kept and not stale is the result
   (REFERRAL_SOURCE_CACHE). */
struct referral_lookup_request *
referral_lookup_start(struct referral_lookup *lookup,
		      const struct referral_user *user,
		      bool impatient,
		      referral_lookup_callback_t *callback, void *context);
/* Others that ask the same are not disturbed, and the answer is still kept. */
void referral_lookup_cancel(struct referral_lookup_request **request);

/* May a session here begin on this answer: is it not older than
   referral_cache_home_ttl, or while no server can be asked than
   referral_cache_stale_home_ttl? away: may it send the user elsewhere, which an
   older answer than referral_cache_away_ttl does only where a server can't say
   anything else soon? */
bool referral_lookup_is_fresh(const struct referral_lookup *lookup,
			      const struct referral_lookup_result *result,
			      bool away);
/* Have homes changed lately, or the directory's servers differed? Then two of
   our servers may have different answers for a moment. */
bool referral_lookup_is_changing(const struct referral_lookup *lookup);
/* A login of this user, or a delivery, ends with this result: it is counted.
   sent_away: on another server. Who comes again within referral_bounce_time may
   have been sent back: the next answer is not the cache's. If this one was
   fresh already, all servers of the directory are asked; where they differ the
   result is REFERRAL_LOOKUP_DISAGREE. Not to be called for who only wants to
   know what a login would get. */
void referral_lookup_used(struct referral_lookup *lookup,
			  const struct referral_user *user,
			  const struct referral_lookup_result *result,
			  bool sent_away);

/* Forget what the cache has about this user, or with user NULL about everyone,
   the answers for when no server can be asked too. A search under way is still
   the answer of those who wait for it, but it is not kept: it may have begun
   before what the flush is for. Returns how many answers were forgotten. Users
   for whom the same would be asked (a filter with %{username} alone) share
   their answer, and lose it together; where the answer depends on more than the
   name, everyone's is forgotten. */
unsigned int referral_lookup_flush(struct referral_lookup *lookup,
				   const char *user);

/* callback is called whenever a server, or the mirror, says something else
   about a user than the last time, as far as that is remembered: for as long as
   the answer has its place in the cache, whether or not it may still be used.
   It is called before those who have asked are told; it may call into this
   lookup, but not deinit it. Both results are valid during the call only. */
void referral_lookup_set_changed(struct referral_lookup *lookup,
				 referral_lookup_changed_t *callback,
				 void *context);

/* All that src points to in pool, without the parsed hosts. dest_r may be
   src. */
void referral_lookup_result_dup(pool_t pool,
				const struct referral_lookup_result *src,
				struct referral_lookup_result *dest_r);

/* Valid until deinit */
const struct referral_cache_stats *
referral_lookup_get_cache_stats(const struct referral_lookup *lookup);
/* How many searches are under way */
unsigned int
referral_lookup_get_searches_count(const struct referral_lookup *lookup);

/* The directory's servers: see ldap-client.h. Returns FALSE if there are
   none. */
bool referral_lookup_get_servers(const struct referral_lookup *lookup,
				 struct referral_ldap_client_status *status_r);

#endif
