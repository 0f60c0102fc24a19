#ifndef REFERRAL_LDAP_CLIENT_H
#define REFERRAL_LDAP_CLIENT_H

/* LDAP searches over one or more servers, without ever blocking: no
   synchronous ldap_* call, no getaddrinfo(), no file access after init.
   The rest of the plugin sees libldap through this header only. */

struct event;
struct referral_directory_settings;
struct referral_ldap_client;
struct referral_ldap_request;

enum referral_ldap_status {
	/* exactly one entry matches */
	REFERRAL_LDAP_ENTRY,
	REFERRAL_LDAP_NO_ENTRY,
	REFERRAL_LDAP_SEVERAL_ENTRIES,
	REFERRAL_LDAP_UNAVAILABLE,
};

struct referral_ldap_search_params {
	const char *base;
	/* LDAP_SCOPE_* */
	int scope;
	/* complete, values already escaped (RFC 4515) */
	const char *filter;
	/* NULL-terminated */
	const char *const *attributes;
	/* entries that the server is to send at most; 0 = 2, so that several
	   are noticed */
	unsigned int size_limit;
};

struct referral_ldap_result {
	enum referral_ldap_status status;
	/* _ENTRY: for each of params.attributes, in its order, the
	   NULL-terminated values (an empty list if there are none). A NUL
	   inside a value is turned into 0x01. */
	const char *const *const *values;
	/* _UNAVAILABLE, _SEVERAL_ENTRIES: printable, names operation, server,
	   cause and the setting to change */
	const char *error;
	/* the URI of the server that answered; NULL if none did */
	const char *server;
};

/* result is valid during the call only. The request is gone before the
   callback is called. */
typedef void
referral_ldap_callback_t(const struct referral_ldap_result *result,
			 void *context);

/* Parse the URIs, load TLS contexts and certificates, do libldap's one-time
   initialisation. No connection is made before the first search. set's strings
   are copied as far as needed. dns_client_socket_path is for host names, e.g.
   "<base_dir>/dns-client". Returns 0, or -1 and error_r (data stack) that names
   the setting. */
int referral_ldap_client_init(struct event *event_parent,
			      const struct referral_directory_settings *set,
			      const char *dns_client_socket_path,
			      struct referral_ldap_client **client_r,
			      const char **error_r);
/* Closes every connection. Requests still pending are finished first with
   REFERRAL_LDAP_UNAVAILABLE, from inside this call. */
void referral_ldap_client_deinit(struct referral_ldap_client **client);

/* Search. The callback is called exactly once, never from inside this call
   and never after referral_ldap_search_cancel(); at the latest after
   timeout_msecs. params are copied as far as needed. */
struct referral_ldap_request *
referral_ldap_search(struct referral_ldap_client *client,
		     const struct referral_ldap_search_params *params,
		     referral_ldap_callback_t *callback, void *context);
void referral_ldap_search_cancel(struct referral_ldap_request **request);

#endif
