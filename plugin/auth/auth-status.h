#ifndef REFERRAL_AUTH_STATUS_H
#define REFERRAL_AUTH_STATUS_H

/* How are the directories, and what has been decided so far? Each directory is
   asked for a user that nobody is: so it is known now whether logins fail,
   and not only when somebody logs in. */

struct referral_auth_config;
struct referral_status;

/* Called for each part of the answer: kind is a word, words are "key=value",
   tab-escaped, each with a TAB before it. Then once with kind NULL and the
   words of the whole. */
typedef void referral_status_callback_t(const char *kind, const char *words,
					void *context);

/* The callback is never called from inside this call and never after cancel;
   with the configuration's deinit at the latest. */
struct referral_status *
referral_status_start(struct referral_auth_config *config,
		      referral_status_callback_t *callback, void *context);
void referral_status_cancel(struct referral_status **status);

#endif
