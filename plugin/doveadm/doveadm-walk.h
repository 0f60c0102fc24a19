#ifndef REFERRAL_DOVEADM_WALK_H
#define REFERRAL_DOVEADM_WALK_H

#include "doveadm-directory.h"

struct event;
struct referral_directory_settings;

/* Read all entries of one directory that any user could be found by: those
   that referral_ldap_filter matches with any user in it. Runs the current
   ioloop. Returns 0, or -1 and error_r (data stack). */
int referral_walk(struct event *event,
		  const struct referral_directory_settings *set,
		  referral_directory_entry_t *callback, void *context,
		  const char **error_r);

#endif
