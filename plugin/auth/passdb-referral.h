#ifndef REFERRAL_PASSDB_H
#define REFERRAL_PASSDB_H

/* the name of the passdb driver */
#define REFERRAL_PASSDB_DRIVER "referral"

void referral_passdb_register(void);
void referral_passdb_unregister(void);

#endif
