/* Dovecot 2.4: the auth process. */

#include "auth-common.h"
#include "array.h"
#include "auth.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "auth-settings.h"
#include "program-client.h"
#include "settings.h"
#include "settings-parser.h"
#include "compat-auth.h"

#define VERSION_AT_LEAST(micro) \
	(DOVECOT_VERSION_MAJOR > 2 || DOVECOT_VERSION_MINOR > 4 || \
	 DOVECOT_VERSION_MICRO >= (micro))

static referral_compat_passdb_create_t *passdb_create;
static referral_compat_pass_finished_t *pass_finished;
static referral_compat_pass_finished_t *lookup_finished;

const char *referral_compat_request_protocol(const struct auth_request *request)
{
	return request->fields.protocol == NULL ? "" : request->fields.protocol;
}

const char *
referral_compat_request_log_prefix(struct auth_request *request ATTR_UNUSED)
{
	/* the event names the login by itself */
	return "referral: ";
}

const char *referral_compat_auth_protocol(const struct auth *auth)
{
	return auth->protocol;
}

const char *const *referral_compat_auth_mechanisms(const struct auth *auth)
{
	if (!array_is_created(&auth->protocol_set->mechanisms))
		return t_new(const char *, 1);
	return settings_boollist_get(&auth->protocol_set->mechanisms);
}

bool referral_compat_auth_uses_winbind(const struct auth *auth)
{
	return auth->protocol_set->use_winbind;
}

void referral_compat_passdb_get(const struct auth_passdb *passdb,
				struct referral_compat_passdb *passdb_r)
{
	i_zero(passdb_r);
	passdb_r->deny = passdb->set->deny;
	passdb_r->filtered = passdb->mechanisms_filter != NULL ||
		passdb->username_filter != NULL;
	passdb_r->skips = passdb->skip != AUTH_PASSDB_SKIP_NEVER;
	passdb_r->returns = passdb->result_success <= AUTH_DB_RULE_RETURN_FAIL;
}

struct auth_passdb *
referral_compat_passdb_copy(pool_t pool, const struct auth_passdb *passdb)
{
	struct auth_passdb *copy = p_memdup(pool, passdb, sizeof(*passdb));

	copy->passdb->init_refcount++;
	pool_ref(copy->set->pool);
	pool_ref(copy->auth_set->pool);
	pool_ref(copy->unexpanded_post_set->pool);
	copy->next = NULL;
	return copy;
}

void referral_compat_passdb_set_unlimited(struct auth_passdb *passdb)
{
	passdb->mechanisms_filter = NULL;
	passdb->username_filter = NULL;
	passdb->skip = AUTH_PASSDB_SKIP_NEVER;
}

static int
referral_passdb_preinit(pool_t pool, struct event *event,
#if VERSION_AT_LEAST(3)
			const struct passdb_parameters *params ATTR_UNUSED,
#endif
			struct passdb_module **module_r,
			const char **error_r ATTR_UNUSED)
{
	*module_r = passdb_create(pool, event);
	return 0;
}

void referral_compat_passdb_interface_init(
	struct passdb_module_interface *iface,
	referral_compat_passdb_create_t *create)
{
	passdb_create = create;
	iface->preinit = referral_passdb_preinit;
}

void referral_compat_credentials_reply(lookup_credentials_callback_t *callback,
				       enum passdb_result result,
				       struct auth_request *request)
{
#if VERSION_AT_LEAST(5)
	callback(result, NULL, 0, NULL, request);
#else
	callback(result, NULL, 0, request);
#endif
}

static void
referral_pass_callback(enum passdb_result result,
		       const unsigned char *credentials ATTR_UNUSED,
		       size_t size ATTR_UNUSED,
#if VERSION_AT_LEAST(5)
		       const char *scheme ATTR_UNUSED,
#endif
		       struct auth_request *request)
{
	pass_finished(request, result);
}

lookup_credentials_callback_t *
referral_compat_pass_callback(referral_compat_pass_finished_t *finished)
{
	pass_finished = finished;
	return referral_pass_callback;
}

struct auth_request *referral_compat_request_create(struct event *parent)
{
#if VERSION_AT_LEAST(2)
	return auth_request_new(parent);
#else
	return auth_request_new_dummy(parent);
#endif
}

bool referral_compat_request_set_mech(struct auth_request *request,
				      const char *mech_name)
{
	const struct auth *auth = auth_request_get_auth(request);

#if VERSION_AT_LEAST(2)
	const struct sasl_server_mech *mech =
		sasl_server_mech_find(auth->sasl_inst, mech_name);

	if (mech == NULL)
		return FALSE;
	request->sasl.req.mech_name = p_strdup(request->pool, mech_name);
#else
	request->mech = mech_register_find(auth->reg, mech_name);
	if (request->mech == NULL)
		return FALSE;
#endif
	return auth_request_import(request, "mech", mech_name);
}

void referral_compat_request_clear_mech(struct auth_request *request)
{
#if VERSION_AT_LEAST(2)
	request->sasl.req.mech_name = NULL;
#else
	/* it would free a request of its own size */
	request->mech = NULL;
#endif
}

static void
referral_lookup_callback(enum passdb_result result,
			 const unsigned char *credentials ATTR_UNUSED,
			 size_t size ATTR_UNUSED,
#if VERSION_AT_LEAST(5)
			 const char *scheme ATTR_UNUSED,
#endif
			 struct auth_request *request)
{
	lookup_finished(request, result);
}

void referral_compat_request_lookup(struct auth_request *request,
				    referral_compat_pass_finished_t *finished)
{
	lookup_finished = finished;
	auth_request_set_state(request, AUTH_REQUEST_STATE_MECH_CONTINUE);
	auth_request_lookup_credentials(request, "", referral_lookup_callback);
}

#if VERSION_AT_LEAST(3)
/* lib-master/stats-client.c: where it keeps the filter that the stats process
   has sent. There may be others' filters as well, which nothing lists, but in
   Dovecot nobody else has one. */
extern struct event_filter **stats_event_filter __attribute__((weak));
#endif

bool referral_compat_send_filter_get(struct event_filter **filter_r)
{
#if VERSION_AT_LEAST(3)
	*filter_r = NULL;
	if (&stats_event_filter == NULL)
		return FALSE;
	if (stats_event_filter != NULL)
		*filter_r = *stats_event_filter;
	return TRUE;
#else
	*filter_r = event_get_global_debug_send_filter();
	return TRUE;
#endif
}

void referral_compat_failure_nodelay(struct auth_request *request ATTR_UNUSED)
{
	/* an internal failure is neither delayed nor counted */
}

void referral_compat_userdb_field_add(struct auth_request *request,
				      const char *key, const char *value)
{
	if (request->fields.userdb_reply == NULL)
		auth_request_init_userdb_reply(request);
	auth_request_set_userdb_field(request, key, value);
	/* a failing userdb lookup rolls back to the last snapshot */
	auth_fields_snapshot(request->fields.userdb_reply);
}

/* what all structs of settings begin with */
struct referral_compat_settings {
	pool_t pool;
};

int referral_compat_settings_check_filters(
	pool_t pool ATTR_UNUSED,
	const struct setting_parser_info *info ATTR_UNUSED,
	const char **error_r ATTR_UNUSED)
{
	return 0;
}

int referral_compat_settings_get(pool_t pool ATTR_UNUSED, struct event *event,
				 const struct setting_parser_info *info,
				 const char *protocol, const void **set_r,
				 const char **error_r)
{
	const struct referral_compat_settings *set;
	struct event *child = event_create(event);
	int ret;

	if (protocol != NULL)
		event_add_str(child, "protocol", protocol);
	ret = settings_get(child, info, 0, &set, error_r);
	if (ret == 0)
		*set_r = set;
	event_unref(&child);
	return ret;
}

void referral_compat_settings_free(const void *_set)
{
	const struct referral_compat_settings *set = _set;

	settings_free(set);
}

struct program_client *
referral_compat_program_create(struct event *event, const char *socket_path,
			       const char *const *args,
			       unsigned int timeout_msecs)
{
	const struct program_client_parameters params = {
		.input_idle_timeout_msecs = timeout_msecs,
	};

	return program_client_unix_create(event, socket_path, args, &params);
}
