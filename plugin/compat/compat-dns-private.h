#ifndef REFERRAL_COMPAT_DNS_PRIVATE_H
#define REFERRAL_COMPAT_DNS_PRIVATE_H

#include "compat-dns.h"
#include "dns-lookup.h"

/* The library's dns_lookup(), without a timeout of ours. Implemented once for
   each of its two forms. Returns 0, or -1 if the callback was called with
   the failure already. */
int referral_compat_dns_lookup(struct event *event, const char *socket_path,
			       const char *host,
			       dns_lookup_callback_t *callback, void *context,
			       struct dns_lookup **lookup_r);

#endif
