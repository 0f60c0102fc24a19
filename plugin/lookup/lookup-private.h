#ifndef REFERRAL_LOOKUP_PRIVATE_H
#define REFERRAL_LOOKUP_PRIVATE_H

#include "hash.h"
#include "memory.h"
#include "lookup.h"
#include "lookup-mirror.h"

struct referral_ldap_result;
struct referral_question;
struct referral_bounces;
struct lookup_flight;
struct lookup_servers;

struct referral_lookup {
	pool_t pool;
	struct event *event;
	/* NULL if referral_ldap_uris is empty */
	struct referral_ldap_client *client;
	/* its servers, NULL-terminated */
	const char *const *uris;
	struct referral_question *question;
	struct referral_memory_share memory;
	/* NULL if it was not asked for */
	struct lookup_probe *probe;
	/* NULL if there are not several servers to compare */
	struct lookup_servers *servers;
	struct referral_cache *cache;
	/* how old an answer may be that begins a session here */
	unsigned int home_ttl_secs, stale_home_ttl_secs;
	/* the same for one that sends a user elsewhere */
	unsigned int away_ttl_secs;
	struct referral_bounces *bounces;
	/* by key: those that ask one server, those that ask all */
	HASH_TABLE(char *, struct lookup_flight *) flights;
	HASH_TABLE(char *, struct lookup_flight *) compares;

	/* when answers were forgotten on demand, 0 = never */
	time_t flushed_at;
	/* when the directory, or its servers, last said something else than
	   before, 0 = never */
	time_t changed_at;

	const struct referral_mirror_vfuncs *mirror;
	void *mirror_context;
	referral_lookup_changed_t *changed_callback;
	void *changed_context;
};

/* lookup.c */

/* result_r is undefined unless the reply is _ANSWER. */
enum referral_mirror_reply
referral_lookup_mirrored(struct referral_lookup *lookup, const char *user,
			 struct referral_lookup_result *result_r);

/* lookup-flight.c */

/* referral_ldap_late_callback_t */
void referral_lookup_late(const char *key,
			  const struct referral_ldap_result *search,
			  void *context);
/* Answer everyone who waits, as "shutting down". */
void referral_lookup_flights_abort(struct referral_lookup *lookup);
/* The answers of those under way are not to be kept. key NULL: of all. */
void referral_lookup_flights_forget(struct referral_lookup *lookup,
				    const char *key);

#endif
