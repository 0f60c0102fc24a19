#ifndef REFERRAL_URL_H
#define REFERRAL_URL_H

/* The URL of a referral. */

#include "referral-decision.h"

struct referral_url_params {
	/* "imap" or "sieve" */
	const char *scheme;
	/* the user's name, any bytes; NULL or "" for the BYE form, whose
	   target depends on no user (RFC 2221 section 4.2) */
	const char *user;
	/* "*", a mechanism name, or NULL for no ";AUTH=" */
	const char *auth;
	struct referral_host host;
};

/* "imap://user;AUTH=mech@host[:port]/" (RFC 5092 section 3; RFC.md rows
   14-18). Allocated from the data stack. Contains nothing but URL characters,
   whatever the input. */
const char *referral_url_create(const struct referral_url_params *params);

#endif
