#ifndef REFERRAL_AUTH_STATS_H
#define REFERRAL_AUTH_STATS_H

/* How well the cache and the mirror work: SIGUSR2 has the auth process log it,
   as Dovecot does for the cache of its own (src/auth/auth-cache.c). */

struct referral_auth_config;

/* After main_init() has begun, which ignores the signal for a start. Not in auth
   workers. */
void referral_auth_stats_init(struct referral_auth_config *config);
void referral_auth_stats_deinit(struct referral_auth_config *config);

#endif
