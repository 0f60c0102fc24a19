#ifndef REFERRAL_LDAP_SERVERS_H
#define REFERRAL_LDAP_SERVERS_H

/* The servers of referral_ldap_uris and their addresses: keeps a connection
   to the best that works, and to others as long as something wants them. A set
   of servers is a bit mask: see struct referral_server. */

#include "ldap-client.h"
#include "ldap-conn.h"
#include "ldap-discover.h"
#include "ldap-uri.h"

struct referral_ldap_servers;

/* Where a connection may go. */
struct referral_ldap_target {
	const struct referral_ldap_uri *uri;
	/* family 0: of a UNIX socket, or not known yet */
	struct ip_addr ip;
};
ARRAY_DEFINE_TYPE(referral_ldap_target, struct referral_ldap_target);

struct referral_ldap_servers_settings {
	struct referral_ldap_conn_settings conn;
	ARRAY_TYPE(referral_ldap_uri) uris;
	/* how long a server has, before the next is tried as well */
	unsigned int stagger_msecs;
};

struct referral_ldap_servers_vfuncs {
	/* referral_ldap_servers_get() may return something now. */
	void (*ready)(void *context);
	/* Says what the answer is worth; for what is not FINAL with error_r
	   (data stack). */
	enum referral_ldap_verdict
		(*answered)(void *context, struct referral_ldap_search *search,
			    const struct referral_ldap_reply *reply,
			    const char **error_r);
	/* The search has to be sent again: its connection broke, or gives no
	   answer while another one works. */
	void (*returned)(void *context, struct referral_ldap_search *search);
	/* For what does something wait to be sent? Append the set of servers
	   that have refused it, each once. */
	void (*get_waiting)(void *context, ARRAY_TYPE(uint64_t) *refused);
	/* Of the servers that have not refused it none gives hope; error is
	   the last one seen, NULL if there was none. */
	void (*hopeless)(void *context, uint64_t refused, const char *error);
};

/* set is kept by reference. Servers of a domain are left out:
   referral_ldap_servers_set() brings them. */
struct referral_ldap_servers *
referral_ldap_servers_init(struct event *event_parent,
			   const struct referral_ldap_servers_settings *set,
			   const struct referral_ldap_servers_vfuncs *vfuncs,
			   void *context);
/* No search may be left. */
void referral_ldap_servers_deinit(struct referral_ldap_servers **servers);

/* These are the servers now, in the order of preference; one that is not among
   them is not connected to again. expecting: more may be known soon, so nobody
   who waits is told that there is no hope. error: why there are no more, NULL if
   nothing failed. */
void referral_ldap_servers_set(struct referral_ldap_servers *servers,
			       const ARRAY_TYPE(referral_ldap_uri_ptr) *uris,
			       bool expecting, const char *error);

/* Somebody asks what these have refused. Returns TRUE if there is hope, FALSE
   and error_r (the last one seen, NULL if there was none) if every other server
   is known to be dead. */
bool referral_ldap_servers_want(struct referral_ldap_servers *servers,
				uint64_t refused, const char **error_r);
/* The connection to send it to now, NULL if there is none. */
struct referral_ldap_conn *
referral_ldap_servers_get(struct referral_ldap_servers *servers,
			  uint64_t refused);
/* A connection that should be sent a copy of what was just sent, whose answer
   is of no importance; NULL as a rule. */
struct referral_ldap_conn *
referral_ldap_servers_get_trial(struct referral_ldap_servers *servers);
/* These have refused with this error what another one has answered. */
void referral_ldap_servers_refused(struct referral_ldap_servers *servers,
				   uint64_t refused, const char *error);
/* Every server but this one, as it is written in referral_ldap_uris. Returns
   FALSE if there is no such server. */
bool referral_ldap_servers_get_others(
	const struct referral_ldap_servers *servers, const char *uri,
	uint64_t *others_r);
/* What this address said to a bind that we have made on a connection of our
   own. */
void referral_ldap_servers_bound(struct referral_ldap_servers *servers,
				 const char *uri, const struct ip_addr *ip,
				 bool accepted);
/* Append every address of every server, or of the one with this URI, best
   first; but none that has refused our credentials and may not be tried again
   yet. */
void referral_ldap_servers_get_targets(
	const struct referral_ldap_servers *servers, const char *only_uri,
	ARRAY_TYPE(referral_ldap_target) *targets);
/* Append what is known of each. */
void referral_ldap_servers_get_status(
	const struct referral_ldap_servers *servers,
	ARRAY_TYPE(referral_ldap_server_status) *status);
/* The last error seen on any server; NULL if there was none. */
const char *
referral_ldap_servers_get_error(const struct referral_ldap_servers *servers);

#endif
