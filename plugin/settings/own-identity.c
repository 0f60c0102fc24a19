/* What this server is called, unless the settings say so. */

#include "lib.h"
#include "array.h"
#include "hostpid.h"
#include "net.h"
#include "identity.h"
#include "referral-settings.h"
#include "own-identity.h"

#include <ifaddrs.h>
#include <netinet/in.h>

static bool
referral_sockaddr_to_ip(const struct sockaddr *addr, struct ip_addr *ip_r)
{
	i_zero(ip_r);
	switch (addr == NULL ? AF_UNSPEC : addr->sa_family) {
	case AF_INET:
		ip_r->family = AF_INET;
		ip_r->u.ip4 = ((const struct sockaddr_in *)addr)->sin_addr;
		return TRUE;
	case AF_INET6:
		ip_r->family = AF_INET6;
		ip_r->u.ip6 = ((const struct sockaddr_in6 *)addr)->sin6_addr;
		return TRUE;
	}
	return FALSE;
}

static unsigned int
referral_own_ips_get(pool_t pool, struct event *event,
		     const struct ip_addr **ips_r)
{
	ARRAY_TYPE(ip_addr) ips;
	struct ifaddrs *ifaddrs, *ifa;
	unsigned int count;

	p_array_init(&ips, pool, 8);
	if (getifaddrs(&ifaddrs) < 0) {
		e_error(event, "getifaddrs() failed: %m "
			"(set referral_local_hosts)");
	} else {
		for (ifa = ifaddrs; ifa != NULL; ifa = ifa->ifa_next) {
			struct ip_addr ip;

			if (referral_sockaddr_to_ip(ifa->ifa_addr, &ip))
				array_push_back(&ips, &ip);
		}
		freeifaddrs(ifaddrs);
	}
	*ips_r = array_get(&ips, &count);
	return count;
}

int referral_own_identity_create(pool_t pool, struct event *event,
				 const struct referral_settings *set,
				 struct referral_identity **identity_r,
				 const char **error_r)
{
	struct referral_identity_settings id_set;

	i_zero(&id_set);
	id_set.local_hosts = set->referral_local_hosts;
	if (*id_set.local_hosts == '\0') {
		id_set.hostname = my_hostname;
		/* resolves names */
		id_set.fqdn = my_hostdomain();
		id_set.own_ips_count =
			referral_own_ips_get(pool, event, &id_set.own_ips);
	}
	return referral_identity_create(pool, &id_set, identity_r, error_r);
}
