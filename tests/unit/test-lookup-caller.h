#ifndef TEST_LOOKUP_CALLER_H
#define TEST_LOOKUP_CALLER_H

/* A lookup over the fake LDAP client, and those who ask it. */

#include "lookup.h"
#include "referral-settings.h"

#define NOW 1000000000

#define TEST_USER(user) (&(const struct referral_user){ .name = (user) })

/* One who asks: what came of it. */
struct test_caller {
	unsigned int calls;
	enum referral_lookup_status status;
	enum referral_lookup_source source;
	char *mailhosts, *action, *error, *late;
	bool compared;
	/* what to do in the callback, if anything */
	void (*hook)(struct test_caller *caller);
	struct referral_lookup_request *request;
};

extern const struct referral_directory_settings test_default_set;
extern struct referral_directory_settings test_set;
extern struct ioloop *test_ioloop;
extern struct referral_lookup *test_lookup;

/* With test_set, or with the defaults */
bool test_lookup_start(const char **error_r);
void test_lookup_start_default(void);
void test_lookup_stop(void);

/* Start a lookup. */
void test_ask(struct test_caller *caller, const char *user);
void test_ask_impatiently(struct test_caller *caller, const char *user);
void test_ask_user(struct test_caller *caller,
		   const struct referral_user *user);
/* The callback's */
void test_caller_set(struct test_caller *caller,
		     const struct referral_lookup_result *result);
void test_caller_free(struct test_caller *caller);
bool test_cached(const char *user);
bool test_cached_result(const char *user,
			struct referral_lookup_result *result_r);

/* Answer with one attribute's only value. */
void test_answer_host(const char *host);

#endif
