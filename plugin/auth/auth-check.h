#ifndef REFERRAL_AUTH_CHECK_H
#define REFERRAL_AUTH_CHECK_H

/* Where the carrier stands in the passdb chains of every protocol. */

struct auth_passdb;
struct event;

/* Put a carrier at the head of each chain, and log to event what the
   configuration has to say otherwise, and what cannot work. Where a chain has
   no carrier of its own it gets one of the others: a login that nobody decides
   would be a session here, wherever its user is at home. A carrier that is not
   asked about each login gets a guard before it (auth-carried.h). Run it from
   the ioloop after all passdbs are initialised, in auth workers too: they must
   see the same chains. There it logs nothing, since the auth process has said
   it all. */
void referral_auth_check_chains(struct event *event);
/* Is this link of a chain a guard? */
bool referral_auth_check_is_guard(const struct auth_passdb *passdb);

#endif
