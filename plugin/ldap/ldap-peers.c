/* Addresses of LDAP servers and what is logged about them: see
   ldap-servers-private.h */

#include "lib.h"
#include "array.h"
#include "lib-event.h"
#include "ldap-servers-private.h"

/* of one host name */
#define SERVERS_MAX_ADDRESSES 8
/* An error that has changed is logged no more often than this. */
#define SERVERS_LOG_INTERVAL_MSECS (10*1000)

struct referral_ldap_peer *
referral_ldap_peer_get(const struct referral_ldap_servers *servers,
		       unsigned int idx)
{
	struct referral_server *const *healthp =
		array_idx(&servers->peers, idx);

	return container_of(*healthp, struct referral_ldap_peer, health);
}

void referral_ldap_peer_add(struct referral_ldap_servers *servers,
			    const struct referral_ldap_uri *uri,
			    unsigned int rank, const struct ip_addr *ip)
{
	struct referral_ldap_peer *peer = i_new(struct referral_ldap_peer, 1);
	struct referral_server *health = &peer->health;
	unsigned int idx;

	peer->servers = servers;
	peer->uri = uri;
	peer->ip = *ip;
	peer->health.rank = rank;

	/* behind all of its rank */
	for (idx = array_count(&servers->peers); idx > 0; idx--) {
		if (referral_ldap_peer_get(servers, idx - 1)->health.rank <=
		    rank)
			break;
	}
	array_insert(&servers->peers, idx, &health, 1);
}

void referral_ldap_peer_delete(struct referral_ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	unsigned int i;

	i_assert(peer->conn == NULL);

	if (servers->avoid == peer)
		servers->avoid = NULL;
	for (i = 0; referral_ldap_peer_get(servers, i) != peer; i++) ;
	array_delete(&servers->peers, i, 1);
	i_free(peer->logged_error);
	i_free(peer);
}

static bool
ips_find(const struct ip_addr *ips, unsigned int count,
	 const struct ip_addr *ip)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (net_ip_compare(&ips[i], ip))
			return TRUE;
	}
	return FALSE;
}

static struct referral_ldap_peer *
peer_find(struct referral_ldap_servers *servers,
	  const struct referral_ldap_uri *uri, const struct ip_addr *ip)
{
	struct referral_ldap_peer *peer;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = referral_ldap_peer_get(servers, i);
		if (peer->uri == uri && net_ip_compare(&peer->ip, ip))
			return peer;
	}
	return NULL;
}

static void
peers_drop_addresses(struct referral_ldap_peer *resolved_peer,
		       const struct ip_addr *ips, unsigned int ips_count)
{
	struct referral_ldap_servers *servers = resolved_peer->servers;
	struct referral_ldap_peer *peer;
	unsigned int i;

	for (i = array_count(&servers->peers); i > 0; i--) {
		peer = referral_ldap_peer_get(servers, i-1);
		if (peer == resolved_peer || peer->uri != resolved_peer->uri)
			continue;
		peer->gone = !ips_find(ips, ips_count, &peer->ip);
		if (peer->gone && peer->conn == NULL)
			referral_ldap_peer_delete(peer);
	}
}

bool referral_ldap_peer_resolved(struct referral_ldap_peer *peer,
				 const struct ip_addr *ips,
				 unsigned int ips_count)
{
	bool found;
	unsigned int i;

	ips_count = I_MIN(ips_count, SERVERS_MAX_ADDRESSES);
	peers_drop_addresses(peer, ips, ips_count);

	/* This one takes the first that nobody has, if its own is gone. */
	found = ips_find(ips, ips_count, &peer->ip);
	for (i = 0; i < ips_count; i++) {
		if (peer_find(peer->servers, peer->uri, &ips[i]) != NULL)
			continue;
		if (found) {
			referral_ldap_peer_add(peer->servers, peer->uri,
					       peer->health.rank, &ips[i]);
		} else {
			peer->ip = ips[i];
			found = TRUE;
		}
	}
	return found;
}

void referral_ldap_peer_log_failure(struct referral_ldap_peer *peer,
				    const char *error)
{
	struct event *event = referral_ldap_conn_get_event(peer->conn);
	uint64_t now = referral_ldap_now();

	if (!peer->failing)
		peer->failing_since = now;
	else if (strcmp(peer->logged_error, error) == 0 ||
		 now - peer->logged_at < SERVERS_LOG_INTERVAL_MSECS) {
		e_debug(event, "%s", error);
		return;
	}
	peer->failing = TRUE;
	peer->logged_at = now;
	i_free(peer->logged_error);
	peer->logged_error = i_strdup(error);
	e_error(event, "%s", error);
}

void referral_ldap_peer_log_recovery(struct referral_ldap_peer *peer)
{
	uint64_t msecs = referral_ldap_now() - peer->failing_since;

	if (!peer->failing)
		return;
	e_info(referral_ldap_conn_get_event(peer->conn),
	       "ldap server %s works again after %u.%03u s",
	       referral_ldap_conn_get_name(peer->conn),
	       (unsigned int)(msecs / 1000), (unsigned int)(msecs % 1000));
	peer->failing = FALSE;
	peer->failing_ready = FALSE;
	i_free(peer->logged_error);
}

