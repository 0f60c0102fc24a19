#ifndef REFERRAL_HOST_PATTERN_H
#define REFERRAL_HOST_PATTERN_H

/* Names, globs, addresses and networks in referral_local_hosts and
   referral_allowed_hosts. */

#include "referral-decision.h"

struct referral_host_pattern {
	/* lower case, of names only, except that "*" matches addresses too;
	   NULL for an address or a network */
	const char *glob;
	/* glob has no "*" and no "?" */
	bool literal;
	struct ip_addr net;
	unsigned int net_bits;
	/* 0 if none was named */
	in_port_t port;
};
ARRAY_DEFINE_TYPE(referral_host_pattern, struct referral_host_pattern);

/* Parse one "name[:port]", "glob[:port]" ("*" and "?"), "address[:port]" or
   "network/bits". A glob that can match no host is an error. Returns 0, or
   -1 and error_r (static). */
int referral_host_pattern_parse(pool_t pool, const char *str,
				struct referral_host_pattern *pattern_r,
				const char **error_r);
/* Append the space-separated patterns of str. Returns 0, or -1 and error_r
   that names the setting. */
int referral_host_patterns_parse(pool_t pool, const char *setting,
				 const char *str,
				 ARRAY_TYPE(referral_host_pattern) *patterns,
				 const char **error_r);

/* The port is not looked at. */
bool referral_host_pattern_match(const struct referral_host_pattern *pattern,
				 const struct referral_host *host);
bool referral_host_pattern_match_ip(const struct referral_host_pattern *pattern,
				    const struct ip_addr *ip);

#endif
