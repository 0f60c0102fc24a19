#ifndef REFERRAL_AUTH_CHECK_PROXYING_H
#define REFERRAL_AUTH_CHECK_PROXYING_H

struct referral_auth_config;

/* Where sessions are proxied: warn if they are not encrypted, and of mechanisms
   that leave no password to log in with at the home server. After the chains of
   passdbs are known. */
void referral_auth_check_proxying(const struct referral_auth_config *config);

#endif
