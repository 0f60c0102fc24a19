/* What settings can work together: filled in by the next commits. */

#include "lib.h"
#include "referral-settings.h"

bool referral_settings_check(const struct referral_settings *set ATTR_UNUSED,
			     const char **error_r ATTR_UNUSED)
{
	return TRUE;
}

bool referral_login_settings_check(
	const struct referral_login_settings *set ATTR_UNUSED,
	const char **error_r ATTR_UNUSED)
{
	return TRUE;
}
