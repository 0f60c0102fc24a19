#ifndef REFERRAL_PASSDB_H
#define REFERRAL_PASSDB_H

/* The passdb driver "referral". */
void referral_passdb_register(void);
void referral_passdb_unregister(void);

#endif
