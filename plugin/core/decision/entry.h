#ifndef REFERRAL_ENTRY_H
#define REFERRAL_ENTRY_H

/* What is wrong with what a user's entry says, whoever logs in? */

#include "referral-decision.h"

struct referral_identity;
struct referral_hostmap;
struct referral_hostglobs;

struct referral_entry_rules {
	const struct referral_identity *identity;
	const struct referral_hostmap *map;
	const struct referral_hostglobs *allowed_hosts;
};

enum referral_entry_problem {
	/* no home server */
	REFERRAL_ENTRY_NO_VALUE,
	/* one of the values is no valid host */
	REFERRAL_ENTRY_INVALID_VALUE,
	/* outside of referral_allowed_hosts */
	REFERRAL_ENTRY_NOT_ALLOWED,
	/* The home is this server only for clients that have come in on the
	   port that stands there: POP3 and others can't know. */
	REFERRAL_ENTRY_PORT,
	/* 993 is never put into a referral */
	REFERRAL_ENTRY_TLS_PORT,
	/* the value of referral_action_attribute is ignored */
	REFERRAL_ENTRY_UNKNOWN_ACTION,
	/* for callers: the host's name does not resolve */
	REFERRAL_ENTRY_UNRESOLVED,
	/* for callers: the host resolves to this server, but is not among its
	   names */
	REFERRAL_ENTRY_UNNAMED,
	/* for callers: more than one entry for one login name */
	REFERRAL_ENTRY_SEVERAL_ENTRIES,
};

/* detail: printable, what it is about; valid during the call only */
typedef void
referral_entry_problem_t(enum referral_entry_problem problem,
			 const char *detail, void *context);

/* Look at what an entry says (_HOSTS or _NO_VALUE). Each problem is told to
   callback. home_r is the home server as the directory names it, its name NULL
   if there is no valid one; its strings are from the data stack. Returns TRUE if
   it is this server by its name or address, whatever port it names. */
bool referral_entry_check(const struct referral_entry_rules *rules,
			  const struct referral_lookup_result *lookup,
			  struct referral_host *home_r,
			  referral_entry_problem_t *callback, void *context);

/* One word */
const char *
referral_entry_problem_to_string(enum referral_entry_problem problem);

#endif
