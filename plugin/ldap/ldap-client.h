#ifndef REFERRAL_LDAP_CLIENT_H
#define REFERRAL_LDAP_CLIENT_H

#include "net.h"

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
	/* The end of base that is the same for every user ("" or NULL = none):
	   if the server knows nothing below it, that is NO_ENTRY. */
	const char *base_tail;
	/* Without such an end, the part of base that begins with the first
	   component which depends on the user (NULL = none): if the server
	   knows only of what is above it, that is NO_ENTRY. */
	const char *base_tree;
	/* NULL, or ask this server of referral_ldap_uris alone, as it is
	   written there */
	const char *server;
	/* NULL, or what an answer that comes too late is known by: see
	   referral_ldap_client_set_late_callback() */
	const char *key;
};

struct referral_ldap_result {
	enum referral_ldap_status status;
	/* _ENTRY: for each of params.attributes, in its order, the
	   NULL-terminated values (an empty list if there are none). A NUL
	   inside a value is turned into 0x01. */
	const char *const *const *values;
	/* _UNAVAILABLE: the server has nothing at all of the base */
	bool nothing_there;
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

/* Answers that come after their request has failed for want of one. key is
   params.key; the status is not UNAVAILABLE. Both are valid during the call. */
typedef void
referral_ldap_late_callback_t(const char *key,
			      const struct referral_ldap_result *result,
			      void *context);
void referral_ldap_client_set_late_callback(
	struct referral_ldap_client *client,
	referral_ldap_late_callback_t *callback, void *context);

/* So many searches wait in line at most, each with the login that has asked:
   the oldest fails then. There is a bound without it, too. */
void referral_ldap_client_limit_waiting(struct referral_ldap_client *client,
					unsigned int limit);

/* A server may answer under another name for an attribute than it was asked for
   ("uid" for "userid"): it is then asked what names there are. Who has read the
   values of attributeTypes anyway can tell. */
void referral_ldap_client_learn_names(struct referral_ldap_client *client,
				      const char *const *attributes,
				      const char *const *attribute_types);

/* Search. The callback is called exactly once, never from inside this call
   and never after referral_ldap_search_cancel(). It fails if no server answers
   anything for referral_ldap_timeout, if this search is not answered so long
   after it was sent, or if it could not be sent for
   referral_ldap_queue_timeout. params are copied as far as needed. */
struct referral_ldap_request *
referral_ldap_search(struct referral_ldap_client *client,
		     const struct referral_ldap_search_params *params,
		     referral_ldap_callback_t *callback, void *context);
void referral_ldap_search_cancel(struct referral_ldap_request **request);

enum referral_ldap_server_state {
	/* not connected, and nobody wants it */
	REFERRAL_LDAP_SERVER_IDLE,
	REFERRAL_LDAP_SERVER_CONNECTING,
	REFERRAL_LDAP_SERVER_READY,
	/* connected, but slow or refusing: others are preferred */
	REFERRAL_LDAP_SERVER_DEMOTED,
	/* connected, and an answer is overdue */
	REFERRAL_LDAP_SERVER_SUSPECT,
	/* left alone until it may be tried again */
	REFERRAL_LDAP_SERVER_FAILED,
};

/* One address of one server. */
struct referral_ldap_server_status {
	/* as in referral_ldap_uris */
	const char *uri;
	/* family 0: of a UNIX socket, or not known yet */
	struct ip_addr ip;
	enum referral_ldap_server_state state;
	/* since when it is (not) connected */
	time_t since;
	/* NULL if there was none; when */
	const char *last_error;
	time_t last_error_at;
	/* searches under way, and how many it is trusted with at a time */
	unsigned int pending, pending_limit;
	/* FAILED, DEMOTED: until it may be tried again */
	unsigned int retry_msecs;
};
ARRAY_DEFINE_TYPE(referral_ldap_server_status,
		  struct referral_ldap_server_status);

struct referral_ldap_client_status {
	/* searches in line, and those that were sent */
	unsigned int waiting, begun;
	/* in order of preference */
	const struct referral_ldap_server_status *servers;
	unsigned int servers_count;
};

/* How things are now; allocated from the data stack. */
void referral_ldap_client_get_status(
	const struct referral_ldap_client *client,
	struct referral_ldap_client_status *status_r);
/* "ready" etc. */
const char *
referral_ldap_server_state_to_string(enum referral_ldap_server_state state);

#endif
