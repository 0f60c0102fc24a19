/* What is logged about a server, once, and told to those who look: see
   ldap-servers-private.h */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "ldap-servers-private.h"

void referral_ldap_peer_log_failure(struct referral_ldap_peer *peer,
				    const char *error)
{
	struct event *event = referral_ldap_conn_get_event(peer->conn);
	uint64_t now = referral_ldap_now();
	unsigned int repeats;

	i_free(peer->error);
	peer->error = i_strdup(error);
	peer->error_at = ioloop_time;
	if (!referral_outage_failed(&peer->outage, error, now, &repeats))
		e_debug(event, "%s", error);
	else if (repeats == 0)
		e_error(event, "%s", error);
	else {
		e_error(event, "%s (failing for %u s, %u times "
			"since the last line)", error,
			(unsigned int)((now - peer->outage.since) / 1000),
			repeats + 1);
	}
}

void referral_ldap_peer_log_recovery(struct referral_ldap_peer *peer)
{
	uint64_t msecs;

	peer->failing_ready = FALSE;
	if (!referral_outage_ended(&peer->outage, referral_ldap_now(), &msecs))
		return;
	e_info(referral_ldap_conn_get_event(peer->conn),
	       "ldap server %s works again after %u.%03u s",
	       referral_ldap_conn_get_name(peer->conn),
	       (unsigned int)(msecs / 1000), (unsigned int)(msecs % 1000));
}
