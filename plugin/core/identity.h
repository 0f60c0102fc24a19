#ifndef REFERRAL_IDENTITY_H
#define REFERRAL_IDENTITY_H

/* "Would a referral to this host come back to us?" (RFC 2221 section 3: do
   not refer to a server that will refer again.) */

#include "referral-decision.h"

struct referral_identity;

struct referral_identity_settings {
	/* referral_local_hosts: space-separated names, addresses, networks
	   and globs, each with an optional ":port". If not empty, only these
	   are us (a site behind a load balancer or NAT names itself). */
	const char *local_hosts;
	/* used when local_hosts is empty */
	const char *hostname, *fqdn;
	const struct ip_addr *own_ips;
	unsigned int own_ips_count;
	/* ports this server takes logins on; a host that names a port outside
	   them is not us. Empty: any port. */
	const in_port_t *own_ports;
	unsigned int own_ports_count;
};

/* Returns 0, or -1 and error_r that names referral_local_hosts. */
int referral_identity_create(pool_t pool,
			     const struct referral_identity_settings *set,
			     struct referral_identity **identity_r,
			     const char **error_r);
/* By name, address, case, trailing dot, glob; loopback addresses and
   "localhost" are always us. */
bool referral_identity_matches(const struct referral_identity *identity,
			       const struct referral_host *host);
/* Does an address that host resolves to belong to us? host's port counts. */
bool referral_identity_matches_ip(const struct referral_identity *identity,
				  const struct referral_host *host,
				  const struct ip_addr *ip);

#endif
