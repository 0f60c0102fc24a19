#include "lib.h"
#include "ldap-result.h"
#include "ldap-tls.h"
#include "test-ldap.h"

#define FINAL REFERRAL_LDAP_VERDICT_FINAL
#define ELSEWHERE REFERRAL_LDAP_VERDICT_ELSEWHERE
#define BUSY REFERRAL_LDAP_VERDICT_BUSY

#define OP "ldap search under 'ou=x,dc=y' at ldap://z"

static const struct {
	unsigned int entries, size_limit;
	bool references, heed_references;
	const char *unasked, *missing, *base_tail, *base_tree, *matched_dn;
	bool nothing_there;
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
	  .error = OP " found several entries (check referral_ldap_base and "
		   "referral_ldap_filter)" },
	{ .entries = 2, .code = LDAP_SIZELIMIT_EXCEEDED,
	  .status = REFERRAL_LDAP_SEVERAL_ENTRIES,
	  .error = OP " found several entries (check referral_ldap_base and "
		   "referral_ldap_filter)" },
	{ .entries = 1, .code = LDAP_SIZELIMIT_EXCEEDED,
	  .status = REFERRAL_LDAP_SEVERAL_ENTRIES,
	  .error = OP " found several entries (check referral_ldap_base and "
		   "referral_ldap_filter)" },

	/* that there is one is all that was asked for */
	{ .entries = 1, .size_limit = 1, .code = LDAP_SIZELIMIT_EXCEEDED,
	  .status = REFERRAL_LDAP_ENTRY },

	/* an attribute that has another name there */
	{ .entries = 1, .unasked = "uid", .status = REFERRAL_LDAP_ENTRY },
	{ .entries = 1, .missing = "userid", .status = REFERRAL_LDAP_ENTRY },
	{ .entries = 1, .unasked = "u\nid", .missing = "userid",
	  .verdict = ELSEWHERE, .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: the entry has \"u?id\", which was not asked "
		   "for, and no \"userid\" (use the name that the server has "
		   "for it in referral_ldap_attributes and "
		   "referral_action_attribute)" },
	{ .entries = 2, .unasked = "uid", .missing = "userid",
	  .status = REFERRAL_LDAP_SEVERAL_ENTRIES,
	  .error = OP " found several entries (check referral_ldap_base and "
		   "referral_ldap_filter)" },

	/* the base depends on the user */
	{ .code = LDAP_NO_SUCH_OBJECT, .base_tail = "dc=y",
	  .matched_dn = "DC=Y", .status = REFERRAL_LDAP_NO_ENTRY },
	{ .code = LDAP_NO_SUCH_OBJECT, .base_tail = "ou=x,dc=y",
	  .matched_dn = "ou=people, ou=x, dc=y",
	  .status = REFERRAL_LDAP_NO_ENTRY },
	{ .code = LDAP_NO_SUCH_OBJECT, .base_tail = "ou=x,dc=y",
	  .matched_dn = "dc=y", .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: No such object (check referral_ldap_base, and "
		   "that referral_ldap_auth_dn may read it)" },
	{ .code = LDAP_NO_SUCH_OBJECT, .base_tail = "", .matched_dn = "dc=y",
	  .verdict = ELSEWHERE, .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: No such object (check referral_ldap_base, and "
		   "that referral_ldap_auth_dn may read it)" },
	/* all of it does */
	{ .code = LDAP_NO_SUCH_OBJECT, .base_tree = "dc=z,dc=y",
	  .matched_dn = "dc=y", .status = REFERRAL_LDAP_NO_ENTRY },
	{ .code = LDAP_NO_SUCH_OBJECT, .base_tree = "dc=z,dc=y",
	  .matched_dn = "dc=z,dc=y", .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: No such object (check referral_ldap_base, and "
		   "that referral_ldap_auth_dn may read it)" },
	{ .code = LDAP_NO_SUCH_OBJECT, .base_tree = "dc=z,dc=y",
	  .matched_dn = "dc=w", .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: No such object (check referral_ldap_base, and "
		   "that referral_ldap_auth_dn may read it)" },
	{ .code = LDAP_NO_SUCH_OBJECT, .base_tree = "dc=z,dc=y",
	  .matched_dn = "", .nothing_there = TRUE, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: No such object (check referral_ldap_base, and "
		   "that referral_ldap_auth_dn may read it)" },
	{ .code = LDAP_SUCCESS, .base_tree = "dc=z,dc=y", .matched_dn = "",
	  .status = REFERRAL_LDAP_NO_ENTRY },
	{ .code = LDAP_REFERRAL, .base_tail = "dc=y", .matched_dn = "dc=y",
	  .verdict = ELSEWHERE, .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Referral (check referral_ldap_base and "
		   "referral_ldap_uris)" },

	{ .references = TRUE, .status = REFERRAL_LDAP_NO_ENTRY },
	{ .references = TRUE, .heed_references = TRUE, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: nothing found, but the server refers to other "
		   "servers (check referral_ldap_base and "
		   "referral_ldap_uris)" },
	{ .code = LDAP_SIZELIMIT_EXCEEDED, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Size limit exceeded (check the directory "
		   "server)" },
	/* an entry does not count if the search did not end well */
	{ .entries = 1, .code = LDAP_TIMELIMIT_EXCEEDED, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Time limit exceeded (check that the attributes "
		   "in referral_ldap_filter are indexed)" },
	{ .code = LDAP_NO_SUCH_OBJECT, .nothing_there = TRUE,
	  .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: No such object (check referral_ldap_base, and "
		   "that referral_ldap_auth_dn may read it)" },
	{ .code = LDAP_REFERRAL, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Referral (check referral_ldap_base and "
		   "referral_ldap_uris)" },
	{ .code = LDAP_INSUFFICIENT_ACCESS, .diagnostic = "",
	  .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Insufficient access (check "
		   "referral_ldap_auth_dn and referral_ldap_starttls)" },
	{ .code = LDAP_BUSY, .verdict = BUSY,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Server is busy (check the directory server)" },
	{ .code = LDAP_UNAVAILABLE, .verdict = BUSY,
	  .diagnostic = "shutting\r\ndown\x1b[0m",
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Server is unavailable: shutting??down?[0m "
		   "(check the directory server)" },
	{ .code = LDAP_STRONG_AUTH_REQUIRED, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Strong(er) authentication required (check "
		   "referral_ldap_auth_dn and referral_ldap_starttls)" },
	{ .code = LDAP_UNWILLING_TO_PERFORM, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Server is unwilling to perform (check the "
		   "directory server, and that the account in "
		   "referral_ldap_auth_dn need not change its password)" },
	{ .code = LDAP_OTHER, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Other (e.g., implementation specific) "
		   "error (check the directory server)" },
	{ .code = 12345, .verdict = ELSEWHERE,
	  .status = REFERRAL_LDAP_UNAVAILABLE,
	  .error = OP " failed: Unknown (extension) error (check the "
		   "directory server)" },
};

void test_ldap_result(void)
{
	static const char *const no_values[] = { NULL };
	static const char *const *const values[] = { no_values, NULL };
	struct referral_ldap_search_params params = { .base = "ou=x,dc=y" };
	struct referral_ldap_reply reply = { .server_name = "ldap://z" };
	struct referral_ldap_answer answer;
	struct referral_ldap_result result;
	unsigned int i;

	test_begin("ldap result");
	for (i = 0; i < N_ELEMENTS(results); i++) {
		i_zero(&answer);
		answer.entries = results[i].entries;
		answer.size_limit = results[i].size_limit;
		answer.references = results[i].references;
		answer.heed_references = results[i].heed_references;
		answer.unasked = results[i].unasked;
		answer.missing = results[i].missing;
		answer.values = values;
		params.base_tail = results[i].base_tail;
		params.base_tree = results[i].base_tree;
		reply.code = results[i].code;
		reply.diagnostic = results[i].diagnostic;
		reply.matched_dn = results[i].matched_dn;
		test_assert_idx(referral_ldap_answer_finish(&answer, &params,
			&reply, &result) == results[i].verdict, i);
		test_assert_idx(result.status == results[i].status, i);
		test_assert_idx((result.values != NULL) ==
				(result.status == REFERRAL_LDAP_ENTRY), i);
		test_assert_strcmp_idx(result.error, results[i].error, i);
		test_assert_strcmp_idx(result.server, "ldap://z", i);
		test_assert_idx(result.nothing_there ==
				results[i].nothing_there, i);
	}
	test_end();
}

void test_ldap_tls_hint(void)
{
	static const struct {
		/* error as OpenSSL and Dovecot word it */
		const char *error, *hint;
		bool closed, limited;
	} tests[] = {
		{ "Received invalid SSL certificate: certificate revoked: "
		  "/CN=x", "the server's certificate and "
		  "referral_ldap_tls_crl_file", FALSE, FALSE },
		{ "Received invalid SSL certificate: unable to get "
		  "certificate CRL: /CN=x", "referral_ldap_tls_crl_file: each "
		  "CA of the server's certificate needs a CRL that has not "
		  "expired", FALSE, TRUE },
		{ "Received invalid SSL certificate: self-signed certificate: "
		  "/CN=x", "the server's certificate and "
		  "referral_ldap_tls_ca_file", FALSE, TRUE },
		{ "SSL_connect() failed: error:0A00042E:SSL routines::tlsv1 "
		  "alert protocol version: SSL alert number 70",
		  "referral_ldap_tls_min_protocol", FALSE, FALSE },
		{ "SSL_connect() failed: error:0A000102:SSL routines::"
		  "unsupported protocol", "referral_ldap_tls_min_protocol",
		  FALSE, FALSE },
		{ "SSL_connect() failed: error:0A000410:SSL routines::sslv3 "
		  "alert handshake failure: SSL alert number 40",
		  "referral_ldap_tls_cipher_list and "
		  "referral_ldap_tls_cipher_suites", FALSE, TRUE },
		{ "Connection closed", "referral_ldap_uris", TRUE, FALSE },
		{ "Connection closed", "referral_ldap_uris, and that the "
		  "server can do what referral_ldap_tls_min_protocol and "
		  "referral_ldap_tls_cipher_list or _suites ask for",
		  TRUE, TRUE },
	};
	unsigned int i;

	test_begin("ldap tls hint");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_strcmp_idx(referral_ldap_tls_hint(tests[i].error,
			tests[i].closed, tests[i].limited), tests[i].hint, i);
	}
	test_end();
}
