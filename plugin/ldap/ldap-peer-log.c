/* What is logged about a server, once, and told to those who look: see
   ldap-servers-private.h */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "ldap-servers-private.h"

/* An error that has changed is logged no more often than this. */
#define PEER_LOG_INTERVAL_MSECS (10*1000)
/* One that lasts is logged again this often. */
#define PEER_LOG_AGAIN_MSECS (5*60*1000)

static void peer_log_error(struct referral_ldap_peer *peer, const char *error,
			   uint64_t now)
{
	struct event *event = referral_ldap_conn_get_event(peer->conn);

	if (peer->failing_count == 0)
		e_error(event, "referral: %s", error);
	else {
		e_error(event, "referral: %s (%u times since the last line, "
			"failing for %u s)", error, peer->failing_count,
			(unsigned int)((now - peer->failing_since) / 1000));
	}
	peer->logged_at = now;
	peer->failing_count = 0;
	i_free(peer->logged_error);
	peer->logged_error = i_strdup(error);
}

/* Is it too early for another line? */
static bool
peer_log_is_early(const struct referral_ldap_peer *peer, const char *error,
		  uint64_t now)
{
	unsigned int interval = PEER_LOG_INTERVAL_MSECS;

	if (peer->logged_error == NULL)
		return FALSE;
	if (peer->logged_at >= peer->failing_since &&
	    strcmp(peer->logged_error, error) == 0)
		interval = PEER_LOG_AGAIN_MSECS;
	return now - peer->logged_at < interval;
}

void referral_ldap_peer_log_failure(struct referral_ldap_peer *peer,
				    const char *error)
{
	uint64_t now = referral_ldap_now();

	i_free(peer->error);
	peer->error = i_strdup(error);
	peer->error_at = ioloop_time;
	if (!peer->failing) {
		peer->failing = TRUE;
		peer->failing_since = now;
	}
	if (!peer_log_is_early(peer, error, now)) {
		peer_log_error(peer, error, now);
		return;
	}
	peer->failing_count++;
	e_debug(referral_ldap_conn_get_event(peer->conn), "referral: %s",
		error);
}

void referral_ldap_peer_log_recovery(struct referral_ldap_peer *peer)
{
	uint64_t now = referral_ldap_now(), msecs = now - peer->failing_since;

	if (!peer->failing)
		return;
	peer->failing = FALSE;
	peer->failing_ready = FALSE;
	if (peer->failing_since > peer->logged_at) {
		/* Nobody was told that it had begun. */
		return;
	}
	e_info(referral_ldap_conn_get_event(peer->conn),
	       "referral: ldap server %s works again after %u.%03u s",
	       referral_ldap_conn_get_name(peer->conn),
	       (unsigned int)(msecs / 1000), (unsigned int)(msecs % 1000));
}
