#ifndef LOGIN_LOAD_H
#define LOGIN_LOAD_H

/* What the load generator and its two ways of logging in share. */

#include "net.h"

struct login_load_settings {
	/* users are PREFIX0 .. PREFIX(count-1), each in its turn */
	const char *user_prefix, *password;
	unsigned int users_count, first_user;
	/* each login comes from the next of 65536 addresses after this one:
	   Dovecot slows down an address that gave wrong passwords, and one
	   address runs out of ports */
	struct ip_addr source;

	/* IMAP server, or if family is 0: */
	struct ip_addr ip;
	in_port_t port;
	/* the auth process' login socket, and connections to it */
	const char *auth_socket_path;
	unsigned int auth_connections;

	/* logins at any time, or if 0: one each interval_msecs */
	unsigned int concurrency;
	unsigned int interval_msecs;
	/* the end: so many logins, or so many seconds */
	unsigned int logins_count;
	unsigned int secs;
	/* an answer that has not come so long after the end does not come */
	unsigned int patience_secs;
};

struct login {
	/* CLOCK_MONOTONIC */
	uint64_t start_usecs, end_usecs;
	/* "REFERRAL", "OK", "UNAVAILABLE", ...: NULL while pending */
	const char *outcome;
};

extern struct login_load_settings load_set;

const char *login_load_user(unsigned int number);
struct ip_addr login_load_source(unsigned int number);
/* The answer to this login came. outcome is copied. */
void login_load_finished(unsigned int number, const char *outcome);

/* Begin this login; login_load_finished() is called later. */
void imap_login_start(unsigned int number);

void auth_logins_init(void);
void auth_logins_deinit(void);
void auth_login_start(unsigned int number);

#endif
