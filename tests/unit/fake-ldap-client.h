#ifndef FAKE_LDAP_CLIENT_H
#define FAKE_LDAP_CLIENT_H

/* Stands in for plugin/ldap: searches wait until the test answers them. */

#include "ldap-client.h"
#include "referral-settings.h"

struct fake_ldap_search {
	struct fake_ldap_search *next;
	/* of the client */
	const char *uris;
	char *base, *filter;
	int scope;
	/* joined by spaces */
	char *attributes;
	/* NULL: any */
	char *server;

	referral_ldap_callback_t *callback;
	void *context;
};

/* Waiting searches, the oldest first */
extern struct fake_ldap_search *fake_ldap_searches;
/* How many have been started, cancelled */
extern unsigned int fake_ldap_search_count, fake_ldap_cancel_count;
/* Who answers, unless the answer is _UNAVAILABLE */
#define FAKE_LDAP_SERVER "ldap://fake"
/* The next init fails with this */
extern const char *fake_ldap_init_error;
/* Of the first client's init; its strings are the caller's */
extern struct referral_directory_settings fake_ldap_settings;
extern const char *fake_ldap_dns_client_socket_path;
/* Of the client */
extern referral_ldap_late_callback_t *fake_ldap_late_callback;
extern void *fake_ldap_late_context;
/* 0 = was not set */
extern unsigned int fake_ldap_max_waiting;
/* Is there a client? */
extern bool fake_ldap_is_init;

/* Answer the oldest search, which must exist. values: see struct
   referral_ldap_result. */
void fake_ldap_answer(enum referral_ldap_status status,
		      const char *const *const *values);
void fake_ldap_answer_search(struct fake_ldap_search *search,
			     enum referral_ldap_status status,
			     const char *const *const *values);
/* The servers have nothing at all of the base of the oldest search. */
void fake_ldap_answer_nothing_there(void);

#endif
