#ifndef REFERRAL_LDAP_SERVERS_H
#define REFERRAL_LDAP_SERVERS_H

/* The servers of referral_ldap_uris and their addresses: keeps a connection
   to the best that works. */

#include "ldap-conn.h"
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
	/* for one search in all */
	unsigned int timeout_msecs;
};

struct referral_ldap_servers_vfuncs {
	/* referral_ldap_servers_get() may return something now. */
	void (*ready)(void *context);
	/* Returns FALSE if this connection is of no use to anyone now, with
	   error_r (data stack). */
	bool (*answered)(void *context, struct referral_ldap_conn *conn,
			 struct referral_ldap_search *search, int code,
			 const char *diagnostic, const char **error_r);
	/* The search has to be sent again: its connection broke, or gives no
	   answer while another one works. */
	void (*returned)(void *context, struct referral_ldap_search *search);
	/* Does any search wait to be sent? */
	bool (*waiting)(void *context);
	/* Nobody who waits may hope any more; error is the last one seen. */
	void (*all_dead)(void *context, const char *error);
	/* The same for those who want another server than the avoided one. */
	void (*no_other)(void *context);
};

/* set is kept by reference. */
struct referral_ldap_servers *
referral_ldap_servers_init(struct event *event_parent,
			   const struct referral_ldap_servers_settings *set,
			   const struct referral_ldap_servers_vfuncs *vfuncs,
			   void *context);
/* No search may be left. */
void referral_ldap_servers_deinit(struct referral_ldap_servers **servers);

/* Somebody asks. Returns TRUE if there is hope, FALSE and error_r (the last
   one seen) if every server is known to be dead. */
bool referral_ldap_servers_want(struct referral_ldap_servers *servers,
				const char **error_r);
/* The connection to send a search to now, NULL if there is none. other: not to
   the avoided server. */
struct referral_ldap_conn *
referral_ldap_servers_get(struct referral_ldap_servers *servers, bool other);
/* A search wants another server than this one. Returns FALSE if there is none
   that may work. One server is avoided at a time. */
bool referral_ldap_servers_avoid(struct referral_ldap_servers *servers,
				 struct referral_ldap_conn *conn);
/* No search wants another server any more. */
void referral_ldap_servers_avoid_none(struct referral_ldap_servers *servers);
/* Append every address of every server, or of the one with this URI, best
   first. */
void referral_ldap_servers_get_targets(
	const struct referral_ldap_servers *servers, const char *only_uri,
	ARRAY_TYPE(referral_ldap_target) *targets);
/* The last error seen on any server; NULL if there was none. */
const char *
referral_ldap_servers_get_error(const struct referral_ldap_servers *servers);

#endif
