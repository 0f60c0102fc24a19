#ifndef REFERRAL_LDAP_RESULT_H
#define REFERRAL_LDAP_RESULT_H

/* From what a server says about one search to one result. */

#include "ldap-client.h"

#include <ldap.h>

/* Entries we ask for: so many that several are noticed. */
#define REFERRAL_LDAP_SIZE_LIMIT 2

/* What one server has said so far. Start with zeroes and a pool. */
struct referral_ldap_answer {
	pool_t pool;
	unsigned int entries;
	/* entries that were asked for at most */
	unsigned int size_limit;
	/* search result references: part of the answer is elsewhere */
	bool references;
	/* of the first entry, see struct referral_ldap_result */
	const char *const *const *values;
};

enum referral_ldap_verdict {
	/* the result stands */
	REFERRAL_LDAP_VERDICT_FINAL,
	/* another server may do better; if there is none the result stands */
	REFERRAL_LDAP_VERDICT_ELSEWHERE,
	/* the same, and this server is of no use to anyone now */
	REFERRAL_LDAP_VERDICT_SERVER_FAILED,
};

/* For each attribute (NULL-terminated) its values, from pool: see struct
   referral_ldap_result. */
const char *const *const *
referral_ldap_entry_get_values(pool_t pool, LDAP *ld, LDAPMessage *entry,
			       const char *const *attributes);

/* Forget what was said, before another server is asked. */
void referral_ldap_answer_reset(struct referral_ldap_answer *answer);
/* attributes is NULL-terminated. */
void referral_ldap_answer_add_entry(struct referral_ldap_answer *answer,
				    LDAP *ld, LDAPMessage *entry,
				    const char *const *attributes);
/* The search ended with this LDAP result code (or libldap's) and diagnostic
   message (may be NULL). operation begins the error: "ldap search under BASE
   at URI". result_r's strings come from answer's pool and the data stack. */
enum referral_ldap_verdict
referral_ldap_answer_finish(const struct referral_ldap_answer *answer,
			    const char *operation, int code,
			    const char *diagnostic,
			    struct referral_ldap_result *result_r);

/* "Invalid credentials", or "Invalid credentials: diagnostic": printable. */
const char *referral_ldap_strerror(int code, const char *diagnostic);

#endif
