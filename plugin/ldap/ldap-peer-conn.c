/* What becomes of a connection to an address, and what that says about the
   server: see ldap-servers-private.h */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "ldap-result.h"
#include "ldap-servers-private.h"

/* Connections that may be leaving at a time. */
#define SERVERS_MAX_LEAVING 4

static void
servers_return_searches(struct referral_ldap_servers *servers,
			struct referral_ldap_conn *conn)
{
	struct referral_ldap_search *search;

	while ((search = referral_ldap_conn_take_search(conn, 0)) != NULL)
		servers->vfuncs->returned(servers->context, search);
}

void referral_ldap_peer_return_searches(struct referral_ldap_peer *peer)
{
	servers_return_searches(peer->servers, peer->conn);
}

/* The twin could not even connect: nothing will come from the other one. */
static void
peer_twin_failed(struct referral_ldap_peer *twin,
		 enum referral_server_failure failure, const char *error)
{
	struct referral_ldap_servers *servers = twin->servers;
	struct referral_ldap_peer *peer;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = referral_ldap_peer_get(servers, i);
		if (peer != twin && peer->health.bit == twin->health.bit &&
		    peer->health.suspect)
			referral_ldap_conn_fail(peer->conn, failure, error);
	}
}

static void peer_failed(struct referral_ldap_peer *peer, const char *error)
{
	struct referral_ldap_servers *servers = peer->servers;
	struct event *event = referral_ldap_conn_get_event(peer->conn);

	peer->changed_at = ioloop_time;
	if (peer->twin) {
		/* The other one fails with it, and is known to those who
		   look. */
		e_debug(event, "%s", error);
	} else if (peer->health.failures > 0)
		referral_ldap_peer_log_failure(peer, error);
	else
		e_info(event, "%s", error);
	i_free(servers->error);
	servers->error = i_strdup(error);
}

static void peer_end(struct referral_ldap_peer *peer)
{
	struct event *event = referral_ldap_conn_get_event(peer->conn);
	enum referral_server_failure failure;
	const char *error;
	uint64_t now = referral_ldap_now();
	bool ready = peer->health.state == REFERRAL_SERVER_READY;

	switch (referral_ldap_conn_get_end(peer->conn, &failure, &error)) {
	case REFERRAL_LDAP_CONN_END_CLOSED:
		referral_server_closed(&peer->health);
		peer->changed_at = ioloop_time;
		e_debug(event, "%s", error);
		return;
	case REFERRAL_LDAP_CONN_END_BROKE:
		peer->failing_ready = TRUE;
		referral_server_broke(&peer->health, now, i_rand());
		break;
	case REFERRAL_LDAP_CONN_END_FAILED:
		peer->failing_ready = ready;
		referral_server_failed(&peer->health, now, failure, i_rand());
		if (peer->twin && !ready)
			peer_twin_failed(peer, failure, error);
		break;
	}
	peer_failed(peer, error);
}

static void peer_conn_dead(struct referral_ldap_conn *conn)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);
	struct referral_ldap_servers *servers = peer->servers;

	peer_end(peer);
	referral_ldap_peer_return_searches(peer);
	referral_ldap_conn_destroy(&peer->conn);
	if (peer->gone || peer->unnamed || peer->twin)
		referral_ldap_peer_delete(peer);
	referral_ldap_servers_update(servers);
}

static void peer_conn_ready(struct referral_ldap_conn *conn)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);

	e_debug(referral_ldap_conn_get_event(conn),
		"ldap server %s is ready",
		referral_ldap_conn_get_name(conn));
	referral_server_ready(&peer->health, referral_ldap_now());
	if (peer->twin) {
		/* that the other one is silent has to be forgiven first */
		peer->health.demoted = TRUE;
		peer->health.trial_at = 0;
	}
	peer->changed_at = ioloop_time;
	peer->used_at = referral_ldap_now();
	if (!peer->failing_ready)
		referral_ldap_peer_log_recovery(peer);
	referral_ldap_servers_update(peer->servers);
}

static void peer_conn_suspect(struct referral_ldap_conn *conn)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);

	referral_server_suspect(&peer->health, referral_ldap_now(), i_rand());
	referral_ldap_servers_update(peer->servers);
}

static bool
leaving_find(struct referral_ldap_servers *servers,
	     struct referral_ldap_conn *conn, unsigned int *idx_r)
{
	struct referral_ldap_conn *const *connp;

	array_foreach(&servers->leaving, connp) {
		if (*connp == conn) {
			*idx_r = array_foreach_idx(&servers->leaving, connp);
			return TRUE;
		}
	}
	return FALSE;
}

static void leaving_conn_dead(struct referral_ldap_conn *conn)
{
	struct referral_ldap_servers *servers =
		referral_ldap_conn_get_context(conn);
	unsigned int idx;

	if (!leaving_find(servers, conn, &idx))
		i_unreached();
	array_delete(&servers->leaving, idx, 1);
	servers_return_searches(servers, conn);
	referral_ldap_conn_destroy(&conn);
	referral_ldap_servers_update_later(servers);
}

static void
leaving_conn_answered(struct referral_ldap_conn *conn,
		      struct referral_ldap_search *search,
		      struct referral_ldap_reply *reply)
{
	struct referral_ldap_servers *servers =
		referral_ldap_conn_get_context(conn);
	const char *error;

	if (search != NULL) {
		(void)servers->vfuncs->answered(servers->context, search,
						reply, &error);
	}
}

static void leaving_conn_stalled(struct referral_ldap_conn *conn)
{
	referral_ldap_conn_break(conn, "no answer came any more");
}

static const struct referral_ldap_conn_vfuncs leaving_conn_vfuncs = {
	.stalled = leaving_conn_stalled,
	.answered = leaving_conn_answered,
	.dead = leaving_conn_dead,
};

/* It takes no more searches, but those that have waited for long may still be
   answered, for the cache at least. */
static void peer_leave(struct referral_ldap_peer *peer)
{
	struct referral_ldap_servers *servers = peer->servers;
	struct referral_ldap_conn *conn = peer->conn, *oldest;
	struct referral_ldap_search *search;

	while ((search = referral_ldap_conn_take_search(conn,
			servers->set->conn.stall_msecs / 2)) != NULL)
		servers->vfuncs->returned(servers->context, search);
	peer->conn = NULL;
	array_push_back(&servers->leaving, &conn);
	referral_ldap_conn_leave(conn, &leaving_conn_vfuncs, servers);
	if (array_count(&servers->leaving) > SERVERS_MAX_LEAVING) {
		oldest = *array_front(&servers->leaving);
		array_pop_front(&servers->leaving);
		servers_return_searches(servers, oldest);
		referral_ldap_conn_destroy(&oldest);
	}
}

static bool peer_has_connecting_twin(const struct referral_ldap_peer *peer)
{
	const struct referral_ldap_peer *other;
	unsigned int i;

	for (i = 0; i < array_count(&peer->servers->peers); i++) {
		other = referral_ldap_peer_get(peer->servers, i);
		if (other != peer && other->twin &&
		    other->health.bit == peer->health.bit &&
		    other->health.state == REFERRAL_SERVER_CONNECTING)
			return TRUE;
	}
	return FALSE;
}

static void peer_conn_stalled(struct referral_ldap_conn *conn)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);
	struct referral_ldap_servers *servers = peer->servers;
	const char *error;

	if (peer_has_connecting_twin(peer)) {
		/* It will tell more than that nothing comes. */
		return;
	}
	error = t_strdup_printf("ldap connection to %s lost: no answer within "
		"%u ms (check the directory server and referral_ldap_timeout)",
		referral_ldap_conn_get_name(conn),
		servers->set->conn.stall_msecs);
	peer->failing_ready = TRUE;
	referral_server_failed(&peer->health, referral_ldap_now(),
			       REFERRAL_SERVER_UNREACHABLE, i_rand());
	peer_failed(peer, error);
	peer_leave(peer);
	if (peer->gone || peer->unnamed || peer->twin)
		referral_ldap_peer_delete(peer);
	referral_ldap_servers_update(servers);
}

void referral_ldap_peer_refused(struct referral_ldap_peer *peer,
				const char *error)
{
	peer->failing_ready = TRUE;
	referral_server_refused(&peer->health, referral_ldap_now(), i_rand());
	referral_ldap_peer_log_failure(peer, error);
}

static enum referral_ldap_verdict
peer_get_verdict(struct referral_ldap_peer *peer,
		 struct referral_ldap_search *search,
		 struct referral_ldap_reply *reply, const char **error_r)
{
	struct referral_ldap_servers *servers = peer->servers;

	if (search == NULL) {
		/* It was not what was asked that made it slow. */
		return REFERRAL_LDAP_VERDICT_FINAL;
	}
	reply->server = peer->health.bit;
	return servers->vfuncs->answered(servers->context, search, reply,
					 error_r);
}

static void
peer_conn_answered(struct referral_ldap_conn *conn,
		   struct referral_ldap_search *search,
		   struct referral_ldap_reply *reply)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);
	struct referral_ldap_servers *servers = peer->servers;
	bool well = !peer->health.suspect && !peer->health.demoted;
	const char *error;

	switch (peer_get_verdict(peer, search, reply, &error)) {
	case REFERRAL_LDAP_VERDICT_FINAL:
		referral_server_answered(&peer->health, reply->now);
		if (!peer->health.demoted)
			referral_ldap_peer_log_recovery(peer);
		break;
	case REFERRAL_LDAP_VERDICT_BUSY:
		referral_ldap_conn_refused(conn);
		referral_ldap_peer_refused(peer, error);
		break;
	case REFERRAL_LDAP_VERDICT_ELSEWHERE:
		peer->health.suspect = FALSE;
		if (peer->health.on_trial)
			referral_ldap_peer_refused(peer, error);
		break;
	}
	if (well && !peer->health.demoted)
		servers->vfuncs->ready(servers->context);
	else
		referral_ldap_servers_update(servers);
}

static bool
peer_conn_resolved(struct referral_ldap_conn *conn, const struct ip_addr *ips,
		   unsigned int ips_count, struct ip_addr *ip_r)
{
	struct referral_ldap_peer *peer = referral_ldap_conn_get_context(conn);

	peer->gone = !referral_ldap_peer_resolved(peer, ips, ips_count);
	*ip_r = peer->ip;
	referral_ldap_servers_update_later(peer->servers);
	return !peer->gone;
}

static const struct referral_ldap_conn_vfuncs peer_conn_vfuncs = {
	.resolved = peer_conn_resolved,
	.ready = peer_conn_ready,
	.suspect = peer_conn_suspect,
	.stalled = peer_conn_stalled,
	.answered = peer_conn_answered,
	.dead = peer_conn_dead,
};

void referral_ldap_peer_connect(struct referral_ldap_peer *peer, uint64_t now)
{
	struct referral_ldap_servers *servers = peer->servers;

	referral_server_connecting(&peer->health, now);
	peer->changed_at = ioloop_time;
	if (peer->conn != NULL) {
		/* just dying: it will be seen as idle then */
		return;
	}
	peer->conn = referral_ldap_conn_create(servers->event,
		&servers->set->conn, peer->uri, &peer->ip, &peer_conn_vfuncs,
		peer);
	referral_ldap_conn_connect(peer->conn);
}
