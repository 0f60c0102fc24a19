/* What happens to one server and what follows from it: see server-choice.h */

#include "lib.h"
#include "server-choice.h"

void referral_server_connecting(struct referral_server *server, uint64_t now)
{
	server->state = REFERRAL_SERVER_CONNECTING;
	server->connecting_since = now;
}

void referral_server_ready(struct referral_server *server, uint64_t now)
{
	server->state = REFERRAL_SERVER_READY;
	server->suspect = FALSE;
	referral_server_bind_accepted(server);
	if ((server->failures > 0 || server->broke) && !server->demoted) {
		server->demoted = TRUE;
		server->demotion_msecs = 0;
		server->trial_at = now;
	}
}

void referral_server_answered(struct referral_server *server, uint64_t now)
{
	server->failures = 0;
	server->suspect = FALSE;
	server->broke = FALSE;
	if (server->demoted && (server->on_trial || now >= server->trial_at)) {
		server->demoted = FALSE;
		server->promoted_at = now;
	}
	server->on_trial = FALSE;
}

void referral_server_try(struct referral_server *server)
{
	server->on_trial = TRUE;
}

/* Three quarters to five quarters of it, so that many clients don't come back
   at the same moment. */
static unsigned int add_jitter(unsigned int msecs, uint32_t random)
{
	return msecs * 3 / 4 + random % (msecs / 2 + 1);
}

static void
server_demote(struct referral_server *server, uint64_t now, uint32_t random)
{
	uint64_t well_msecs = I_MAX(2 * (uint64_t)server->demotion_msecs,
				    REFERRAL_SERVER_WELL_MSECS);

	if (server->demoted && !server->on_trial && now < server->trial_at) {
		/* more of the same */
		return;
	}
	if (!server->demoted && now - server->promoted_at >= well_msecs)
		server->demotion_msecs = 0;
	server->demotion_msecs = I_MAX(2 * server->demotion_msecs,
				       REFERRAL_SERVER_DEMOTION_MIN_MSECS);
	server->demotion_msecs = I_MIN(server->demotion_msecs,
				       REFERRAL_SERVER_DEMOTION_MAX_MSECS);
	server->demoted = TRUE;
	server->on_trial = FALSE;
	server->trial_at = now + add_jitter(server->demotion_msecs, random);
}

void referral_server_refused(struct referral_server *server, uint64_t now,
			     uint32_t random)
{
	server->suspect = FALSE;
	server_demote(server, now, random);
}

void referral_server_suspect(struct referral_server *server, uint64_t now,
			     uint32_t random)
{
	server->suspect = TRUE;
	server_demote(server, now, random);
}

void referral_server_closed(struct referral_server *server)
{
	server->state = REFERRAL_SERVER_IDLE;
	server->suspect = FALSE;
	server->on_trial = FALSE;
}

void referral_server_bind_refused(struct referral_server *server,
				  uint64_t now, uint32_t random)
{
	unsigned int backoff = server->bind_refusals == 0 ?
		REFERRAL_SERVER_CREDENTIALS_FIRST_MSECS :
		REFERRAL_SERVER_CREDENTIALS_MSECS;

	if (server->bind_refusals < UINT_MAX)
		server->bind_refusals++;
	/* never earlier */
	server->bind_at = now + backoff + random % (backoff / 4 + 1);
}

void referral_server_bind_accepted(struct referral_server *server)
{
	server->bind_refusals = 0;
	server->bind_at = 0;
}

static void
server_back_off(struct referral_server *server, uint64_t now, uint32_t random)
{
	unsigned int i, backoff = REFERRAL_SERVER_BACKOFF_MIN_MSECS;

	for (i = 1; i < server->failures &&
	     backoff < REFERRAL_SERVER_BACKOFF_MAX_MSECS; i++)
		backoff *= 2;
	backoff = I_MIN(backoff, REFERRAL_SERVER_BACKOFF_MAX_MSECS);
	backoff = add_jitter(backoff, random);
	server->retry_at = now +
		I_MIN(backoff, REFERRAL_SERVER_BACKOFF_MAX_MSECS);
}

void referral_server_failed(struct referral_server *server, uint64_t now,
			    enum referral_server_failure failure,
			    uint32_t random)
{
	referral_server_closed(server);
	/* Each kind has its own row. */
	if (failure != server->failure)
		server->failures = 0;
	server->failure = failure;
	if (server->failures < UINT_MAX)
		server->failures++;

	if (failure == REFERRAL_SERVER_CREDENTIALS) {
		referral_server_bind_refused(server, now, random);
		server->retry_at = server->bind_at;
	} else
		server_back_off(server, now, random);
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
