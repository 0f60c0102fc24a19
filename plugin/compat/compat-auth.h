#ifndef REFERRAL_COMPAT_AUTH_H
#define REFERRAL_COMPAT_AUTH_H

/* What the auth module needs of Dovecot and what differs between its
   generations. Implemented once in each generation's folder. */

#include "passdb.h"

struct auth;
struct auth_passdb;
struct auth_request;
struct event;
struct event_filter;
struct program_client;
struct setting_parser_info;

/* "imap", "pop3", ...: the protocol of a login; never NULL */
const char *referral_compat_request_protocol(const struct auth_request *request);
/* What a child of the request's event needs to name us and the login: the user
   sanitized. Allocated from the data stack. */
const char *referral_compat_request_log_prefix(struct auth_request *request);
/* NULL for the block without a protocol */
const char *referral_compat_auth_protocol(const struct auth *auth);
/* auth_mechanisms, NULL-terminated, from the data stack */
const char *const *referral_compat_auth_mechanisms(const struct auth *auth);
/* auth_use_winbind: are NTLM and GSS-SPNEGO left to Samba? */
bool referral_compat_auth_uses_winbind(const struct auth *auth);

struct referral_compat_passdb {
	/* deny = yes */
	bool deny;
	/* asked for some mechanisms or users only */
	bool filtered;
	/* skip is anything but "never" */
	bool skips;
	/* success here ends the lookup: in a master passdb no other passdb
	   sees the login */
	bool returns;
};
void referral_compat_passdb_get(const struct auth_passdb *passdb,
				struct referral_compat_passdb *passdb_r);
/* Another link to the same module and settings, for a second chain. Dovecot
   deinitialises it with that chain. */
struct auth_passdb *
referral_compat_passdb_copy(pool_t pool, const struct auth_passdb *passdb);
/* Have it asked about everybody: its settings stay what they are. */
void referral_compat_passdb_set_unlimited(struct auth_passdb *passdb);

/* Make the module for one passdb block. event is where settings are found, NULL
   on Dovecot 2.3. */
typedef struct passdb_module *
referral_compat_passdb_create_t(pool_t pool, struct event *event);
/* Fill in preinit, which calls create(). */
void referral_compat_passdb_interface_init(
	struct passdb_module_interface *iface,
	referral_compat_passdb_create_t *create);

/* Answer a credentials lookup with nothing but a result. */
void referral_compat_credentials_reply(lookup_credentials_callback_t *callback,
				       enum passdb_result result,
				       struct auth_request *request);

/* A callback for credentials lookups that hands on nothing but the result, to
   finished(). There is one finished() for all of them. */
typedef void referral_compat_pass_finished_t(struct auth_request *request,
					     enum passdb_result result);
lookup_credentials_callback_t *
referral_compat_pass_callback(referral_compat_pass_finished_t *finished);

/* A request that belongs to no login and has no mechanism. */
struct auth_request *referral_compat_request_create(struct event *parent);
/* For passdbs that are limited to some mechanisms: make it a request of this
   one (upper case). It has to be cleared before the request is freed. Returns
   FALSE if the protocol has no such mechanism. */
bool referral_compat_request_set_mech(struct auth_request *request,
				      const char *mech_name);
void referral_compat_request_clear_mech(struct auth_request *request);

/* Have the passdbs look up any credentials for such a request. finished() is
   called with the result, maybe from inside. There is one finished() for all of
   them. */
void referral_compat_request_lookup(struct auth_request *request,
				    referral_compat_pass_finished_t *finished);

/* The filter of those events that somebody outside this process, a metric for
   one, wants to see: NULL if nobody does. Returns FALSE if this Dovecot does
   not tell. */
bool referral_compat_send_filter_get(struct event_filter **filter_r);

/* Make the failure about to be sent one that is neither delayed nor counted
   against the client's address. */
void referral_compat_failure_nodelay(struct auth_request *request);
/* Add a field to the userdb reply that the mail process will see. */
void referral_compat_userdb_field_add(struct auth_request *request,
				      const char *key, const char *value);

/* Are settings of info set in a remote { }, local { } or local_name { } block?
   The auth process reads them once, for all logins. Returns 0, or -1 and
   error_r. On Dovecot 2.4, doveconf says so. */
int referral_compat_settings_check_filters(
	pool_t pool, const struct setting_parser_info *info,
	const char **error_r);
/* Read and check the settings of info for a protocol (NULL: none). event as
   above. Returns 0 and a set_r that lives as long as pool or until
   referral_compat_settings_free(), or -1 and error_r. */
int referral_compat_settings_get(pool_t pool, struct event *event,
				 const struct setting_parser_info *info,
				 const char *protocol, const void **set_r,
				 const char **error_r);
void referral_compat_settings_free(const void *set);

/* What stands behind the UNIX socket of a service "script", with these
   arguments, which have no escapes for what is not printable. Run it with
   program_client_run_async(), whose callback may come from inside that call; a
   failure to connect is logged to event. Without an end after timeout_msecs it
   has failed. Not to be destroyed from inside its callback. */
struct program_client *
referral_compat_program_create(struct event *event, const char *socket_path,
			       const char *const *args,
			       unsigned int timeout_msecs);

#endif
