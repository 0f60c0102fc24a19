/* login_plugins = login_referral: version, init, deinit, hooks */

#include "login-private.h"
#include "module-dir.h"
#include "compat-login-settings.h"

extern const char *login_referral_plugin_version;
void login_referral_plugin_init(struct module *module);
void login_referral_plugin_deinit(void);

const char *login_referral_plugin_version = DOVECOT_ABI_VERSION;

struct referral_login_module referral_login_module =
	MODULE_CONTEXT_INIT(&login_module_register);
const struct referral_login_protocol *referral_login_protocol;

static void referral_login_client_allocated(struct client *client)
{
	struct client_vfuncs *v = client->vlast;
	struct referral_login_client *rclient;

	rclient = p_new(client->pool, struct referral_login_client, 1);
	rclient->module_ctx.super = *v;
	client->vlast = &rclient->module_ctx.super;
	MODULE_CONTEXT_SET(client, referral_login_module, rclient);

	if (referral_login_protocol == &referral_login_pop3) {
		v->auth_result = referral_login_pop3_auth_result;
		return;
	}
	v->notify_auth_ready = referral_login_notify_auth_ready;
	v->auth_result = referral_login_auth_result;
	v->proxy_parse_line = referral_login_proxy_parse_line;
	v->input = referral_login_input;
	v->destroy = referral_login_destroy;
}

static const struct login_client_hooks referral_login_hooks = {
	.client_allocated = referral_login_client_allocated,
};

/* Distributions have added members to struct client_vfuncs without a new ABI
   version. Ours end up in the wrong place then, so look for two that every
   login binary sets. */
static bool referral_login_check_vfuncs(void)
{
	const struct client_vfuncs *v = login_binary->client_vfuncs;

	return v->send_raw_data == client_common_send_raw_data &&
		v->free == client_common_default_free;
}

/* So they may to struct client, or to what a protocol adds to it. */
static bool
referral_login_check_client(const struct referral_login_protocol *protocol)
{
	size_t start, theirs, ours;
	pool_t pool;

	if (protocol->client_size == 0)
		return TRUE;
	pool = pool_alloconly_create("referral login client", 16 * 1024);
	start = pool_alloconly_get_total_used_size(pool);
	(void)login_binary->client_vfuncs->alloc(pool);
	theirs = pool_alloconly_get_total_used_size(pool) - start;
	(void)p_malloc(pool, protocol->client_size);
	ours = pool_alloconly_get_total_used_size(pool) - start - theirs;
	pool_unref(&pool);
	return theirs == ours;
}

static const struct referral_login_protocol *
referral_login_protocol_find(const char *name)
{
	static const struct referral_login_protocol *const protocols[] = {
		&referral_login_imap,
		&referral_login_sieve,
		&referral_login_pop3,
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(protocols); i++) {
		if (strcmp(protocols[i]->name, name) == 0)
			return protocols[i];
	}
	return NULL;
}

void login_referral_plugin_init(struct module *module)
{
	const struct referral_login_protocol *protocol =
		referral_login_protocol_find(login_binary->protocol);
	const char *error;

	if (protocol == NULL) {
		/* submission: there is nothing to say */
		return;
	}
	if (!referral_login_check_vfuncs() ||
	    !referral_login_check_client(protocol)) {
		i_error("referral: The login plugin doesn't fit this %s: "
			"rebuild it against this Dovecot. "
			"Logins go on without it.", login_binary->process_name);
		return;
	}
	if (referral_compat_login_settings_init(protocol->name, &error) < 0) {
		i_error("referral: Reading the login plugin's settings "
			"failed: %s. Logins go on without it.", error);
		return;
	}
	referral_login_protocol = protocol;
	login_client_hooks_add(module, &referral_login_hooks);
}

void login_referral_plugin_deinit(void)
{
	if (referral_login_protocol == NULL)
		return;
	login_client_hooks_remove(&referral_login_hooks);
	referral_login_linger_deinit();
	referral_login_drain_deinit();
	referral_compat_login_settings_deinit();
	referral_login_protocol = NULL;
}
