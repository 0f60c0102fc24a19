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
};

/* Returns 0, or -1 and error_r that names referral_local_hosts. */
int referral_identity_create(pool_t pool,
			     const struct referral_identity_settings *set,
			     struct referral_identity **identity_r,
			     const char **error_r);
/* By name, address, case, trailing dot, glob. Without local_hosts, loopback
   addresses and "localhost" are us too. If host names a port, that must be
   ours: the one in local_hosts, or else 143, 993 or local_port, the port that
   the client came in on (0 if not known). A host without a port is not us
   where local_hosts names a port other than 143 and 993: several servers share
   that name behind NAT. */
bool referral_identity_matches(const struct referral_identity *identity,
			       const struct referral_host *host,
			       in_port_t local_port);
/* Does ip, an address that host resolves to, belong to us? The port of host
   counts as above. */
bool referral_identity_matches_ip(const struct referral_identity *identity,
				  const struct referral_host *host,
				  const struct ip_addr *ip,
				  in_port_t local_port);

/* Which rule makes host this server, by its name or by one of ips, which it
   resolves to? In words, from the data stack; NULL if there is none. */
const char *
referral_identity_get_rule(const struct referral_identity *identity,
			   const struct referral_host *host,
			   const struct ip_addr *ips, unsigned int ips_count,
			   in_port_t local_port);

#endif
