/* Dovecot 2.3: the settings are read once, from the config process */

#include "lib.h"
#include "master-service.h"
#include "master-service-settings.h"
#include "settings-parser.h"
#include "compat-login-settings.h"

static pool_t login_settings_pool;
static const struct referral_login_settings *login_settings;

int referral_compat_login_settings_init(const char *service,
					const char **error_r)
{
	static const struct setting_parser_info *roots[] = {
		&referral_login_setting_parser_info,
		NULL
	};
	struct master_service_settings_input input;
	struct master_service_settings_output output;
	void **sets;

	i_zero(&input);
	input.roots = roots;
	input.module = referral_login_setting_parser_info.module_name;
	input.service = service;
	input.preserve_environment = TRUE;
	input.preserve_user = TRUE;
	input.never_exec = TRUE;
	if (master_service_settings_read(master_service, &input, &output,
					 error_r) < 0)
		return -1;

	sets = master_service_settings_get_others(master_service);
	login_settings_pool = pool_alloconly_create("referral login settings",
						    512);
	login_settings = settings_dup(&referral_login_setting_parser_info,
				      sets[0], login_settings_pool);
	return 0;
}

void referral_compat_login_settings_deinit(void)
{
	login_settings = NULL;
	pool_unref(&login_settings_pool);
}

int referral_compat_login_settings_get(
	struct event *event ATTR_UNUSED,
	const struct referral_login_settings **set_r,
	const char **error_r ATTR_UNUSED)
{
	i_assert(login_settings != NULL);
	*set_r = login_settings;
	return 0;
}

void referral_compat_login_settings_free(
	const struct referral_login_settings **set)
{
	*set = NULL;
}
