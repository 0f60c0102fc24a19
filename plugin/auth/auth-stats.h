#ifndef REFERRAL_AUTH_STATS_H
#define REFERRAL_AUTH_STATS_H

/* How well the cache works: SIGUSR2 has the auth process log it, as Dovecot
   does for the cache of its own (src/auth/auth-cache.c). */

struct referral_lookup;

/* After main_init() has begun, which ignores the signal for a start. lookup
   must live until deinit; NULL: there is nothing to tell. */
void referral_auth_stats_init(struct event *event,
			      struct referral_lookup *lookup);
void referral_auth_stats_deinit(void);

#endif
