/* The auth process's configuration: settings, identity, policies, directory. */

#include "auth-common.h"
#include "array.h"
#include "loop.h"
#include "policy.h"
#include "proxy-fields.h"
#include "resolve.h"
#include "settings-parser.h"
#include "referral-settings.h"
#include "own-identity.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-directories.h"

/* relative to base_dir, where auth runs */
#define REFERRAL_DNS_SOCKET_PATH "dns-client"

/* Settings are read while the process starts, since reading them may block.
   So the protocols that can have settings of their own are named here. */
static const char *const referral_known_protocols[] = {
	"imap", "pop3", "sieve", "submission", "lmtp", "doveadm", NULL
};

struct event_category referral_event_category = {
	.name = "login_referral",
};

static void
referral_auth_protocol_init_fields(pool_t pool,
				   struct referral_auth_protocol *protocol)
{
	protocol->proxy_fields = p_strarray_dup(pool,
		referral_proxy_fields_split(
			protocol->set->referral_proxy_fields));
	protocol->proxy_credentials =
		referral_proxy_fields_have_credentials(protocol->proxy_fields);
	protocol->proxy_tls =
		referral_proxy_fields_have_tls(protocol->proxy_fields);
}

static int
referral_auth_protocol_read(struct referral_auth_config *config,
			    struct event *event,
			    struct referral_auth_protocol *protocol,
			    const char **error_r)
{
	struct referral_identity *identity;
	const void *set;

	if (referral_compat_settings_get(config->pool, event,
					 &referral_setting_parser_info,
					 protocol->name, &set, error_r) < 0)
		return -1;
	protocol->set = set;
	if (protocol->name != NULL &&
	    referral_auth_directories_check(config->directories, event,
					    protocol->name, error_r) < 0)
		return -1;
	if (referral_own_identity_create(config->pool, config->event,
					 protocol->set, &identity,
					 error_r) < 0)
		return -1;
	return referral_policy_create(config->pool, protocol->name == NULL ?
				      "" : protocol->name, protocol->set,
				      identity, &protocol->policy, error_r);
}

static struct referral_auth_protocol *
referral_auth_protocol_create(struct referral_auth_config *config,
			      struct event *event, const char *name)
{
	struct referral_auth_protocol *protocol;
	const char *error;

	protocol = p_new(config->pool, struct referral_auth_protocol, 1);
	protocol->name = p_strdup(config->pool, name);
	if (referral_auth_protocol_read(config, event, protocol, &error) < 0) {
		protocol->error = p_strdup(config->pool, error);
		protocol->policy = NULL;
		e_error(config->event, "%s: all logins%s%s are refused", error,
			name == NULL ? "" : " of protocol ",
			name == NULL ? "" : name);
	} else if (referral_policy_check_map(protocol->policy, &error) < 0) {
		e_error(config->event, "%s", error);
	}
	if (protocol->set == NULL)
		protocol->set = referral_setting_parser_info.defaults;
	referral_auth_protocol_init_fields(config->pool, protocol);
	return protocol;
}

static void
referral_auth_config_fail(struct referral_auth_config *config,
			  const char *error)
{
	config->error = p_strdup(config->pool, error);
	e_error(config->event, "%s: all logins are refused", error);
}

static void
referral_auth_config_read(struct referral_auth_config *config,
			  struct event *event)
{
	struct referral_auth_protocol *protocol;
	const char *error;
	unsigned int i;

	if (referral_auth_directories_init(config->event, event,
					   REFERRAL_DNS_SOCKET_PATH,
					   &config->directories, &error) < 0)
		referral_auth_config_fail(config, error);
	config->others = referral_auth_protocol_create(config, event, NULL);
	for (i = 0; referral_known_protocols[i] != NULL; i++) {
		protocol = referral_auth_protocol_create(config, event,
			referral_known_protocols[i]);
		array_push_back(&config->protocols, &protocol);
	}
	if (config->error == NULL &&
	    (referral_compat_settings_check_filters(config->pool,
			&referral_setting_parser_info, &error) < 0 ||
	     referral_compat_settings_check_filters(config->pool,
			&referral_directory_setting_parser_info, &error) < 0))
		referral_auth_config_fail(config, error);
	if (config->error == NULL &&
	    referral_auth_directories_count(config->directories) == 0 &&
	    *config->others->set->referral_mailhost_field == '\0') {
		referral_auth_config_fail(config,
			"referral_ldap_uris is empty "
			"(and so is referral_mailhost_field): "
			"nobody can say where a user is at home");
	}
	config->resolver = referral_resolver_init(config->event,
						  REFERRAL_DNS_SOCKET_PATH);
	config->loops = referral_loops_init();
}

struct referral_auth_config *referral_auth_config_init(struct event *event)
{
	struct referral_auth_config *config;
	pool_t pool;

	pool = pool_alloconly_create("referral auth config", 8192);
	config = p_new(pool, struct referral_auth_config, 1);
	config->pool = pool;
	config->event = event_create(auth_event);
	event_add_category(config->event, &referral_event_category);
	event_set_append_log_prefix(config->event, "referral: ");
	p_array_init(&config->protocols, pool, 8);
	if (!worker)
		referral_auth_config_read(config, event);
	return config;
}

static void
referral_auth_protocol_deinit(struct referral_auth_protocol *protocol)
{
	if (protocol->set != referral_setting_parser_info.defaults)
		referral_compat_settings_free(protocol->set);
}

void referral_auth_config_deinit(struct referral_auth_config **_config)
{
	struct referral_auth_config *config = *_config;
	struct referral_auth_protocol *protocol;

	*_config = NULL;
	referral_auth_directories_deinit(&config->directories);
	/* after the lookups, whose last answers may have asked it */
	if (config->resolver != NULL)
		referral_resolver_deinit(&config->resolver);
	referral_loops_deinit(&config->loops);
	array_foreach_elem(&config->protocols, protocol)
		referral_auth_protocol_deinit(protocol);
	if (config->others != NULL)
		referral_auth_protocol_deinit(config->others);
	event_unref(&config->event);
	pool_unref(&config->pool);
}

const struct referral_auth_protocol *
referral_auth_config_find(const struct referral_auth_config *config,
			  const char *name)
{
	struct referral_auth_protocol *protocol;

	array_foreach_elem(&config->protocols, protocol) {
		if (strcmp(protocol->name, name) == 0)
			return protocol;
	}
	return config->others;
}
