/* doveadm/lib10_doveadm_referral_plugin.so: the commands. */

#include "lib.h"
#include "doveadm.h"
#include "compat-doveadm.h"
#include "doveadm-commands.h"

struct module;

extern const char *doveadm_referral_plugin_version;
void doveadm_referral_plugin_init(struct module *module);
void doveadm_referral_plugin_deinit(void);

const char *doveadm_referral_plugin_version = DOVECOT_ABI_VERSION;

static struct doveadm_cmd_ver2 *const referral_commands[] = {
	&referral_cmd_check,
	&referral_cmd_drain,
	&referral_cmd_explain,
	&referral_cmd_flush,
	&referral_cmd_kick,
	&referral_cmd_list,
	&referral_cmd_status,
	&referral_cmd_stray,
	&referral_cmd_who,
};

void doveadm_referral_plugin_init(struct module *module ATTR_UNUSED)
{
	unsigned int i;

	referral_compat_doveadm_init();
	for (i = 0; i < N_ELEMENTS(referral_commands); i++)
		doveadm_cmd_register_ver2(referral_commands[i]);
}

void doveadm_referral_plugin_deinit(void)
{
}
