#ifndef REFERRAL_LDAP_SERVERS_PRIVATE_H
#define REFERRAL_LDAP_SERVERS_PRIVATE_H

/* ldap-servers.c: which connections there are; ldap-peers.c: the addresses
   they go to and what is logged about them. */

#include "ldap-servers.h"

/* One address of one server, or a host name that has not been resolved yet. */
struct referral_ldap_peer {
	struct referral_server health;
	struct referral_ldap_servers *servers;
	const struct referral_ldap_uri *uri;
	struct ip_addr ip;
	/* NULL while IDLE, except for one that is draining */
	struct referral_ldap_conn *conn;
	/* the name has this address no more */
	bool gone;

	/* There was a failure, it was logged, and it is not over. */
	bool failing, failing_ready;
	uint64_t failing_since, logged_at;
	char *logged_error;
};

struct referral_ldap_servers {
	struct event *event;
	const struct referral_ldap_servers_settings *set;
	const struct referral_ldap_servers_vfuncs *vfuncs;
	void *context;

	/* the peers' health, in order of preference */
	ARRAY(struct referral_server *) peers;
	struct timeout *to_update;
	/* somebody has asked since the last connection was ready */
	bool wanted;
	uint64_t wanted_at;
	/* some search wants another server than this */
	struct referral_ldap_peer *avoid;
	char *error;
};

struct referral_ldap_peer *
referral_ldap_peer_get(const struct referral_ldap_servers *servers,
		       unsigned int idx);
void referral_ldap_peer_add(struct referral_ldap_servers *servers,
			    const struct referral_ldap_uri *uri,
			    unsigned int rank, const struct ip_addr *ip);
/* It must have no connection. */
void referral_ldap_peer_delete(struct referral_ldap_peer *peer);
/* The host name of peer's URI has these addresses: make sure that there is a
   peer for each and none for others, except while they have a connection.
   Returns TRUE if this peer has one of them now. */
bool referral_ldap_peer_resolved(struct referral_ldap_peer *peer,
				 const struct ip_addr *ips,
				 unsigned int ips_count);

/* Log what is new. */
void referral_ldap_peer_log_failure(struct referral_ldap_peer *peer,
				    const char *error);
void referral_ldap_peer_log_recovery(struct referral_ldap_peer *peer);

#endif
