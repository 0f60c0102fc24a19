/* Failover policy: see server-choice.h */

#include "lib.h"
#include "server-choice.h"

void referral_server_connecting(struct referral_server *server, uint64_t now)
{
	server->state = REFERRAL_SERVER_CONNECTING;
	server->connecting_since = now;
	server->suspect = FALSE;
}

void referral_server_ready(struct referral_server *server)
{
	server->state = REFERRAL_SERVER_READY;
	server->suspect = FALSE;
}

void referral_server_answered(struct referral_server *server)
{
	server->failures = 0;
	server->suspect = FALSE;
	server->broke = FALSE;
}

void referral_server_suspect(struct referral_server *server)
{
	server->suspect = TRUE;
}

void referral_server_closed(struct referral_server *server)
{
	server->state = REFERRAL_SERVER_IDLE;
	server->suspect = FALSE;
}

/* Three quarters to five quarters of it, so that many clients don't come back
   at the same moment. */
static unsigned int add_jitter(unsigned int msecs, uint32_t random)
{
	return msecs * 3 / 4 + random % (msecs / 2 + 1);
}

void referral_server_failed(struct referral_server *server, uint64_t now,
			    enum referral_server_failure failure,
			    uint32_t random)
{
	unsigned int i, backoff = REFERRAL_SERVER_BACKOFF_MIN_MSECS;

	referral_server_closed(server);
	server->failure = failure;
	if (server->failures < UINT_MAX)
		server->failures++;

	for (i = 1; i < server->failures &&
	     backoff < REFERRAL_SERVER_BACKOFF_MAX_MSECS; i++)
		backoff *= 2;
	if (failure == REFERRAL_SERVER_CREDENTIALS ||
	    backoff > REFERRAL_SERVER_BACKOFF_MAX_MSECS)
		backoff = REFERRAL_SERVER_BACKOFF_MAX_MSECS;
	backoff = add_jitter(backoff, random);
	server->retry_at = now +
		I_MIN(backoff, REFERRAL_SERVER_BACKOFF_MAX_MSECS);

	server->urgent_retry_at = failure != REFERRAL_SERVER_UNREACHABLE ?
		server->retry_at : now +
		add_jitter(REFERRAL_SERVER_BACKOFF_URGENT_MSECS, random);
}

void referral_server_broke(struct referral_server *server, uint64_t now,
			   uint32_t random)
{
	if (server->broke || server->failures > 0) {
		referral_server_failed(server, now, REFERRAL_SERVER_UNREACHABLE,
				       random);
		return;
	}
	referral_server_closed(server);
	server->broke = TRUE;
	server->grace_until = now + REFERRAL_SERVER_GRACE_MSECS;
}

static uint64_t
server_due_at(const struct referral_server *server, bool urgent)
{
	if (server->failures == 0)
		return 0;
	return urgent ? I_MIN(server->urgent_retry_at, server->retry_at) :
		server->retry_at;
}

static int
servers_find_active(struct referral_server *const *servers,
		    unsigned int count, const struct referral_server *avoid)
{
	unsigned int i;
	int active = -1;

	for (i = 0; i < count; i++) {
		if (servers[i]->state == REFERRAL_SERVER_READY &&
		    !servers[i]->suspect && servers[i] != avoid &&
		    (active < 0 || servers[i]->rank < servers[active]->rank))
			active = i;
	}
	return active;
}

static bool
server_is_dead(const struct referral_server *server, uint64_t now,
	       uint64_t due_at)
{
	if (server->failures == 0 || now < server->grace_until)
		return FALSE;
	switch (server->state) {
	case REFERRAL_SERVER_READY:
		return FALSE;
	case REFERRAL_SERVER_CONNECTING:
		/* Those who asked when this try began wait for it, nobody
		   else. */
		return TRUE;
	case REFERRAL_SERVER_IDLE:
		break;
	}
	return due_at > now;
}

/* Is this server worth a connection while "active" answers? */
static bool
server_is_better(struct referral_server *const *servers, unsigned int i,
		 int active)
{
	return active < 0 || servers[i]->rank < servers[active]->rank;
}

/* When the next connection may be started, as far as those that are being made
   now are concerned. */
static uint64_t
servers_stagger_until(struct referral_server *const *servers,
		      unsigned int count, int active,
		      unsigned int stagger_msecs)
{
	unsigned int i;
	uint64_t until = 0;

	for (i = 0; i < count; i++) {
		if (servers[i]->state != REFERRAL_SERVER_CONNECTING ||
		    !server_is_better(servers, i, active))
			continue;
		if (active >= 0) {
			/* nobody waits for a better server: one by one */
			return UINT64_MAX;
		}
		until = I_MAX(until,
			      servers[i]->connecting_since + stagger_msecs);
	}
	return until;
}

void referral_servers_choose(struct referral_server *const *servers,
			     unsigned int count, uint64_t now,
			     const struct referral_server_demand *demand,
			     struct referral_server_choice *choice_r)
{
	uint64_t due_at, stagger_until, wake_at = UINT64_MAX;
	bool urgent;
	unsigned int i;

	i_zero(choice_r);
	choice_r->connect = -1;
	choice_r->active = servers_find_active(servers, count, demand->avoid);
	choice_r->all_dead = choice_r->active < 0;
	urgent = demand->urgent && choice_r->active < 0;

	stagger_until = servers_stagger_until(servers, count, choice_r->active,
					      demand->stagger_msecs);
	for (i = 0; i < count; i++) {
		if (servers[i] == demand->avoid)
			continue;
		due_at = I_MAX(server_due_at(servers[i], urgent),
			       stagger_until);
		if (servers[i]->state == REFERRAL_SERVER_CONNECTING)
			choice_r->trying = TRUE;
		if (!server_is_dead(servers[i], now, due_at))
			choice_r->all_dead = FALSE;
		if (servers[i]->failures > 0 && servers[i]->grace_until > now)
			wake_at = I_MIN(wake_at, servers[i]->grace_until);

		if (servers[i]->state != REFERRAL_SERVER_IDLE ||
		    !server_is_better(servers, i, choice_r->active) ||
		    (choice_r->active < 0 && !demand->wanted))
			continue;
		if (due_at > now)
			wake_at = I_MIN(wake_at, due_at);
		else if (choice_r->connect < 0 ||
			 servers[i]->rank < servers[choice_r->connect]->rank)
			choice_r->connect = i;
	}
	choice_r->wait_msecs = wake_at == UINT64_MAX ? UINT_MAX :
		I_MIN(wake_at - now, UINT_MAX - 1);
}
