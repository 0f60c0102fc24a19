#ifndef REFERRAL_PASSDB_H
#define REFERRAL_PASSDB_H

#include "referral-settings.h"

struct auth;

void referral_passdb_register(void);
void referral_passdb_unregister(void);

/* Do logins of this protocol meet it? */
bool referral_passdb_is_in(const struct auth *auth);

#endif
