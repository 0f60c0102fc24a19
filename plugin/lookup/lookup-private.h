#ifndef REFERRAL_LOOKUP_PRIVATE_H
#define REFERRAL_LOOKUP_PRIVATE_H

#include "hash.h"
#include "lookup.h"
#include "lookup-mirror.h"

struct referral_question;
struct lookup_flight;

struct referral_lookup {
	pool_t pool;
	struct event *event;
	/* NULL if referral_ldap_uris is empty */
	struct referral_ldap_client *client;
	struct referral_question *question;
	struct referral_cache *cache;
	/* by key */
	HASH_TABLE(char *, struct lookup_flight *) flights;

	const struct referral_mirror_vfuncs *mirror;
	void *mirror_context;
	referral_lookup_changed_t *changed_callback;
	void *changed_context;
};

/* lookup-flight.c */

/* Answer everyone who waits, as "shutting down". */
void referral_lookup_flights_abort(struct referral_lookup *lookup);
/* The answers of those under way are not to be kept. key NULL: of all. */
void referral_lookup_flights_forget(struct referral_lookup *lookup,
				    const char *key);

#endif
