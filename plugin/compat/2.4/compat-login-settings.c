/* Dovecot 2.4: the settings are looked up for each connection */

#include "lib.h"
#include "settings.h"
#include "compat-login-settings.h"

int referral_compat_login_settings_init(const char *service ATTR_UNUSED,
					const char **error_r ATTR_UNUSED)
{
	return 0;
}

void referral_compat_login_settings_deinit(void)
{
}

int referral_compat_login_settings_get(
	struct event *event, const struct referral_login_settings **set_r,
	const char **error_r)
{
	return settings_get(event, &referral_login_setting_parser_info, 0,
			    set_r, error_r);
}

void referral_compat_login_settings_free(
	const struct referral_login_settings **set)
{
	settings_free(*set);
}
