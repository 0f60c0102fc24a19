#ifndef REFERRAL_LOOP_H
#define REFERRAL_LOOP_H

/* Sessions that would come back here, at once or round several servers. Dovecot
   ends such a circle by counting hops, but only where each server trusts the
   others; and for mail it says "never" (554) then. Time is an argument. */

#include "net.h"

enum referral_loop {
	REFERRAL_LOOP_NONE,
	/* it would go to the address that the client has come in on */
	REFERRAL_LOOP_HERE,
	/* it has come from where it would go, or was here before */
	REFERRAL_LOOP_BACK,
	/* too many of one user at the same time */
	REFERRAL_LOOP_MANY,
};

struct referral_loop_session {
	/* a hash of user and remote_ip; and of these and remote_port, 0 if
	   that is not known */
	uint64_t client_id, connection_id;
	/* The client's address and the one that it has connected to. Family 0
	   if not known. */
	struct ip_addr remote_ip, local_ip;
	/* 0 if not known */
	in_port_t local_port;
	/* a trusted proxy, real_remote_ip, has told us so */
	bool forwarded;
	struct ip_addr real_remote_ip;
	/* where the session would go; port 0: the same as local_port */
	const struct ip_addr *dest_ips;
	unsigned int dest_ips_count;
	in_port_t dest_port;
	/* mail or a command: one client may send many at once */
	bool no_login;
};

struct referral_loops;

/* Takes a fixed amount of memory, 192 kB. */
struct referral_loops *referral_loops_init(void);
void referral_loops_deinit(struct referral_loops **loops);

/* Does the session go to the very address and port that the client has come in
   on? A loopback address means this machine. Returns _HERE, or _BACK if that is
   the address of a proxy that has brought it, or _NONE. */
enum referral_loop
referral_loop_find(const struct referral_loop_session *session);
/* This session is about to be proxied, at now_msecs (of any clock): returns
   _BACK or _MANY if it has to be refused for that. Else it is counted: one user
   may have a few at once from one address, and some more every second, fewer if
   they come from where they would go (a webmail on the home server does). Mail
   is limited only if it comes from there. */
enum referral_loop
referral_loops_add(struct referral_loops *loops,
		   const struct referral_loop_session *session,
		   uint64_t now_msecs);

/* For the log: what has happened, and which setting to look at. */
const char *referral_loop_to_string(enum referral_loop loop);

#endif
