#ifndef REFERRAL_AUTH_PASS_H
#define REFERRAL_AUTH_PASS_H

/* Lookups without a login: LMTP asks the passdbs where to deliver if
   lmtp_proxy is set, and gets the same answer as the user's login. */

struct auth_request;
struct referral_auth_config;

void referral_auth_pass_init(struct referral_auth_config *config);
void referral_auth_pass_deinit(void);

/* Called by the carrier passdb for every credentials lookup. Does nothing for
   those that are part of a login or come from another process than LMTP. */
void referral_auth_pass_arm(struct auth_request *request);

#endif
