#ifndef REFERRAL_AUTH_KICK_H
#define REFERRAL_AUTH_KICK_H

/* Ends the sessions here of users whose home was here and is not any more.

   The auth process may not do that itself: the command does, behind a UNIX
   socket of a service "script", with the users as its arguments. Without a
   socket of that name nothing is ended. */

struct referral_auth_config;

/* relative to base_dir, where auth runs */
#define REFERRAL_AUTH_KICK_SOCKET "login-referral-kick"

/* While the process starts: looks for the socket. Never in an auth worker. */
void referral_auth_kick_init(struct referral_auth_config *config);
/* Before the configuration's. Who still waits is left alone. */
void referral_auth_kick_deinit(void);

#endif
