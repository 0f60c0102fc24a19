#ifndef REFERRAL_LDAP_SETTINGS_H
#define REFERRAL_LDAP_SETTINGS_H

/* From the administrator's settings to those of servers and connections. */

#include "ldap-client.h"
#include "ldap-servers.h"

/* Strings are allocated from pool. Returns 0, or -1 and error_r that names the
   setting. Either way referral_ldap_settings_deinit() is to be called. */
int referral_ldap_settings_init(pool_t pool,
				const struct referral_directory_settings *set,
				const char *dns_client_socket_path,
				struct referral_ldap_servers_settings *set_r,
				const char **error_r);
void referral_ldap_settings_deinit(struct referral_ldap_servers_settings *set);

#endif
