/* auth/libauthdb_referral.so: loaded by "passdb { driver = referral }". */

#include "auth-common.h"
#include "passdb-referral.h"

extern const char *authdb_referral_version;
void authdb_referral_init(void);
void authdb_referral_deinit(void);

const char *authdb_referral_version = DOVECOT_ABI_VERSION;

void authdb_referral_init(void)
{
	referral_passdb_register();
}

void authdb_referral_deinit(void)
{
	referral_passdb_unregister();
}
