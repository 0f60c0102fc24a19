/* What passdb { driver = referral } can't have. */

#include "lib.h"
#include "settings-parser.h"
#include "referral-settings.h"
#include "compat-passdb-settings.h"
#include "compat-setting-defs.h"

const struct setting_define referral_passdb_setting_defines[] = {
	REFERRAL_DEFINE_PASSDB(STR, name),
	REFERRAL_DEFINE_PASSDB(STR, driver),
	REFERRAL_DEFINE_PASSDB(ENUM, skip),
	SETTING_DEFINE_LIST_END
};

const struct referral_passdb_settings referral_passdb_default_settings = {
	.passdb_name = "",
	.passdb_driver = "",
	.passdb_skip = "never:authenticated:unauthenticated",
};

bool referral_passdb_setting_check_func(void *_set, pool_t pool ATTR_UNUSED,
					const char **error_r)
{
	const struct referral_passdb_settings *set = _set;
	/* without a driver, 2.4 takes the name for it */
	const char *driver = set->passdb_driver[0] != '\0' ?
		set->passdb_driver : set->passdb_name;

	if (strcmp(driver, REFERRAL_PASSDB_DRIVER) != 0 ||
	    strcmp(set->passdb_skip, "never") == 0)
		return TRUE;
	/* As the first of all, Dovecot drops a passdb { skip = unauthenticated }
	   without a word, and nothing of ours is left in the auth process. */
	*error_r = t_strdup_printf("passdb { driver = "REFERRAL_PASSDB_DRIVER" } "
		"can't have skip = %s: each login has to meet it",
		set->passdb_skip);
	return FALSE;
}
