#ifndef TEST_LOOKUP_H
#define TEST_LOOKUP_H

/* plugin/lookup over fakes of LDAP and DNS */

#include "test-common.h"

#define TEST_LOOKUP_TESTS(X) \
	X(test_lookup_init) \
	X(test_lookup_params) \
	X(test_lookup_results) \
	X(test_lookup_format) \
	X(test_lookup_keys) \
	X(test_lookup_bases) \
	X(test_lookup_nowhere) \
	X(test_lookup_bases_late) \
	X(test_lookup_domain_format) \
	X(test_lookup_user_keys) \
	X(test_lookup_merge) \
	X(test_lookup_cancel) \
	X(test_lookup_reentrant) \
	X(test_lookup_cache) \
	X(test_lookup_stale) \
	X(test_lookup_no_uris) \
	X(test_lookup_deinit) \
	X(test_lookup_bounce) \
	X(test_lookup_compare) \
	X(test_lookup_compare_slow) \
	X(test_lookup_newest) \
	X(test_lookup_changing) \
	X(test_lookup_impatient) \
	X(test_lookup_probe) \
	X(test_lookup_flush) \
	X(test_lookup_late) \
	X(test_lookup_counts) \
	X(test_lookup_changed) \
	X(test_lookup_mirror) \
	X(test_resolve_answers) \
	X(test_resolve_stale) \
	X(test_resolve_cancel) \
	X(test_resolve_reentrant) \
	X(test_resolve_bounds) \
	X(test_resolve_deinit)

TEST_LOOKUP_TESTS(TEST_DECL)

#endif
