/* Addresses of LDAP servers: see ldap-servers-private.h */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "ldap-servers-private.h"

/* of one host name */
#define SERVERS_MAX_ADDRESSES 8

struct referral_ldap_peer *
referral_ldap_peer_get(const struct referral_ldap_servers *servers,
		       unsigned int idx)
{
	struct referral_server *const *healthp =
		array_idx(&servers->peers, idx);

	return container_of(*healthp, struct referral_ldap_peer, health);
}

/* 64 are more than anyone has; if not, some share one. */
static uint64_t servers_take_bit(struct referral_ldap_servers *servers)
{
	uint64_t bit = 1;

	while (bit != 0 && (servers->bits & bit) != 0)
		bit <<= 1;
	if (bit == 0)
		bit = 1;
	servers->bits |= bit;
	return bit;
}

static struct referral_ldap_peer *
peer_add(struct referral_ldap_servers *servers,
	 const struct referral_ldap_uri *uri, unsigned int rank,
	 const struct ip_addr *ip, uint64_t bit)
{
	struct referral_ldap_peer *peer = i_new(struct referral_ldap_peer, 1);
	struct referral_server *health = &peer->health;
	unsigned int idx;

	peer->servers = servers;
	peer->uri = uri;
	peer->ip = *ip;
	peer->changed_at = ioloop_time;
	peer->health.rank = rank;
	peer->health.bit = bit;

	/* behind all of its rank */
	for (idx = array_count(&servers->peers); idx > 0; idx--) {
		if (referral_ldap_peer_get(servers, idx - 1)->health.rank <=
		    rank)
			break;
	}
	array_insert(&servers->peers, idx, &health, 1);
	return peer;
}

struct referral_ldap_peer *
referral_ldap_peer_add(struct referral_ldap_servers *servers,
		       const struct referral_ldap_uri *uri,
		       unsigned int rank, const struct ip_addr *ip)
{
	return peer_add(servers, uri, rank, ip, servers_take_bit(servers));
}

struct referral_ldap_peer *
referral_ldap_peer_add_twin(struct referral_ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	struct referral_ldap_peer *twin;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		twin = referral_ldap_peer_get(servers, i);
		if (twin != peer && twin->health.bit == peer->health.bit)
			return NULL;
	}
	twin = peer_add(servers, peer->uri, peer->health.rank, &peer->ip,
			peer->health.bit);
	twin->twin = TRUE;
	return twin;
}

void referral_ldap_peer_delete(struct referral_ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	unsigned int i;

	i_assert(peer->conn == NULL);

	for (i = 0; referral_ldap_peer_get(servers, i) != peer; i++) ;
	array_delete(&servers->peers, i, 1);
	if (!peer->twin)
		servers->bits &= ~peer->health.bit;
	referral_outage_deinit(&peer->outage);
	i_free(peer->error);
	i_free(peer);
}

static bool
uris_find(const ARRAY_TYPE(referral_ldap_uri_ptr) *uris,
	  const struct referral_ldap_uri *uri, unsigned int *idx_r)
{
	const struct referral_ldap_uri *const *array;
	unsigned int count;

	array = array_get(uris, &count);
	for (*idx_r = 0; *idx_r < count; (*idx_r)++) {
		if (array[*idx_r] == uri)
			return TRUE;
	}
	return FALSE;
}

static int
peer_rank_cmp(struct referral_server *const *health1,
	      struct referral_server *const *health2)
{
	const struct referral_server *server1 = *health1, *server2 = *health2;

	if (server1->rank != server2->rank)
		return server1->rank < server2->rank ? -1 : 1;
	/* in any order, but always the same */
	return server1->bit < server2->bit ? -1 :
		(server1->bit > server2->bit ? 1 : 0);
}

void referral_ldap_peers_set(struct referral_ldap_servers *servers,
			     const ARRAY_TYPE(referral_ldap_uri_ptr) *uris)
{
	const struct referral_ldap_uri *uri;
	struct referral_ldap_peer *peer;
	unsigned int i, rank;

	for (i = array_count(&servers->peers); i > 0; i--) {
		peer = referral_ldap_peer_get(servers, i - 1);
		peer->unnamed = !uris_find(uris, peer->uri, &rank);
		peer->health.rank = rank;
		if (peer->unnamed && peer->conn == NULL)
			referral_ldap_peer_delete(peer);
	}
	array_sort(&servers->peers, peer_rank_cmp);
	rank = 0;
	array_foreach_elem(uris, uri) {
		for (i = 0; i < array_count(&servers->peers); i++) {
			if (referral_ldap_peer_get(servers, i)->uri == uri)
				break;
		}
		if (i == array_count(&servers->peers)) {
			(void)referral_ldap_peer_add(servers, uri, rank,
						     &uri->host.ip);
		}
		rank++;
	}
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
		if (peer->uri == uri && !peer->twin &&
		    net_ip_compare(&peer->ip, ip))
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
		if (peer == resolved_peer || peer->twin ||
		    peer->uri != resolved_peer->uri)
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
			(void)referral_ldap_peer_add(peer->servers, peer->uri,
						     peer->health.rank,
						     &ips[i]);
		} else {
			peer->ip = ips[i];
			found = TRUE;
		}
	}
	return found;
}
