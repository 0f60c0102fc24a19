#ifndef REFERRAL_LDAP_RESULT_H
#define REFERRAL_LDAP_RESULT_H

/* From what a server says about one search to one result. */

#include "ldap-client.h"

#include <ldap.h>

struct referral_ldap_names;

/* Entries we ask for: so many that several are noticed. */
#define REFERRAL_LDAP_SIZE_LIMIT 2

/* The end of a search: what the server said, or libldap about it. */
struct referral_ldap_reply {
	/* the server's bit (server-choice.h), 0 if it is not one of ours any
	   more; its name for logs */
	uint64_t server;
	const char *server_name;
	/* when it came: referral_ldap_now() */
	uint64_t now;
	/* LDAP result code or libldap's */
	int code;
	/* may be NULL */
	const char *diagnostic, *matched_dn;
};

/* What one server has said so far. Start with zeroes and a pool. */
struct referral_ldap_answer {
	pool_t pool;
	/* that were asked for at most */
	unsigned int size_limit;
	/* NULL: attributes have no other names */
	const struct referral_ldap_names *names;
	/* Nothing found is no answer where there are references. */
	bool heed_references;

	unsigned int entries;
	/* search result references: part of the answer is elsewhere */
	bool references;
	/* of the first entry, see struct referral_ldap_result */
	const char *const *const *values;
	/* an attribute of it that was not asked for, while one that was is
	   missing: NULL if there is none */
	const char *unasked, *missing;
};

enum referral_ldap_verdict {
	/* the result stands */
	REFERRAL_LDAP_VERDICT_FINAL,
	/* another server may do better; if there is none the result stands */
	REFERRAL_LDAP_VERDICT_ELSEWHERE,
	/* the same, and this server has too much to do */
	REFERRAL_LDAP_VERDICT_BUSY,
};

/* For each attribute (NULL-terminated) its values, from pool: see struct
   referral_ldap_result. "mailHost" is also found as "mailHost;lang-en" if there
   is no plain one. names: other names of theirs, or NULL. unasked_r: an attribute
   that nobody asked for, NULL if there is none. */
const char *const *const *
referral_ldap_entry_get_values(pool_t pool, LDAP *ld, LDAPMessage *entry,
			       const char *const *attributes,
			       const struct referral_ldap_names *names,
			       const char **unasked_r);

/* Forget what was said, before another server is asked. */
void referral_ldap_answer_reset(struct referral_ldap_answer *answer);
/* attributes is NULL-terminated. */
void referral_ldap_answer_add_entry(struct referral_ldap_answer *answer,
				    LDAP *ld, LDAPMessage *entry,
				    const char *const *attributes);
/* The search ended. result_r's strings come from answer's pool and the data
   stack. */
enum referral_ldap_verdict
referral_ldap_answer_finish(const struct referral_ldap_answer *answer,
			    const struct referral_ldap_search_params *params,
			    const struct referral_ldap_reply *reply,
			    struct referral_ldap_result *result_r);

/* TRUE for an answer to a search that is no search's, but says that the search
   was refused: Samba's to a critical control that it does not know. */
bool referral_ldap_message_is_refusal(LDAP *ld, LDAPMessage *msg);

/* The entry has another name for what was asked for, and therefore there is no
   answer. */
bool referral_ldap_answer_has_other_name(
	const struct referral_ldap_answer *answer,
	const struct referral_ldap_reply *reply);

/* "Invalid credentials", or "Invalid credentials: diagnostic": printable. */
const char *referral_ldap_strerror(int code, const char *diagnostic);

#endif
