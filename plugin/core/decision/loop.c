/* Sessions that would come back: see loop.h */

#include "lib.h"
#include "loop.h"

/* a power of two: who is forgotten for someone else has to be counted anew */
#define LOOP_SLOTS 4096
/* A session that has gone round is back by then. */
#define LOOP_ROUND_MSECS 5000

/* So many at once, and one more every so many milliseconds. A circle turns in
   5 to 50 ms, but in 100 to 500 ms where servers are busy or far from each
   other, and each turn holds a connection. However slow it is, there must not
   be 100 of them (Dovecot's process_limit) before this ends it, or Dovecot does
   after 30 seconds. */
#define LOOP_REFILL_MSECS 500
/* Who comes from where the session would go may be the webmail of the home. */
#define LOOP_BURST_BACK 16
#define LOOP_BURST_ANY 32
#define LOOP_BURST_MAIL 32

/* A client's sessions: filled up to the time "full", which moves on by
   LOOP_REFILL_MSECS with each of them. */
struct loop_client {
	uint64_t id;
	uint64_t full_msecs;
};

/* a connection whose session was proxied, the first time that it was here */
struct loop_connection {
	uint64_t id;
	uint64_t seen_msecs;
};

struct referral_loops {
	struct loop_client clients[LOOP_SLOTS];
	struct loop_connection connections[LOOP_SLOTS];
};

struct referral_loops *referral_loops_init(void)
{
	return i_new(struct referral_loops, 1);
}

void referral_loops_deinit(struct referral_loops **loops)
{
	i_free(*loops);
}

static bool goes_to(const struct referral_loop_session *session,
		    const struct ip_addr *ip)
{
	unsigned int i;

	for (i = 0; i < session->dest_ips_count; i++) {
		if (net_ip_compare(&session->dest_ips[i], ip))
			return TRUE;
	}
	return FALSE;
}

static bool is_loopback(const struct ip_addr *ip)
{
	return ip->family == AF_INET ? ntohl(ip->u.ip4.s_addr) >> 24 == 127 :
		net_ip_compare(ip, &net_ip6_loopback);
}

static bool goes_to_loopback(const struct referral_loop_session *session)
{
	unsigned int i;

	for (i = 0; i < session->dest_ips_count; i++) {
		if (is_loopback(&session->dest_ips[i]))
			return TRUE;
	}
	return FALSE;
}

enum referral_loop
referral_loop_find(const struct referral_loop_session *session)
{
	if (session->local_ip.family == 0 ||
	    (session->dest_port != 0 &&
	     session->dest_port != session->local_port))
		return REFERRAL_LOOP_NONE;
	if (!goes_to(session, &session->local_ip) &&
	    (is_loopback(&session->local_ip) || !goes_to_loopback(session)))
		return REFERRAL_LOOP_NONE;
	return session->forwarded ? REFERRAL_LOOP_BACK : REFERRAL_LOOP_HERE;
}

/* The client itself was here, its session was sent away, and now a proxy
   brings it again. If proxies have brought it both times, it may be another
   session of a client of theirs, and Dovecot counts hops; but mail would be
   lost then. */
static bool
is_back(struct referral_loops *loops,
	const struct referral_loop_session *session, uint64_t now_msecs)
{
	struct loop_connection *connection =
		&loops->connections[session->connection_id % LOOP_SLOTS];

	if (session->forwarded && session->no_login &&
	    goes_to(session, &session->real_remote_ip))
		return TRUE;
	if (session->connection_id == 0)
		return FALSE;
	if (session->forwarded && connection->id == session->connection_id &&
	    now_msecs - connection->seen_msecs < LOOP_ROUND_MSECS)
		return TRUE;
	if (!session->forwarded || session->no_login) {
		connection->id = session->connection_id;
		connection->seen_msecs = now_msecs;
	}
	return FALSE;
}

/* Returns 0 if there is no limit. */
static unsigned int get_burst(const struct referral_loop_session *session)
{
	bool back = goes_to(session, &session->remote_ip);

	/* One user may get any amount of mail, all from one server. */
	if (session->no_login)
		return back ? LOOP_BURST_MAIL : 0;
	return back ? LOOP_BURST_BACK : LOOP_BURST_ANY;
}

static bool
is_full(struct referral_loops *loops,
	const struct referral_loop_session *session, uint64_t now_msecs)
{
	struct loop_client *client =
		&loops->clients[session->client_id % LOOP_SLOTS];
	uint64_t full_msecs = get_burst(session) * LOOP_REFILL_MSECS;

	if (full_msecs == 0)
		return FALSE;
	if (client->id != session->client_id ||
	    client->full_msecs < now_msecs ||
	    /* the clock was set back */
	    client->full_msecs > now_msecs + full_msecs) {
		client->id = session->client_id;
		client->full_msecs = now_msecs;
	}
	if (client->full_msecs + LOOP_REFILL_MSECS > now_msecs + full_msecs)
		return TRUE;
	client->full_msecs += LOOP_REFILL_MSECS;
	return FALSE;
}

enum referral_loop
referral_loops_add(struct referral_loops *loops,
		   const struct referral_loop_session *session,
		   uint64_t now_msecs)
{
	if (is_back(loops, session, now_msecs))
		return REFERRAL_LOOP_BACK;
	if (!is_full(loops, session, now_msecs))
		return REFERRAL_LOOP_NONE;
	return goes_to(session, &session->remote_ip) ?
		REFERRAL_LOOP_BACK : REFERRAL_LOOP_MANY;
}

const char *referral_loop_to_string(enum referral_loop loop)
{
	switch (loop) {
	case REFERRAL_LOOP_NONE:
		break;
	case REFERRAL_LOOP_HERE:
		return "that is where the client has come in "
			"(check referral_local_hosts here)";
	case REFERRAL_LOOP_BACK:
		return "the session has come from there (check "
			"referral_local_hosts there, and whether one of the "
			"two servers has an old answer)";
	case REFERRAL_LOOP_MANY:
		return "too many sessions of this user at once, which seem to "
			"go in a circle (check referral_local_hosts here and "
			"there, and whether a server has an old answer)";
	}
	i_unreached();
}
