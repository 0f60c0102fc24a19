#ifndef REFERRAL_AUTH_CONFIG_H
#define REFERRAL_AUTH_CONFIG_H

/* The configuration of the auth process: the directories, one policy for
   each protocol. There is one, however many passdb blocks name our driver. */

struct event;
struct referral_settings;
struct referral_loops;
struct referral_policy;
struct referral_auth_directories;
struct referral_resolver;

/* Settings and policy of one protocol. */
struct referral_auth_protocol {
	const char *name;
	const struct referral_settings *set;
	/* what of them does not work; then policy may be NULL, and nothing can
	   be decided for this protocol. NULL if all is well. */
	const char *error;
	struct referral_policy *policy;
	/* referral_proxy_fields, split; NULL-terminated */
	const char *const *proxy_fields;
	/* referral_proxy_fields holds a password */
	bool proxy_credentials;
	/* it says ssl or starttls */
	bool proxy_tls;
};

struct referral_auth_config {
	pool_t pool;
	/* its lines, and those of its children, begin with "referral: " */
	struct event *event;
	/* the same for all protocols */
	const char *error;
	struct referral_auth_directories *directories;
	/* NULL in auth workers */
	struct referral_resolver *resolver;
	struct referral_loops *loops;
	ARRAY(struct referral_auth_protocol *) protocols;
	/* for protocols without a block of their own */
	struct referral_auth_protocol *others;
};

extern struct event_category referral_event_category;

/* Read the settings of every protocol and open the directory client. event is
   where settings are found (NULL on Dovecot 2.3). May read files (certificates)
   and connects to nobody.

   What doveconf could not know is no reason to end the auth process: it is
   logged, and logins that nothing can be decided for are refused. In auth
   workers there is nothing to read, since they decide nothing. */
struct referral_auth_config *referral_auth_config_init(struct event *event);
/* Searches still pending are answered first, from inside this call. */
void referral_auth_config_deinit(struct referral_auth_config **config);

/* Never NULL. */
const struct referral_auth_protocol *
referral_auth_config_find(const struct referral_auth_config *config,
			  const char *protocol);

#endif
