/* Dovecot 2.3: the auth process. */

#include "auth-common.h"
#include "str.h"
#include "strescape.h"
#include "auth.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "auth-settings.h"
#include "master-service.h"
#include "master-service-settings.h"
#include "program-client.h"
#include "settings-parser.h"
#include "referral-settings.h"
#include "compat-auth.h"

static referral_compat_passdb_create_t *passdb_create;
static referral_compat_pass_finished_t *pass_finished;
static referral_compat_pass_finished_t *lookup_finished;

const char *referral_compat_request_protocol(const struct auth_request *request)
{
	return request->fields.service == NULL ? "" : request->fields.service;
}

const char *referral_compat_request_log_prefix(struct auth_request *request)
{
	string_t *str = t_str_new(64);

	auth_request_get_log_prefix(str, request, "referral");
	return str_c(str);
}

const char *referral_compat_auth_protocol(const struct auth *auth)
{
	return auth->service;
}

const char *const *referral_compat_auth_mechanisms(const struct auth *auth)
{
	return t_strsplit_spaces(auth->set->mechanisms, " ");
}

bool referral_compat_auth_uses_winbind(const struct auth *auth)
{
	return auth->set->use_winbind;
}

void referral_compat_passdb_get(const struct auth_passdb *passdb,
				struct referral_compat_passdb *passdb_r)
{
	i_zero(passdb_r);
	passdb_r->deny = passdb->set->deny;
	passdb_r->filtered = passdb->mechanisms != NULL ||
		passdb->username_filter != NULL;
	passdb_r->skips = passdb->skip != AUTH_PASSDB_SKIP_NEVER;
	/* "pass = yes" has been turned into a rule by now */
	passdb_r->returns = passdb->result_success <= AUTH_DB_RULE_RETURN_FAIL;
}

struct auth_passdb *
referral_compat_passdb_copy(pool_t pool, const struct auth_passdb *passdb)
{
	struct auth_passdb *copy = p_memdup(pool, passdb, sizeof(*passdb));

	copy->passdb->init_refcount++;
	copy->next = NULL;
	return copy;
}

void referral_compat_passdb_set_unlimited(struct auth_passdb *passdb)
{
	passdb->mechanisms = NULL;
	passdb->username_filter = NULL;
	passdb->skip = AUTH_PASSDB_SKIP_NEVER;
}

static struct passdb_module *
referral_passdb_preinit(pool_t pool, const char *args)
{
	if (*args != '\0') {
		i_error("referral: passdb { driver = referral } has args: "
			"remove them, see the settings referral_*: %s", args);
	}
	return passdb_create(pool, NULL);
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
	callback(result, NULL, 0, request);
}

static void
referral_pass_callback(enum passdb_result result,
		       const unsigned char *credentials ATTR_UNUSED,
		       size_t size ATTR_UNUSED, struct auth_request *request)
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
	return auth_request_new_dummy(parent);
}

bool referral_compat_request_set_mech(struct auth_request *request,
				      const char *mech_name)
{
	request->mech = mech_register_find(auth_request_get_auth(request)->reg,
					   mech_name);
	return request->mech != NULL &&
		auth_request_import(request, "mech", mech_name);
}

void referral_compat_request_clear_mech(struct auth_request *request)
{
	/* it would free a request of its own size */
	request->mech = NULL;
}

static void
referral_lookup_callback(enum passdb_result result,
			 const unsigned char *credentials ATTR_UNUSED,
			 size_t size ATTR_UNUSED,
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

bool referral_compat_send_filter_get(struct event_filter **filter_r)
{
	*filter_r = event_get_global_debug_send_filter();
	return TRUE;
}

void referral_compat_failure_nodelay(struct auth_request *request)
{
	/* auth_request_handle_failure() would raise the penalty of the
	   client's address otherwise: a directory that is down must not look
	   like guessed passwords. Hidden fields are not sent. */
	auth_fields_add(request->fields.extra_fields, "nodelay", NULL,
			AUTH_FIELD_FLAG_HIDDEN);
}

void referral_compat_userdb_field_add(struct auth_request *request,
				      const char *key, const char *value)
{
	if (request->fields.userdb_reply == NULL)
		auth_request_init_userdb_reply(request, FALSE);
	auth_request_set_userdb_field(request, key, value);
	/* a failing userdb lookup rolls back to the last snapshot */
	auth_fields_snapshot(request->fields.userdb_reply);
}

static int
referral_settings_read(pool_t pool, const struct setting_parser_info *info,
		       struct master_service_settings_input *input,
		       const void **set_r, const char **error_r)
{
	const struct setting_parser_info *const set_roots[] = { info, NULL };
	struct master_service_settings_output output;
	void **sets;

	input->roots = set_roots;
	input->module = info->module_name;
	if (master_service_settings_read(master_service, input,
					 &output, error_r) < 0)
		return -1;
	sets = master_service_settings_get_others(master_service);
	*set_r = settings_dup(info, sets[0], pool);
	return 0;
}

int referral_compat_settings_get(pool_t pool, struct event *event ATTR_UNUSED,
				 const struct setting_parser_info *info,
				 const char *protocol, const void **set_r,
				 const char **error_r)
{
	struct master_service_settings_input input;

	i_zero(&input);
	input.service = protocol;
	return referral_settings_read(pool, info, &input, set_r, error_r);
}

static const char *
referral_filter_find(const char *const *args, const char *key)
{
	for (; *args != NULL; args++) {
		if (strcmp(t_strcut(*args, '='), key) == 0)
			return *args + strlen(key) + 1;
	}
	return NULL;
}

/* "service=imap<tab>remote-net=192.0.2.0/24". Returns NULL if it is for all
   addresses, else the block. */
static const char *
referral_filter_parse(const char *filter,
		      struct master_service_settings_input *input_r)
{
	const char *const *args = t_strsplit_tabescaped(filter);
	const char *block = NULL, *value;
	unsigned int bits;

	i_zero(input_r);
	if ((value = referral_filter_find(args, "service")) != NULL)
		input_r->service = value;
	if ((value = referral_filter_find(args, "local-name")) != NULL) {
		input_r->local_name = value;
		block = "local_name";
	}
	if ((value = referral_filter_find(args, "local-net")) != NULL &&
	    net_parse_range(value, &input_r->local_ip, &bits) == 0)
		block = "local";
	if ((value = referral_filter_find(args, "remote-net")) != NULL &&
	    net_parse_range(value, &input_r->remote_ip, &bits) == 0)
		block = "remote";
	return block;
}

int referral_compat_settings_check_filters(
	pool_t pool, const struct setting_parser_info *info,
	const char **error_r)
{
	struct master_service_settings_input input, all;
	const char *const *filters, *block, *setting;
	const void *set, *set_all;

	if (master_service_settings_get_filters(master_service, &filters,
						error_r) < 0)
		return -1;
	for (; *filters != NULL; filters++) {
		block = referral_filter_parse(*filters, &input);
		if (block == NULL)
			continue;
		i_zero(&all);
		all.service = input.service;
		if (referral_settings_read(pool, info, &input, &set,
					   error_r) < 0 ||
		    referral_settings_read(pool, info, &all, &set_all,
					   error_r) < 0)
			return -1;
		if (referral_any_settings_equal(info, set, set_all, &setting))
			continue;
		*error_r = t_strdup_printf("%s can't be set in %s { }: it is "
			"the same for all addresses (for clients' networks "
			"see referral_networks)", setting, block);
		return -1;
	}
	return 0;
}

void referral_compat_settings_free(const void *set ATTR_UNUSED)
{
}

struct program_client *
referral_compat_program_create(struct event *event, const char *socket_path,
			       const char *const *args,
			       unsigned int timeout_msecs)
{
	struct program_client_settings set;

	i_zero(&set);
	restrict_access_init(&set.restrict_set);
	set.input_idle_timeout_msecs = timeout_msecs;
	set.event = event;
	return program_client_unix_create(socket_path, args, &set, FALSE);
}
