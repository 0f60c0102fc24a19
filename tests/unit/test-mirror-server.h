#ifndef TEST_MIRROR_SERVER_H
#define TEST_MIRROR_SERVER_H

/* A mirror, and the server that it copies: the fake LDAP client's. */

#include "sync-value.h"
#include "mirror.h"

#define URI "ldap://ldap1.example.com"
#define URI2 "ldaps://ldap2"

#define REFRESH_DONE "\xa1\x00"
/* the cookie rid=1 */
#define REFRESH_DONE_COOKIE "\xa1\x07\x04\x05rid=1"

extern struct referral_mirror *test_mirror;

/* With URI, URI2 and this filter; and what begins at once */
void test_mirror_start(const char *filter);
void test_mirror_stop(void);
/* What is due now, and all that follows from it */
void test_mirror_turn(void);

/* One attribute's values */
void test_mirror_answer(const char *const *values);
/* The schema is asked for and told. */
void test_mirror_schema(void);
/* uid is also the entryUUID, NULL: sixteen zeroes, and no name */
void test_mirror_entry(unsigned char state, const char *uid, const char *host);
/* syncInfo (RFC 4533 section 2.5) */
void test_mirror_info(const void *value, size_t size);
void test_mirror_done(int code);
void test_mirror_started(const char *uri);

const char *test_mirror_state(void);
const char *test_mirror_error(void);
/* The home of user as the mirror has it, or NULL */
const char *test_mirror_home(const char *user);

/* All of it from the start: bob is at home on h, dave nowhere */
void test_mirror_in_sync(void);
/* The connection ends, which is told once. */
void test_mirror_lose(void);

#endif
