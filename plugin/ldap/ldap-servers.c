/* Parallel connections and failover: see ldap-servers.h. What is done when is
   decided in server-choice.c. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "ldap-conn-private.h"
#include "ldap-servers.h"

/* of one host name */
#define SERVERS_MAX_ADDRESSES 8
/* Users have been waiting so recently that servers are tried again fast. */
#define SERVERS_URGENT_MSECS (10*1000)
/* An error that has changed is logged no more often than this. */
#define SERVERS_LOG_INTERVAL_MSECS (10*1000)

/* One address of one server, or a host name that has not been resolved yet. */
struct ldap_peer {
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
	char *error;
};

static void servers_update(struct referral_ldap_servers *servers);

static void servers_update_later(struct referral_ldap_servers *servers)
{
	timeout_remove(&servers->to_update);
	servers->to_update = timeout_add_short(0, servers_update, servers);
}

static struct ldap_peer *
servers_get_peer(struct referral_ldap_servers *servers, unsigned int idx)
{
	struct referral_server *const *healthp =
		array_idx(&servers->peers, idx);

	return container_of(*healthp, struct ldap_peer, health);
}

static struct ldap_peer *
servers_add_peer(struct referral_ldap_servers *servers, unsigned int idx,
		 const struct referral_ldap_uri *uri, unsigned int rank)
{
	struct ldap_peer *peer = i_new(struct ldap_peer, 1);
	struct referral_server *health = &peer->health;

	peer->servers = servers;
	peer->uri = uri;
	peer->health.rank = rank;
	array_insert(&servers->peers, idx, &health, 1);
	return peer;
}

static void servers_delete_peer(struct ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	unsigned int i;

	i_assert(peer->conn == NULL);

	for (i = 0; servers_get_peer(servers, i) != peer; i++) ;
	array_delete(&servers->peers, i, 1);
	i_free(peer->logged_error);
	i_free(peer);
}

struct referral_ldap_servers *
referral_ldap_servers_init(struct event *event_parent,
			   const struct referral_ldap_servers_settings *set,
			   const struct referral_ldap_servers_vfuncs *vfuncs,
			   void *context)
{
	struct referral_ldap_servers *servers;
	const struct referral_ldap_uri *uri;
	unsigned int rank = 0;

	servers = i_new(struct referral_ldap_servers, 1);
	servers->event = event_create(event_parent);
	servers->set = set;
	servers->vfuncs = vfuncs;
	servers->context = context;
	i_array_init(&servers->peers, array_count(&set->uris));
	array_foreach(&set->uris, uri) {
		(void)servers_add_peer(servers, array_count(&servers->peers),
				       uri, rank++);
	}
	return servers;
}

void referral_ldap_servers_deinit(struct referral_ldap_servers **_servers)
{
	struct referral_ldap_servers *servers = *_servers;
	struct ldap_peer *peer;

	*_servers = NULL;
	while (array_count(&servers->peers) > 0) {
		peer = servers_get_peer(servers, 0);
		if (peer->conn != NULL)
			referral_ldap_conn_destroy(&peer->conn);
		servers_delete_peer(peer);
	}
	array_free(&servers->peers);
	timeout_remove(&servers->to_update);
	event_unref(&servers->event);
	i_free(servers->error);
	i_free(servers);
}

static void peer_log_failure(struct ldap_peer *peer, const char *error)
{
	struct event *event = referral_ldap_conn_get_event(peer->conn);
	uint64_t now = referral_ldap_now();

	if (!peer->failing)
		peer->failing_since = now;
	else if (strcmp(peer->logged_error, error) == 0 ||
		 now - peer->logged_at < SERVERS_LOG_INTERVAL_MSECS) {
		e_debug(event, "referral: %s", error);
		return;
	}
	peer->failing = TRUE;
	peer->logged_at = now;
	i_free(peer->logged_error);
	peer->logged_error = i_strdup(error);
	e_error(event, "referral: %s", error);
}

static void peer_log_recovery(struct ldap_peer *peer)
{
	uint64_t msecs = referral_ldap_now() - peer->failing_since;

	if (!peer->failing)
		return;
	e_info(referral_ldap_conn_get_event(peer->conn),
	       "referral: ldap server %s works again after %u.%03u s",
	       referral_ldap_conn_get_name(peer->conn),
	       (unsigned int)(msecs / 1000), (unsigned int)(msecs % 1000));
	peer->failing = FALSE;
	peer->failing_ready = FALSE;
	i_free(peer->logged_error);
}

static void servers_return_searches(struct ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	struct referral_ldap_search *search;

	while ((search = referral_ldap_conn_take_search(peer->conn)) != NULL) {
		servers->wanted = TRUE;
		servers->vfuncs->returned(servers->context, search);
	}
}

static void peer_end(struct ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	struct event *event = referral_ldap_conn_get_event(peer->conn);
	enum referral_server_failure failure;
	const char *error;
	uint64_t now = referral_ldap_now();

	switch (referral_ldap_conn_get_end(peer->conn, &failure, &error)) {
	case REFERRAL_LDAP_CONN_END_CLOSED:
		referral_server_closed(&peer->health);
		e_debug(event, "referral: %s", error);
		return;
	case REFERRAL_LDAP_CONN_END_LOST:
		referral_server_lost(&peer->health, now);
		e_info(event, "referral: %s", error);
		break;
	case REFERRAL_LDAP_CONN_END_FAILED:
		peer->failing_ready =
			peer->health.state == REFERRAL_SERVER_READY;
		referral_server_failed(&peer->health, now, failure, i_rand());
		peer_log_failure(peer, error);
		break;
	}
	i_free(servers->error);
	servers->error = i_strdup(error);
}

static void peer_conn_dead(struct referral_ldap_conn *conn)
{
	struct ldap_peer *peer = referral_ldap_conn_get_context(conn);
	struct referral_ldap_servers *servers = peer->servers;

	peer_end(peer);
	servers_return_searches(peer);
	referral_ldap_conn_destroy(&peer->conn);
	if (peer->gone)
		servers_delete_peer(peer);
	servers_update(servers);
}

static void peer_conn_ready(struct referral_ldap_conn *conn)
{
	struct ldap_peer *peer = referral_ldap_conn_get_context(conn);

	e_debug(referral_ldap_conn_get_event(conn),
		"referral: ldap server %s is ready",
		referral_ldap_conn_get_name(conn));
	referral_server_ready(&peer->health);
	if (!peer->failing_ready)
		peer_log_recovery(peer);
	servers_update(peer->servers);
}

static void peer_conn_suspect(struct referral_ldap_conn *conn)
{
	struct ldap_peer *peer = referral_ldap_conn_get_context(conn);

	referral_server_suspect(&peer->health);
	servers_update(peer->servers);
}

static void
peer_conn_answered(struct referral_ldap_conn *conn,
		   struct referral_ldap_search *search, int code,
		   const char *diagnostic)
{
	struct ldap_peer *peer = referral_ldap_conn_get_context(conn);
	struct referral_ldap_servers *servers = peer->servers;
	bool suspect = peer->health.suspect;
	const char *error;

	if (search != NULL &&
	    !servers->vfuncs->answered(servers->context, conn, search, code,
				       diagnostic, &error)) {
		referral_ldap_conn_fail(conn, REFERRAL_SERVER_UNREACHABLE,
					error);
		return;
	}
	referral_server_answered(&peer->health);
	peer_log_recovery(peer);
	if (suspect)
		servers_update(servers);
	else
		servers->vfuncs->ready(servers->context);
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

static struct ldap_peer *
servers_find_peer(struct referral_ldap_servers *servers,
		  const struct referral_ldap_uri *uri,
		  const struct ip_addr *ip)
{
	struct ldap_peer *peer;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = servers_get_peer(servers, i);
		if (peer->uri == uri && net_ip_compare(&peer->ip, ip))
			return peer;
	}
	return NULL;
}

static unsigned int
servers_find_end_of_rank(struct referral_ldap_servers *servers,
			 unsigned int rank)
{
	unsigned int i;

	for (i = array_count(&servers->peers); i > 0; i--) {
		if (servers_get_peer(servers, i-1)->health.rank <= rank)
			break;
	}
	return i;
}

static void
servers_drop_addresses(struct ldap_peer *resolved_peer,
		       const struct ip_addr *ips, unsigned int ips_count)
{
	struct referral_ldap_servers *servers = resolved_peer->servers;
	struct ldap_peer *peer;
	unsigned int i;

	for (i = array_count(&servers->peers); i > 0; i--) {
		peer = servers_get_peer(servers, i-1);
		if (peer == resolved_peer || peer->uri != resolved_peer->uri)
			continue;
		peer->gone = !ips_find(ips, ips_count, &peer->ip);
		if (peer->gone && peer->conn == NULL)
			servers_delete_peer(peer);
	}
}

static bool
peer_conn_resolved(struct referral_ldap_conn *conn, const struct ip_addr *ips,
		   unsigned int ips_count, struct ip_addr *ip_r)
{
	struct ldap_peer *peer = referral_ldap_conn_get_context(conn);
	struct referral_ldap_servers *servers = peer->servers;
	struct ldap_peer *new_peer;
	bool found;
	unsigned int i, idx;

	ips_count = I_MIN(ips_count, SERVERS_MAX_ADDRESSES);
	servers_drop_addresses(peer, ips, ips_count);

	/* a peer for each address; this one takes the first that has none, if
	   it has no valid one itself */
	found = ips_find(ips, ips_count, &peer->ip);
	for (i = 0; i < ips_count; i++) {
		if (servers_find_peer(servers, peer->uri, &ips[i]) != NULL)
			continue;
		if (!found) {
			peer->ip = ips[i];
			found = TRUE;
			continue;
		}
		idx = servers_find_end_of_rank(servers, peer->health.rank);
		new_peer = servers_add_peer(servers, idx, peer->uri,
					    peer->health.rank);
		new_peer->ip = ips[i];
	}
	peer->gone = !found;
	*ip_r = peer->ip;
	servers_update_later(servers);
	return found;
}

static const struct referral_ldap_conn_vfuncs peer_conn_vfuncs = {
	.resolved = peer_conn_resolved,
	.ready = peer_conn_ready,
	.suspect = peer_conn_suspect,
	.answered = peer_conn_answered,
	.dead = peer_conn_dead,
};

static void peer_connect(struct ldap_peer *peer, uint64_t now)
{
	struct referral_ldap_servers *servers = peer->servers;

	if (peer->conn != NULL && referral_ldap_conn_resume(peer->conn)) {
		referral_server_ready(&peer->health);
		return;
	}
	referral_server_connecting(&peer->health, now);
	if (peer->conn != NULL) {
		/* just dying: it will be seen as idle then */
		return;
	}
	peer->conn = referral_ldap_conn_create(servers->event,
		&servers->set->conn, peer->uri, &peer->ip, &peer_conn_vfuncs,
		peer);
	referral_ldap_conn_connect(peer->conn);
}

static void
servers_choose(struct referral_ldap_servers *servers, uint64_t now,
	       struct referral_server_choice *choice_r)
{
	const struct referral_server_demand demand = {
		.wanted = servers->wanted,
		.urgent = servers->wanted_at + SERVERS_URGENT_MSECS > now,
		.stagger_msecs = servers->set->stagger_msecs,
	};
	struct referral_server *const *peers;
	unsigned int count;

	peers = array_get(&servers->peers, &count);
	referral_servers_choose(peers, count, now, &demand, choice_r);
}

/* Others are not needed while this one answers, nor shall those that don't
   answer keep their searches. */
static void servers_set_active(struct ldap_peer *active)
{
	struct referral_ldap_servers *servers = active->servers;
	struct ldap_peer *peer;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = servers_get_peer(servers, i);
		if (peer == active || peer->conn == NULL)
			continue;
		if (peer->health.suspect)
			servers_return_searches(peer);
		else if (peer->health.rank < active->health.rank)
			continue;
		else if (peer->health.state == REFERRAL_SERVER_READY) {
			referral_server_closed(&peer->health);
			referral_ldap_conn_drain(peer->conn);
		} else if (peer->health.state == REFERRAL_SERVER_CONNECTING) {
			referral_ldap_conn_close(peer->conn,
				REFERRAL_LDAP_CONN_END_CLOSED,
				REFERRAL_SERVER_UNREACHABLE,
				"another server was faster");
		}
	}
	servers->wanted = FALSE;
}

static void servers_update(struct referral_ldap_servers *servers)
{
	struct referral_server_choice choice;
	uint64_t now = referral_ldap_now();
	bool started = FALSE;

	timeout_remove(&servers->to_update);
	for (;;) {
		servers_choose(servers, now, &choice);
		if (choice.connect < 0)
			break;
		peer_connect(servers_get_peer(servers, choice.connect), now);
		started = TRUE;
	}
	if (choice.wait_msecs != UINT_MAX) {
		servers->to_update = timeout_add_short(choice.wait_msecs,
						       servers_update, servers);
	}
	if (choice.active >= 0) {
		servers_set_active(servers_get_peer(servers, choice.active));
		servers->vfuncs->ready(servers->context);
	} else if (choice.all_dead && !choice.trying && !started) {
		servers->vfuncs->all_dead(servers->context, servers->error);
	}
}

bool referral_ldap_servers_want(struct referral_ldap_servers *servers,
				const char **error_r)
{
	struct referral_server_choice choice;
	uint64_t now = referral_ldap_now();

	servers->wanted_at = now;
	servers_choose(servers, now, &choice);
	if (choice.active >= 0)
		return TRUE;
	/* Our caller is not to be called back from inside. */
	servers->wanted = TRUE;
	servers_update_later(servers);
	*error_r = servers->error;
	return !choice.all_dead;
}

struct referral_ldap_conn *
referral_ldap_servers_get(struct referral_ldap_servers *servers)
{
	struct referral_server_choice choice;
	struct referral_ldap_conn *conn;

	servers_choose(servers, referral_ldap_now(), &choice);
	if (choice.active < 0)
		return NULL;
	conn = servers_get_peer(servers, choice.active)->conn;
	return referral_ldap_conn_can_send(conn) ? conn : NULL;
}

const char *
referral_ldap_servers_get_error(const struct referral_ldap_servers *servers)
{
	return servers->error;
}
