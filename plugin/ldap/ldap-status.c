/* What is known of the servers, for those who look: see ldap-client.h */

#include "lib.h"
#include "array.h"
#include "ldap-servers-private.h"

static const char *const server_states[] = {
	"idle", "connecting", "ready", "demoted", "suspect", "failed"
};

const char *
referral_ldap_server_state_to_string(enum referral_ldap_server_state state)
{
	i_assert((unsigned int)state < N_ELEMENTS(server_states));
	return server_states[state];
}

static enum referral_ldap_server_state
peer_get_state(const struct referral_ldap_peer *peer, uint64_t now)
{
	const struct referral_server *health = &peer->health;

	switch (health->state) {
	case REFERRAL_SERVER_CONNECTING:
		return REFERRAL_LDAP_SERVER_CONNECTING;
	case REFERRAL_SERVER_READY:
		if (health->suspect)
			return REFERRAL_LDAP_SERVER_SUSPECT;
		return health->demoted ? REFERRAL_LDAP_SERVER_DEMOTED :
			REFERRAL_LDAP_SERVER_READY;
	case REFERRAL_SERVER_IDLE:
		break;
	}
	return health->failures > 0 && health->retry_at > now ?
		REFERRAL_LDAP_SERVER_FAILED : REFERRAL_LDAP_SERVER_IDLE;
}

static void
peer_get_status(const struct referral_ldap_peer *peer, uint64_t now,
		struct referral_ldap_server_status *status_r)
{
	uint64_t retry_at = 0;

	i_zero(status_r);
	status_r->uri = peer->uri->uri;
	status_r->ip = peer->ip;
	status_r->state = peer_get_state(peer, now);
	status_r->since = peer->changed_at;
	status_r->last_error = t_strdup(peer->error);
	status_r->last_error_at = peer->error_at;
	if (peer->conn != NULL) {
		status_r->pending = referral_ldap_conn_get_pending(peer->conn,
			&status_r->pending_limit);
	}
	if (status_r->state == REFERRAL_LDAP_SERVER_FAILED)
		retry_at = peer->health.retry_at;
	else if (status_r->state == REFERRAL_LDAP_SERVER_DEMOTED)
		retry_at = peer->health.trial_at;
	if (retry_at > now)
		status_r->retry_msecs = I_MIN(retry_at - now, UINT_MAX);
}

void referral_ldap_servers_get_status(
	const struct referral_ldap_servers *servers,
	ARRAY_TYPE(referral_ldap_server_status) *status)
{
	uint64_t now = referral_ldap_now();
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer_get_status(referral_ldap_peer_get(servers, i), now,
				array_append_space(status));
	}
}

bool referral_ldap_servers_get_others(
	const struct referral_ldap_servers *servers, const char *uri,
	uint64_t *others_r)
{
	const struct referral_ldap_peer *peer;
	uint64_t bits = 0;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = referral_ldap_peer_get(servers, i);
		if (strcmp(peer->uri->uri, uri) == 0)
			bits |= peer->health.bit;
	}
	*others_r = ~bits;
	return bits != 0;
}

void referral_ldap_servers_bound(struct referral_ldap_servers *servers,
				 const char *uri, const struct ip_addr *ip,
				 bool accepted)
{
	struct referral_ldap_peer *peer;
	unsigned int i;

	for (i = 0; i < array_count(&servers->peers); i++) {
		peer = referral_ldap_peer_get(servers, i);
		if (strcmp(peer->uri->uri, uri) != 0 ||
		    (peer->ip.family != 0 && !net_ip_compare(&peer->ip, ip)))
			continue;
		if (accepted)
			referral_server_bind_accepted(&peer->health);
		else {
			referral_server_bind_refused(&peer->health,
				referral_ldap_now(), i_rand());
		}
	}
}

static void
targets_append(const struct referral_ldap_peer *peer, const char *only_uri,
	       ARRAY_TYPE(referral_ldap_target) *targets)
{
	struct referral_ldap_target *target;

	if (only_uri != NULL && strcmp(peer->uri->uri, only_uri) != 0)
		return;
	if (referral_ldap_now() < peer->health.bind_at)
		return;
	target = array_append_space(targets);
	target->uri = peer->uri;
	target->ip = peer->ip;
}

static bool peer_is_well(const struct referral_ldap_peer *peer)
{
	return peer->health.state == REFERRAL_SERVER_READY &&
		!peer->health.suspect && !peer->health.demoted;
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
		if (!peer->twin && peer_is_well(peer) == (i < count))
			targets_append(peer, only_uri, targets);
	}
}
