/* passdb driver "referral": the carrier. It looks nothing up and changes
   nothing for the passdbs after it; it only makes logins known to the hook.

   It must be a passdb because that is the one place where a module sees each
   login before it is decided; and the first one, because any other may end the
   lookup. */

#include "auth-common.h"
#include "ioloop.h"
#include "auth.h"
#include "auth-request.h"
#include "passdb.h"
#include "compat-auth.h"
#include "auth-carried.h"
#include "auth-check.h"
#include "auth-check-files.h"
#include "auth-check-proxying.h"
#include "auth-config.h"
#include "auth-hook.h"
#include "auth-line.h"
#include "auth-kick.h"
#include "auth-log.h"
#include "auth-destination.h"
#include "auth-stats.h"
#include "passdb-referral.h"

/* Dovecot 2.4 makes a module for each protocol, 2.3 one for all: the
   configuration behind them is one. */
static struct referral_auth_config *carrier_config;
static unsigned int carrier_refcount;
static struct timeout *carrier_to_check;

/* NEXT says "ask the next one", and only that: any other answer would leave a
   trace in the final result. But as the answer of the last passdb it is an
   internal error. A passdb that is limited to some mechanisms or users may not
   be asked at all. */
static bool referral_carrier_is_followed(const struct auth_request *request)
{
	struct referral_compat_passdb passdb;
	const struct auth_passdb *next;

	for (next = request->passdb->next; next != NULL; next = next->next) {
		referral_compat_passdb_get(next, &passdb);
		if (!passdb.filtered && !passdb.skips)
			return TRUE;
	}
	return FALSE;
}

/* Returns FALSE if the lookup has to end here. */
static bool referral_carrier_arm(struct auth_request *request)
{
	referral_request_set_carried(request,
		referral_auth_check_is_guard(request->passdb));
	return referral_auth_hook_arm(request);
}

static void
referral_verify_plain(struct auth_request *request,
		      const char *password ATTR_UNUSED,
		      verify_plain_callback_t *callback)
{
	if (!referral_carrier_arm(request)) {
		/* the one result that no later passdb overrules */
		callback(PASSDB_RESULT_USER_DISABLED, request);
		return;
	}
	callback(referral_carrier_is_followed(request) ? PASSDB_RESULT_NEXT :
		 PASSDB_RESULT_USER_UNKNOWN, request);
}

static void
referral_lookup_credentials(struct auth_request *request,
			    lookup_credentials_callback_t *callback)
{
	if (!referral_carrier_arm(request)) {
		referral_compat_credentials_reply(callback,
			PASSDB_RESULT_USER_DISABLED, request);
		return;
	}
	referral_auth_destination_arm(request);
	referral_compat_credentials_reply(callback,
		referral_carrier_is_followed(request) ? PASSDB_RESULT_NEXT :
		PASSDB_RESULT_SCHEME_NOT_AVAILABLE, request);
}

static struct passdb_module *
referral_carrier_create(pool_t pool, struct event *event)
{
	if (carrier_config == NULL)
		carrier_config = referral_auth_config_init(event);
	return p_new(pool, struct passdb_module, 1);
}

static void referral_carrier_check(void *context ATTR_UNUSED)
{
	timeout_remove(&carrier_to_check);
	referral_auth_check_chains(carrier_config->event);
	if (!worker) {
		referral_auth_check_proxying(carrier_config);
		referral_auth_line_init(carrier_config);
	}
}

static void referral_carrier_init(struct passdb_module *module)
{
	/* Not in the table: Dovecot looks there to see whether any passdb can
	   serve a mechanism that needs credentials, and we can't. */
	module->iface.lookup_credentials = referral_lookup_credentials;
	/* a worker process would not be ours to hook */
	module->blocking = FALSE;
	if (carrier_refcount++ > 0)
		return;

	if (!worker) {
		referral_auth_check_files(carrier_config->event);
		referral_auth_hook_init(carrier_config);
		referral_auth_destination_init(carrier_config);
		referral_auth_stats_init(carrier_config);
		referral_auth_kick_init(carrier_config);
	}
	/* the chains are still being walked */
	carrier_to_check = timeout_add_short(0, referral_carrier_check,
					     (void *)NULL);
}

static void referral_carrier_deinit(struct passdb_module *module ATTR_UNUSED)
{
	i_assert(carrier_refcount > 0);
	if (--carrier_refcount > 0)
		return;

	timeout_remove(&carrier_to_check);
	referral_auth_line_deinit();
	referral_auth_kick_deinit();
	if (!worker)
		referral_auth_stats_deinit(carrier_config);
	/* Answers what is still held back. Later, when modules are unloaded,
	   the request handlers would be gone. */
	referral_auth_config_deinit(&carrier_config);
	referral_auth_hook_deinit();
	referral_auth_destination_deinit();
	referral_auth_log_deinit();
}

static struct passdb_module_interface referral_passdb = {
	.name = REFERRAL_PASSDB_DRIVER,
	.init = referral_carrier_init,
	.deinit = referral_carrier_deinit,
	.verify_plain = referral_verify_plain,
};

bool referral_passdb_is_in(const struct auth *auth)
{
	const struct auth_passdb *db;

	for (db = auth->passdbs; db != NULL; db = db->next) {
		if (strcmp(db->passdb->iface.name, REFERRAL_PASSDB_DRIVER) == 0)
			return TRUE;
	}
	return FALSE;
}

void referral_passdb_register(void)
{
	referral_compat_passdb_interface_init(&referral_passdb,
					      referral_carrier_create);
	passdb_register_module(&referral_passdb);
}

void referral_passdb_unregister(void)
{
	passdb_unregister_module(&referral_passdb);
}
