#ifndef REFERRAL_OWN_IDENTITY_H
#define REFERRAL_OWN_IDENTITY_H

struct event;
struct referral_identity;
struct referral_settings;

/* Who this server is: referral_local_hosts, or else its host name, its fully
   qualified name and its addresses. It may wait for DNS, so it is for the start
   of a process. Returns 0, or -1 and error_r that names the setting. */
int referral_own_identity_create(pool_t pool, struct event *event,
				 const struct referral_settings *set,
				 struct referral_identity **identity_r,
				 const char **error_r);

#endif
