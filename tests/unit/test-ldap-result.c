#include "lib.h"
#include "ldap-result.h"
#include "test-ldap.h"

#define FINAL REFERRAL_LDAP_VERDICT_FINAL
#define ELSEWHERE REFERRAL_LDAP_VERDICT_ELSEWHERE
#define FAILED REFERRAL_LDAP_VERDICT_SERVER_FAILED

static const struct {
	unsigned int entries;
	bool references;
	int code;
	const char *diagnostic;

	enum referral_ldap_verdict verdict;
	enum referral_ldap_status status;
	/* NULL: no error */
	const char *error;
} results[] = {
	{ .entries = 1, .status = REFERRAL_LDAP_ENTRY },
	{ .entries = 1, .references = TRUE, .status = REFERRAL_LDAP_ENTRY },
	{ .status = REFERRAL_LDAP_NO_ENTRY },
	{ .entries = 2, .status = REFERRAL_LDAP_SEVERAL_ENTRIES,
	  .error = "OP found several entries (check referral_ldap_base and "
		   "referral_ldap_filter)" },
	{ .entries = 2, .code = LDAP_SIZELIMIT_EXCEEDED,
	  .status = REFERRAL_LDAP_SEVERAL_ENTRIES,
	  .error = "OP found several entries (check referral_ldap_base and "
		   "referral_ldap_filter)" },
	{ .entries = 1, .code = LDAP_SIZELIMIT_EXCEEDED,
	  .status = REFERRAL_LDAP_SEVERAL_ENTRIES,
	  .error = "OP found several entries (check referral_ldap_base and "
		   "referral_ldap_filter)" },

	{ .references = TRUE, .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: nothing found, but the server refers to other "
		   "servers (check referral_ldap_base and "
		   "referral_ldap_uris)" },
	{ .code = LDAP_SIZELIMIT_EXCEEDED,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: Size limit exceeded (check the directory "
		   "server)" },
	/* an entry does not count if the search did not end well */
	{ .entries = 1, .code = LDAP_TIMELIMIT_EXCEEDED, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: Time limit exceeded (check that the attributes "
		   "in referral_ldap_filter are indexed)" },
	{ .code = LDAP_NO_SUCH_OBJECT, .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: No such object (check referral_ldap_base, and "
		   "that referral_ldap_auth_dn may read it)" },
	{ .code = LDAP_REFERRAL, .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: Referral (check referral_ldap_base and "
		   "referral_ldap_uris)" },
	{ .code = LDAP_INSUFFICIENT_ACCESS, .diagnostic = "",
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: Insufficient access (check "
		   "referral_ldap_auth_dn and referral_ldap_starttls)" },
	{ .code = LDAP_BUSY, .verdict = FAILED,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: Server is busy (check the directory server)" },
	{ .code = LDAP_UNAVAILABLE, .verdict = FAILED,
	  .diagnostic = "shutting\r\ndown\x1b[0m",
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: Server is unavailable: shutting??down?[0m "
		   "(check the directory server)" },
	{ .code = LDAP_OTHER, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: Other (e.g., implementation specific) "
		   "error (check the directory server)" },
	{ .code = 12345, .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = "OP failed: Unknown (extension) error (check the "
		   "directory server)" },
};

void test_ldap_result(void)
{
	static const char *const no_values[] = { NULL };
	static const char *const *const values[] = { no_values, NULL };
	struct referral_ldap_answer answer;
	struct referral_ldap_result result;
	unsigned int i;

	test_begin("ldap result");
	for (i = 0; i < N_ELEMENTS(results); i++) {
		i_zero(&answer);
		answer.entries = results[i].entries;
		answer.references = results[i].references;
		answer.values = values;
		test_assert_idx(referral_ldap_answer_finish(&answer, "OP",
			results[i].code, results[i].diagnostic, &result) ==
			results[i].verdict, i);
		test_assert_idx(result.status == results[i].status, i);
		test_assert_idx((result.values != NULL) ==
				(result.status == REFERRAL_LDAP_ENTRY), i);
		test_assert_strcmp_idx(result.error, results[i].error, i);
	}
	test_end();
}
