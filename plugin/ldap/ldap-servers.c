/* Parallel connections and failover: see ldap-servers.h. What is done when is
   decided in server-choice.c. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "ldap-servers-private.h"

/* Users have been waiting so recently that servers are tried again fast. */
#define SERVERS_URGENT_MSECS (10*1000)

static void servers_update(struct referral_ldap_servers *servers);

static void servers_update_later(struct referral_ldap_servers *servers)
{
	timeout_remove(&servers->to_update);
	servers->to_update = timeout_add_short(0, servers_update, servers);
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
		referral_ldap_peer_add(servers, uri, rank++,
				       &uri->host.ip);
	}
	return servers;
}

void referral_ldap_servers_deinit(struct referral_ldap_servers **_servers)
{
	struct referral_ldap_servers *servers = *_servers;
	struct referral_ldap_peer *peer;

	*_servers = NULL;
	while (array_count(&servers->peers) > 0) {
		peer = referral_ldap_peer_get(servers, 0);
		if (peer->conn != NULL)
			referral_ldap_conn_destroy(&peer->conn);
		referral_ldap_peer_delete(peer);
	}
	array_free(&servers->peers);
	timeout_remove(&servers->to_update);
	event_unref(&servers->event);
	i_free(servers->error);
	i_free(servers);
}

static void servers_return_searches(struct referral_ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	struct referral_ldap_search *search;

	while ((search = referral_ldap_conn_take_search(peer->conn)) != NULL) {
		servers->wanted = TRUE;
		servers->vfuncs->returned(servers->context, search);
	}
}

static void peer_end(struct referral_ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	struct event *event = referral_ldap_conn_get_event(peer->conn);
	enum referral_server_failure failure;
	const char *error;
	uint64_t now = referral_ldap_now();

	switch (referral_ldap_conn_get_end(peer->conn, &failure, &error)) {
	case REFERRAL_LDAP_CONN_END_CLOSED:
		referral_server_closed(&peer->health);
		e_debug(event, "%s", error);
		return;
	case REFERRAL_LDAP_CONN_END_BROKE:
		peer->failing_ready = TRUE;
		referral_server_broke(&peer->health, now, i_rand());
		break;
	case REFERRAL_LDAP_CONN_END_FAILED:
		peer->failing_ready =
			peer->health.state == REFERRAL_SERVER_READY;
		referral_server_failed(&peer->health, now, failure, i_rand());
		break;
	}
	if (peer->health.failures > 0)
		referral_ldap_peer_log_failure(peer, error);
	else
		e_info(event, "%s", error);
	i_free(servers->error);
	servers->error = i_strdup(error);
}

static void peer_conn_dead(struct referral_ldap_conn *conn)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);
	struct referral_ldap_servers *servers = peer->servers;

	peer_end(peer);
	servers_return_searches(peer);
	/* also those that came after its end, or were too many for it */
	if (servers->vfuncs->waiting(servers->context))
		servers->wanted = TRUE;
	referral_ldap_conn_destroy(&peer->conn);
	if (peer->gone)
		referral_ldap_peer_delete(peer);
	servers_update(servers);
}

static void peer_conn_ready(struct referral_ldap_conn *conn)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);

	e_debug(referral_ldap_conn_get_event(conn),
		"ldap server %s is ready",
		referral_ldap_conn_get_name(conn));
	referral_server_ready(&peer->health);
	if (!peer->failing_ready)
		referral_ldap_peer_log_recovery(peer);
	servers_update(peer->servers);
}

static void peer_conn_suspect(struct referral_ldap_conn *conn)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);

	referral_server_suspect(&peer->health);
	peer->servers->wanted = TRUE;
	servers_update(peer->servers);
}

static void
peer_conn_answered(struct referral_ldap_conn *conn,
		   struct referral_ldap_search *search, int code,
		   const char *diagnostic)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);
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
	referral_ldap_peer_log_recovery(peer);
	if (suspect)
		servers_update(servers);
	else
		servers->vfuncs->ready(servers->context);
}

static bool
peer_conn_resolved(struct referral_ldap_conn *conn, const struct ip_addr *ips,
		   unsigned int ips_count, struct ip_addr *ip_r)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);

	peer->gone = !referral_ldap_peer_resolved(peer, ips, ips_count);
	*ip_r = peer->ip;
	servers_update_later(peer->servers);
	return !peer->gone;
}

static const struct referral_ldap_conn_vfuncs peer_conn_vfuncs = {
	.resolved = peer_conn_resolved,
	.ready = peer_conn_ready,
	.suspect = peer_conn_suspect,
	.answered = peer_conn_answered,
	.dead = peer_conn_dead,
};

static void peer_connect(struct referral_ldap_peer *peer, uint64_t now)
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
	       const struct referral_ldap_peer *avoid,
	       struct referral_server_choice *choice_r)
{
	const struct referral_server_demand demand = {
		.wanted = servers->wanted,
		.urgent = servers->wanted_at + SERVERS_URGENT_MSECS > now,
		.stagger_msecs = servers->set->stagger_msecs,
		.avoid = avoid == NULL ? NULL : &avoid->health,
	};
	struct referral_server *const *peers;
	unsigned int count;

	peers = array_get(&servers->peers, &count);
	referral_servers_choose(peers, count, now, &demand, choice_r);
}

/* Others are not needed while this one answers, nor shall those that don't
   answer keep their searches. */
static void servers_set_active(struct referral_ldap_peer *active)
{
	struct referral_ldap_servers *servers = active->servers;
	struct referral_ldap_peer *peer;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = referral_ldap_peer_get(servers, i);
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
	struct referral_ldap_peer *peer;
	uint64_t now = referral_ldap_now();
	bool started = FALSE;

	timeout_remove(&servers->to_update);
	for (;;) {
		servers_choose(servers, now, servers->avoid, &choice);
		if (choice.connect < 0)
			break;
		peer = referral_ldap_peer_get(servers, choice.connect);
		peer_connect(peer, now);
		started = TRUE;
	}
	if (choice.wait_msecs != UINT_MAX) {
		servers->to_update = timeout_add_short(choice.wait_msecs,
						       servers_update, servers);
	}
	if (choice.active >= 0) {
		peer = referral_ldap_peer_get(servers, choice.active);
		servers_set_active(peer);
		servers->vfuncs->ready(servers->context);
	} else if (!choice.all_dead || choice.trying || started) {
		/* There is hope. */
	} else if (servers->avoid != NULL) {
		servers->avoid = NULL;
		servers->vfuncs->no_other(servers->context);
		servers_update_later(servers);
	} else {
		servers->vfuncs->all_dead(servers->context, servers->error);
	}
}

bool referral_ldap_servers_want(struct referral_ldap_servers *servers,
				const char **error_r)
{
	struct referral_server_choice choice;
	uint64_t now = referral_ldap_now();

	servers->wanted_at = now;
	servers_choose(servers, now, NULL, &choice);
	if (choice.active >= 0)
		return TRUE;
	/* Our caller is not to be called back from inside. */
	servers->wanted = TRUE;
	servers_update_later(servers);
	*error_r = servers->error;
	return !choice.all_dead;
}

struct referral_ldap_conn *
referral_ldap_servers_get(struct referral_ldap_servers *servers, bool other)
{
	struct referral_server_choice choice;
	struct referral_ldap_conn *conn;

	servers_choose(servers, referral_ldap_now(),
		       other ? servers->avoid : NULL, &choice);
	if (choice.active < 0)
		return NULL;
	conn = referral_ldap_peer_get(servers, choice.active)->conn;
	return referral_ldap_conn_can_send(conn) ? conn : NULL;
}

bool referral_ldap_servers_avoid(struct referral_ldap_servers *servers,
				 struct referral_ldap_conn *conn)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);
	struct referral_server_choice choice;

	servers_choose(servers, referral_ldap_now(), peer, &choice);
	if (choice.all_dead)
		return FALSE;
	servers->avoid = peer;
	servers->wanted = TRUE;
	servers_update_later(servers);
	return TRUE;
}

void referral_ldap_servers_avoid_none(struct referral_ldap_servers *servers)
{
	if (servers->avoid == NULL)
		return;
	servers->avoid = NULL;
	servers_update_later(servers);
}

static void
targets_append(const struct referral_ldap_peer *peer, const char *only_uri,
	       ARRAY_TYPE(referral_ldap_target) *targets)
{
	struct referral_ldap_target *target;

	if (only_uri != NULL && strcmp(peer->uri->uri, only_uri) != 0)
		return;
	target = array_append_space(targets);
	target->uri = peer->uri;
	target->ip = peer->ip;
}

void referral_ldap_servers_get_targets(
	const struct referral_ldap_servers *servers, const char *only_uri,
	ARRAY_TYPE(referral_ldap_target) *targets)
{
	const struct referral_ldap_peer *peer;
	unsigned int i, count = array_count(&servers->peers);

	/* those that work first */
	for (i = 0; i < 2 * count; i++) {
		peer = referral_ldap_peer_get(servers, i % count);
		if ((peer->health.state == REFERRAL_SERVER_READY &&
		     !peer->health.suspect) == (i < count))
			targets_append(peer, only_uri, targets);
	}
}

const char *
referral_ldap_servers_get_error(const struct referral_ldap_servers *servers)
{
	return servers->error;
}
