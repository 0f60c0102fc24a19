#ifndef REFERRAL_AUTH_CHECK_H
#define REFERRAL_AUTH_CHECK_H

/* Where the carrier stands in the passdb chains of every protocol. */

struct passdb_module_interface;

/* Move each carrier to the head of its chain and say what cannot work. name is
   the driver's. Run it from the ioloop after all passdbs are initialised, in
   auth workers too: they must see the same chains. */
void referral_auth_check_chains(const char *driver);

#endif
