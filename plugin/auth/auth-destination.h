#ifndef REFERRAL_AUTH_DESTINATION_H
#define REFERRAL_AUTH_DESTINATION_H

/* Lookups without a login: LMTP asks the passdbs where to deliver if
   lmtp_proxy is set, doveadm where to run a command if doveadm_port is, and
   they get the same answer as the user's login. */

struct auth_request;
struct referral_auth_config;

void referral_auth_destination_init(struct referral_auth_config *config);
void referral_auth_destination_deinit(void);

/* Called by the carrier passdb for every credentials lookup. Does nothing for
   those that are part of a login or of a userdb lookup, or come from another
   process than these. */
void referral_auth_destination_arm(struct auth_request *request);

#endif
