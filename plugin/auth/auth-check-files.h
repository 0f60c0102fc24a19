#ifndef REFERRAL_AUTH_CHECK_FILES_H
#define REFERRAL_AUTH_CHECK_FILES_H

struct event;

/* Warn if referral_ldap_auth_dn_password stands in a configuration file that
   everybody on this machine can read. Reads files: only before there are
   logins. */
void referral_auth_check_files(struct event *event);

#endif
