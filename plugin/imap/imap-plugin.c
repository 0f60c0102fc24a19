/* mail_plugins = imap_login_referral: version, init, deinit, hook */

#include "imap-common.h"
#include "module-dir.h"
#include "suggest.h"

extern const char *imap_login_referral_plugin_version;
extern const char imap_login_referral_plugin_binary_dependency[];
void imap_login_referral_plugin_init(struct module *module);
void imap_login_referral_plugin_deinit(void);

const char *imap_login_referral_plugin_version = DOVECOT_ABI_VERSION;
const char imap_login_referral_plugin_binary_dependency[] = "imap";

static imap_client_created_func_t *next_hook_client_created;

static void referral_imap_client_created(struct client **client)
{
	referral_suggest_client_created(*client);
	if (next_hook_client_created != NULL)
		next_hook_client_created(client);
}

void imap_login_referral_plugin_init(struct module *module ATTR_UNUSED)
{
	next_hook_client_created =
		imap_client_created_hook_set(referral_imap_client_created);
}

void imap_login_referral_plugin_deinit(void)
{
	imap_client_created_hook_set(next_hook_client_created);
	referral_suggest_deinit();
}
