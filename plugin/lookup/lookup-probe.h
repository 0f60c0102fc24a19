#ifndef REFERRAL_LOOKUP_PROBE_H
#define REFERRAL_LOOKUP_PROBE_H

/* Is there anybody at all who has a home server? A mistyped attribute, or one
   that may not be read, looks like a directory in which everyone is at home
   everywhere: no server says a word about it. */

struct event;
struct referral_ldap_client;
struct referral_question;
struct lookup_probe;

/* Ask once, in the background; again later if no server can be asked. If there
   is nobody, a warning says so. NULL if a base of the searches depends on the
   user alone, so that there is no place to look. */
struct lookup_probe *
referral_lookup_probe_start(struct event *event,
			    struct referral_ldap_client *client,
			    const struct referral_question *question);
void referral_lookup_probe_stop(struct lookup_probe **probe);

#endif
