#ifndef REFERRAL_LOOKUP_COMPARE_H
#define REFERRAL_LOOKUP_COMPARE_H

/* Do all servers of the directory say the same about a user? One that lags
   behind sends people where they have just come from. */

#include "referral-decision.h"

struct event;
struct referral_directory_settings;
struct referral_user;
struct referral_question;
struct lookup_servers;
struct lookup_compare;

/* result is valid during the call only. It is what those say that have
   answered: the same; or what the newest entry says, if its age can be told,
   and in "late" who said something else; or _DISAGREE and an error that names
   two of them and what they say. _UNAVAILABLE if none has answered. */
typedef void
lookup_compare_callback_t(struct referral_lookup_result *result, void *context);

/* A client for each server of referral_ldap_uris, which connects when it is
   asked for the first time. Returns 0 and servers_r, NULL if there are not
   several servers; or -1 and error_r. */
int referral_lookup_servers_init(struct event *event_parent,
				 const struct referral_directory_settings *set,
				 const char *dns_client_socket_path,
				 struct lookup_servers **servers_r,
				 const char **error_r);
/* None of their comparisons may be under way. */
void referral_lookup_servers_deinit(struct lookup_servers **servers);

/* Ask them all. The callback is called exactly once, never from inside this
   call and never after cancel: when all have answered, or when one has and the
   others took more than a second; these are left out for a while. */
struct lookup_compare *
referral_lookup_compare_start(struct lookup_servers *servers,
			      const struct referral_question *question,
			      const struct referral_user *user,
			      lookup_compare_callback_t *callback,
			      void *context);
void referral_lookup_compare_cancel(struct lookup_compare **compare);

#endif
