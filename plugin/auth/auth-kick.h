#ifndef REFERRAL_AUTH_KICK_H
#define REFERRAL_AUTH_KICK_H

/* When a user's mailHost has changed, the sessions here that have lost their
   reason end: those of this server's own whose home is elsewhere now, and
   those that are proxied to the old home.

   The auth process may not do that itself: `doveadm referral kick' does, which
   decides for each session, behind a UNIX socket of a service "script", with
   the users as its arguments. Without a socket of that name nothing is
   ended. */

struct referral_auth_config;

/* relative to base_dir, where auth runs */
#define REFERRAL_AUTH_KICK_SOCKET "login-referral-kick"

/* While the process starts: looks for the socket. Never in an auth worker. */
void referral_auth_kick_init(struct referral_auth_config *config);
/* Before the configuration's. Who still waits is left alone. */
void referral_auth_kick_deinit(void);

#endif
