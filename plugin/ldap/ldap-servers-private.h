#ifndef REFERRAL_LDAP_SERVERS_PRIVATE_H
#define REFERRAL_LDAP_SERVERS_PRIVATE_H

/* ldap-servers.c: which connections there are; ldap-peer-conn.c: what becomes
   of one; ldap-peers.c: the addresses they go to; ldap-peer-log.c: what is
   logged about them. */

#include "ldap-servers.h"
#include "outage.h"

/* One address of one server, or a host name that has not been resolved yet. */
struct referral_ldap_peer {
	struct referral_server health;
	struct referral_ldap_servers *servers;
	const struct referral_ldap_uri *uri;
	struct ip_addr ip;
	/* NULL while IDLE */
	struct referral_ldap_conn *conn;
	/* Deleted when it has no connection: the name has this address no more,
	   or it is a second connection to another peer's address. */
	bool gone, twin;
	/* DNS names this server no more */
	bool unnamed;
	/* CONNECTING: what they who want it have been refused by */
	uint64_t connect_for;
	/* when it was last chosen */
	uint64_t used_at;
	/* since when it has had its state (time()), for those who look */
	time_t changed_at;

	struct referral_outage outage;
	/* It is not over before a search was answered. */
	bool failing_ready;
	char *error;
	time_t error_at;
};

struct referral_ldap_servers {
	struct event *event;
	const struct referral_ldap_servers_settings *set;
	const struct referral_ldap_servers_vfuncs *vfuncs;
	void *context;

	/* the peers' health, in order of preference */
	ARRAY(struct referral_server *) peers;
	/* bits that are taken */
	uint64_t bits;
	/* connections that give no answers any more, whose last searches may
	   still be answered late; the oldest first */
	ARRAY(struct referral_ldap_conn *) leaving;
	struct timeout *to_update;
	/* DNS is asked for servers that are not known yet */
	bool expecting;
	/* when somebody has asked last, 0 = never */
	uint64_t wanted_at;
	char *error;
};

/* Choose again, now or from the ioloop. */
void referral_ldap_servers_update(struct referral_ldap_servers *servers);
void referral_ldap_servers_update_later(struct referral_ldap_servers *servers);

void referral_ldap_peer_connect(struct referral_ldap_peer *peer, uint64_t now);
/* Give back what is under way at it. */
void referral_ldap_peer_return_searches(struct referral_ldap_peer *peer);
/* It said that it can't answer. */
void referral_ldap_peer_refused(struct referral_ldap_peer *peer,
				const char *error);

struct referral_ldap_peer *
referral_ldap_peer_get(const struct referral_ldap_servers *servers,
		       unsigned int idx);
struct referral_ldap_peer *
referral_ldap_peer_add(struct referral_ldap_servers *servers,
		       const struct referral_ldap_uri *uri,
		       unsigned int rank, const struct ip_addr *ip);
/* Another connection to peer's address. Returns NULL if there is one. */
struct referral_ldap_peer *
referral_ldap_peer_add_twin(struct referral_ldap_peer *peer);
/* These are the servers now, in this order. Others have no new connections. */
void referral_ldap_peers_set(struct referral_ldap_servers *servers,
			     const ARRAY_TYPE(referral_ldap_uri_ptr) *uris);
/* It must have no connection. */
void referral_ldap_peer_delete(struct referral_ldap_peer *peer);
/* The host name of peer's URI has these addresses: make sure that there is a
   peer for each and none for others, except while they have a connection.
   Returns TRUE if this peer has one of them now. */
bool referral_ldap_peer_resolved(struct referral_ldap_peer *peer,
				 const struct ip_addr *ips,
				 unsigned int ips_count);

/* Log what is new, or what lasts; remember it for those who look. */
void referral_ldap_peer_log_failure(struct referral_ldap_peer *peer,
				    const char *error);
void referral_ldap_peer_log_recovery(struct referral_ldap_peer *peer);

#endif
