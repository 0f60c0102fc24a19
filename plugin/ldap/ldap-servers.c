/* Parallel connections and failover: see ldap-servers.h. What is done when is
   decided in server-choice.c. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "ldap-servers-private.h"

/* Users have been waiting so recently that servers are tried again fast. */
#define SERVERS_URGENT_MSECS (10*1000)
/* A connection that was not used for so long while another one was is
   closed. */
#define SERVERS_SPARE_MSECS (60*1000)

static void servers_update_timeout(struct referral_ldap_servers *servers)
{
	referral_ldap_servers_update(servers);
}

void referral_ldap_servers_update_later(struct referral_ldap_servers *servers)
{
	timeout_remove(&servers->to_update);
	servers->to_update =
		timeout_add_short(0, servers_update_timeout, servers);
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
	i_array_init(&servers->leaving, 2);
	array_foreach(&set->uris, uri) {
		if (uri->domain == NULL) {
			(void)referral_ldap_peer_add(servers, uri, rank,
						     &uri->host.ip);
		}
		rank++;
	}
	return servers;
}

void referral_ldap_servers_deinit(struct referral_ldap_servers **_servers)
{
	struct referral_ldap_servers *servers = *_servers;
	struct referral_ldap_conn **connp;
	struct referral_ldap_peer *peer;

	*_servers = NULL;
	array_foreach_modifiable(&servers->leaving, connp)
		referral_ldap_conn_destroy(connp);
	array_free(&servers->leaving);
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

static void
servers_choose(const struct referral_ldap_servers *servers, uint64_t now,
	       uint64_t refused, bool wanted,
	       struct referral_server_choice *choice_r)
{
	const struct referral_server_demand demand = {
		.wanted = wanted,
		.urgent = servers->wanted_at > 0 &&
			now - servers->wanted_at < SERVERS_URGENT_MSECS,
		.stagger_msecs = servers->set->stagger_msecs,
		.refused = refused,
	};
	struct referral_server *const *peers;
	unsigned int count;

	peers = array_get(&servers->peers, &count);
	referral_servers_choose(peers, count, now, &demand, choice_r);
}

/* What waits for an answer that others don't give is asked here. */
static void servers_take_over(struct referral_ldap_peer *active)
{
	struct referral_ldap_servers *servers = active->servers;
	struct referral_ldap_peer *peer;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = referral_ldap_peer_get(servers, i);
		if (peer == active || !peer->health.suspect)
			continue;
		/* A server that is merely slow would have to do it twice: the
		   second connection to it has to be proven better. */
		if (peer->health.bit != active->health.bit ||
		    !active->health.demoted)
			referral_ldap_peer_return_searches(peer);
	}
}

static bool peer_is_busy(const struct referral_ldap_peer *peer)
{
	unsigned int limit;

	return referral_ldap_conn_get_pending(peer->conn, &limit) > 0;
}

/* Close what is not needed. Returns for how long something may not be needed
   yet, UINT_MAX if there is nothing. */
static unsigned int
servers_close_spare(struct referral_ldap_peer *active, uint64_t now)
{
	struct referral_ldap_servers *servers = active->servers;
	struct referral_ldap_peer *peer;
	unsigned int i, wait_msecs = UINT_MAX, msecs;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = referral_ldap_peer_get(servers, i);
		if (peer == active || peer->conn == NULL ||
		    peer->health.rank < active->health.rank)
			continue;
		if (peer->health.state == REFERRAL_SERVER_CONNECTING &&
		    peer->connect_for == 0 && !active->health.demoted) {
			referral_ldap_conn_close(peer->conn,
				REFERRAL_LDAP_CONN_END_CLOSED,
				REFERRAL_SERVER_UNREACHABLE,
				"another server was faster");
		}
		if (peer->health.state != REFERRAL_SERVER_READY)
			continue;
		msecs = now - peer->used_at;
		if (msecs < SERVERS_SPARE_MSECS ||
		    peer_is_busy(peer)) {
			wait_msecs = I_MIN(wait_msecs, SERVERS_SPARE_MSECS -
				I_MIN(msecs, SERVERS_SPARE_MSECS - 1000));
		} else {
			referral_ldap_conn_close(peer->conn,
				REFERRAL_LDAP_CONN_END_CLOSED,
				REFERRAL_SERVER_UNREACHABLE,
				"not needed any more");
		}
	}
	return wait_msecs;
}

/* Returns TRUE if there is something new to choose from. */
static bool
servers_connect(struct referral_ldap_servers *servers, uint64_t now,
		uint64_t refused,
		const struct referral_server_choice *choice)
{
	struct referral_ldap_peer *peer;

	if (choice->connect >= 0) {
		peer = referral_ldap_peer_get(servers, choice->connect);
		peer->connect_for = refused;
		referral_ldap_peer_connect(peer, now);
		return TRUE;
	}
	if (choice->active < 0 || choice->trying)
		return FALSE;
	/* The only one is silent: does it still take connections? */
	peer = referral_ldap_peer_get(servers, choice->active);
	return peer->health.suspect && peer->health.failures == 0 &&
		!referral_ldap_conn_is_dead(peer->conn) &&
		referral_ldap_peer_add_twin(peer) != NULL;
}

/* See to those who wait for what these have refused. Returns for how long
   nothing has to be done. */
static unsigned int
servers_update_for(struct referral_ldap_servers *servers, uint64_t now,
		   uint64_t refused, bool wanted)
{
	struct referral_server_choice choice;
	struct referral_ldap_peer *active;
	unsigned int wait_msecs, msecs;
	bool started = FALSE;

	for (;;) {
		servers_choose(servers, now, refused, wanted, &choice);
		if (!servers_connect(servers, now, refused, &choice))
			break;
		started = TRUE;
	}
	wait_msecs = choice.wait_msecs;
	if (choice.active >= 0) {
		active = referral_ldap_peer_get(servers, choice.active);
		active->used_at = now;
		if (refused == 0 && !active->health.suspect) {
			servers_take_over(active);
			msecs = servers_close_spare(active, now);
			wait_msecs = I_MIN(wait_msecs, msecs);
		}
	}
	if (wanted && choice.all_dead && !choice.trying && !started &&
	    !servers->expecting) {
		servers->vfuncs->hopeless(servers->context, refused,
					  servers->error);
	}
	return wait_msecs;
}

void referral_ldap_servers_update(struct referral_ldap_servers *servers)
{
	ARRAY_TYPE(uint64_t) waiting;
	const uint64_t *refused;
	uint64_t now = referral_ldap_now();
	unsigned int wait_msecs = UINT_MAX, msecs;
	bool wanted = FALSE;

	timeout_remove(&servers->to_update);
	T_BEGIN {
		t_array_init(&waiting, 4);
		servers->vfuncs->get_waiting(servers->context, &waiting);
		array_foreach(&waiting, refused) {
			if (*refused == 0)
				wanted = TRUE;
		}
		/* always: what is better may come back */
		if (!wanted)
			wait_msecs = servers_update_for(servers, now, 0, FALSE);
		array_foreach(&waiting, refused) {
			msecs = servers_update_for(servers, now, *refused,
						   TRUE);
			wait_msecs = I_MIN(wait_msecs, msecs);
		}
	} T_END;
	if (wait_msecs != UINT_MAX && servers->to_update == NULL) {
		servers->to_update = timeout_add_short(wait_msecs,
			servers_update_timeout, servers);
	}
	servers->vfuncs->ready(servers->context);
}

/* The most preferred server, if there is no reason to ask another one: what
   would be chosen, without a look at the others. */
static struct referral_ldap_peer *
servers_get_first(struct referral_ldap_servers *servers, uint64_t refused)
{
	struct referral_ldap_peer *peer;

	if (array_count(&servers->peers) == 0)
		return NULL;
	peer = referral_ldap_peer_get(servers, 0);
	return peer->health.state == REFERRAL_SERVER_READY &&
		!peer->health.suspect && !peer->health.demoted &&
		(peer->health.bit & refused) == 0 ? peer : NULL;
}

bool referral_ldap_servers_want(struct referral_ldap_servers *servers,
				uint64_t refused, const char **error_r)
{
	struct referral_server_choice choice;
	uint64_t now = referral_ldap_now();

	servers->wanted_at = now;
	if (servers_get_first(servers, refused) != NULL)
		return TRUE;
	servers_choose(servers, now, refused, TRUE, &choice);
	if (choice.connect >= 0 || choice.active < 0) {
		/* Our caller is not to be called back from inside. */
		referral_ldap_servers_update_later(servers);
	}
	*error_r = servers->error;
	return servers->expecting || !choice.all_dead;
}

struct referral_ldap_conn *
referral_ldap_servers_get(struct referral_ldap_servers *servers,
			  uint64_t refused)
{
	struct referral_server_choice choice;
	struct referral_ldap_peer *peer = servers_get_first(servers, refused);
	uint64_t now;

	if (peer == NULL) {
		now = referral_ldap_now();
		servers_choose(servers, now, refused, TRUE, &choice);
		if (choice.active < 0)
			return NULL;
		peer = referral_ldap_peer_get(servers, choice.active);
		peer->used_at = now;
	}
	return referral_ldap_conn_can_send(peer->conn) ? peer->conn : NULL;
}

struct referral_ldap_conn *
referral_ldap_servers_get_trial(struct referral_ldap_servers *servers)
{
	struct referral_server_choice choice;
	struct referral_ldap_peer *peer;

	if (servers_get_first(servers, 0) != NULL)
		return NULL;
	servers_choose(servers, referral_ldap_now(), 0, TRUE, &choice);
	if (choice.trial < 0)
		return NULL;
	peer = referral_ldap_peer_get(servers, choice.trial);
	if (!referral_ldap_conn_can_send(peer->conn))
		return NULL;
	referral_server_try(&peer->health);
	return peer->conn;
}

void referral_ldap_servers_refused(struct referral_ldap_servers *servers,
				   uint64_t refused, const char *error)
{
	struct referral_ldap_peer *peer;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = referral_ldap_peer_get(servers, i);
		if ((peer->health.bit & refused) != 0 && peer->conn != NULL)
			referral_ldap_peer_refused(peer, error);
	}
}

void referral_ldap_servers_set(struct referral_ldap_servers *servers,
			       const ARRAY_TYPE(referral_ldap_uri_ptr) *uris,
			       bool expecting, const char *error)
{
	servers->expecting = expecting;
	referral_ldap_peers_set(servers, uris);
	if (error != NULL && array_count(&servers->peers) == 0) {
		i_free(servers->error);
		servers->error = i_strdup(error);
	}
	referral_ldap_servers_update_later(servers);
}

const char *
referral_ldap_servers_get_error(const struct referral_ldap_servers *servers)
{
	return servers->error;
}
