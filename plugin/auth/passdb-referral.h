#ifndef REFERRAL_PASSDB_H
#define REFERRAL_PASSDB_H

/* the name of the passdb driver */
#define REFERRAL_PASSDB_DRIVER "referral"

struct auth;

void referral_passdb_register(void);
void referral_passdb_unregister(void);

/* Do logins of this protocol meet it? */
bool referral_passdb_is_in(const struct auth *auth);

#endif
