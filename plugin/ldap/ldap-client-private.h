#ifndef REFERRAL_LDAP_CLIENT_PRIVATE_H
#define REFERRAL_LDAP_CLIENT_PRIVATE_H

#include "ldap-client.h"
#include "ldap-servers.h"

struct referral_ldap_client {
	pool_t pool;
	struct event *event;
	struct referral_ldap_servers_settings set;
	struct referral_ldap_servers *servers;

	struct referral_ldap_request *requests_head, *requests_tail;
	struct referral_ldap_request *queue_head, *queue_tail;
	unsigned int queue_count;
	struct referral_ldap_request *finished_head, *finished_tail;
	struct timeout *to_deadline, *to_finished;
	struct referral_ldap_stream *streams;
	bool deinitializing;
};

#endif
