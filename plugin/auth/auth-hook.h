#ifndef REFERRAL_AUTH_HOOK_H
#define REFERRAL_AUTH_HOOK_H

/* The place where a finished authentication is held back until it is known
   where its user is at home.

   auth_request_handler.reply_callback is called for every outcome, and with
   SUCCESS only after mechanism, passdbs and policy agree: so a guessed
   password never causes a search (RFC 2221 section 6). */

struct auth_request;
struct referral_auth_config;

void referral_auth_hook_init(struct referral_auth_config *config);
/* Every request that is held back has been answered before: the directory
   client's deinit does that. */
void referral_auth_hook_deinit(void);

/* Called by the carrier passdb: this login, which has been marked (see
   auth-carried.h), is to get a decision. Does nothing
   for requests that are no logins: lookups of other processes, auth workers,
   SMTP servers and doveadm (auth_only), token authentication. Returns FALSE,
   having made the request a temporary failure, if the decision could not be
   held back: the lookup has to end there. */
bool referral_auth_hook_arm(struct auth_request *request);

#endif
