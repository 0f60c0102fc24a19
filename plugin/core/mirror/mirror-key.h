#ifndef REFERRAL_MIRROR_KEY_H
#define REFERRAL_MIRROR_KEY_H

/* Is an attribute's value what a filter asks for? As the directory server
   would say, by the attribute's matching rule (RFC 4517, RFC 4518), where that
   can be said for sure. */

enum referral_mirror_rule {
	/* a rule for strings, but it is not known which: only what is the
	   same in all of them is sure */
	REFERRAL_MIRROR_RULE_UNKNOWN,
	/* caseIgnoreMatch, caseIgnoreIA5Match */
	REFERRAL_MIRROR_RULE_CASE_IGNORE,
	/* caseExactMatch, caseExactIA5Match */
	REFERRAL_MIRROR_RULE_CASE_EXACT,
};

enum referral_mirror_match {
	REFERRAL_MIRROR_MATCH_NO,
	REFERRAL_MIRROR_MATCH_YES,
	/* ask the server */
	REFERRAL_MIRROR_MATCH_UNSURE,
};

/* A longer value is not kept, and a longer name is asked about. */
#define REFERRAL_MIRROR_KEY_MAX_SIZE 512

/* The rule of this name or OID: returns FALSE if it is not one of these. */
bool referral_mirror_rule_find(const char *name,
			       enum referral_mirror_rule *rule_r);

/* Write value in the form that the functions below want, the form that is
   kept: as short as it can be without losing anything that matters. Returns
   FALSE if there is nothing left of it or if it is too long. */
bool referral_mirror_key_normalize(enum referral_mirror_rule rule,
				   const void *value, size_t size,
				   string_t *dest);
/* Normalized values that may match have the same hash. */
uint64_t referral_mirror_key_hash(const void *key, size_t size);
enum referral_mirror_match
referral_mirror_key_match(enum referral_mirror_rule rule,
			  const void *key1, size_t size1,
			  const void *key2, size_t size2);

#endif
