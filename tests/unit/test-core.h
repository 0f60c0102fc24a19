#ifndef TEST_CORE_H
#define TEST_CORE_H

/* plugin/core, one function for each table of cases */

#include "test-common.h"

#define TEST_CORE_TESTS(X) \
	X(test_mailhost_parse) \
	X(test_mailhost_parse_length) \
	X(test_mailhost_sanitize) \
	X(test_host_equals) \
	X(test_host_to_string) \
	X(test_ldap_uris_parse) \
	X(test_args_find) \
	X(test_reply_auth) \
	X(test_reply_imap) \
	X(test_reply_sieve) \
	X(test_reply_sieve_length) \
	X(test_reply_imap_capability) \
	X(test_reply_imap_login)

TEST_CORE_TESTS(TEST_DECL)

#endif
