#ifndef REFERRAL_SRV_H
#define REFERRAL_SRV_H

/* The servers of a domain, as DNS names them (RFC 2782). */

#include "net.h"

struct referral_srv_record {
	uint16_t priority, weight;
	in_port_t port;
	/* without a trailing dot */
	const char *host;
};
ARRAY_DEFINE_TYPE(referral_srv_record, struct referral_srv_record);

/* Read the answer to a question for SRV records, as it came from the network.
   Appends what is usable to records, allocated from pool, and sets ttl_secs_r
   to the shortest TTL of them. A host name that could not be a referral's, and
   ".", which says that there is no such service, are left out. Returns 0, or -1
   and error_r: not a DNS answer, or nothing usable in it. */
int referral_srv_parse(pool_t pool, const unsigned char *data, size_t size,
		       ARRAY_TYPE(referral_srv_record) *records,
		       unsigned int *ttl_secs_r, const char **error_r);

/* A number of 0 to limit-1 */
typedef unsigned int referral_srv_random_t(unsigned int limit);

/* In the order in which they are to be tried: by priority, and within one
   priority by chance, so that each is the first as often as its weight says. */
void referral_srv_order(ARRAY_TYPE(referral_srv_record) *records,
			referral_srv_random_t *random);

#endif
