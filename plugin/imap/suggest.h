#ifndef REFERRAL_SUGGEST_H
#define REFERRAL_SUGGEST_H

/* Action suggest: a tagged OK with a referral, on a session of this server's
   own (RFC 2221 section 4). */

struct client;

/* If auth says so, the reply to client's login will carry a referral. */
void referral_suggest_client_created(struct client *client);
void referral_suggest_deinit(void);

#endif
