#ifndef REFERRAL_RESOLVE_H
#define REFERRAL_RESOLVE_H

/* referral_resolve_hosts: the addresses behind a mailHost, to see whether it
   is this server under another name. Asynchronous, remembered for a short time,
   equal questions merged. */

#include "net.h"

struct event;
struct referral_resolver;
struct referral_resolve_request;

/* Success: ips_count > 0 and error is NULL. Else ips_count is 0 and error is a
   printable cause: it is no match, and no failure of the login. Valid during
   the call only. */
typedef void
referral_resolve_callback_t(const struct ip_addr *ips, unsigned int ips_count,
			    const char *error, void *context);

/* dns_client_socket_path: see compat-dns.h */
struct referral_resolver *
referral_resolver_init(struct event *event_parent,
		       const char *dns_client_socket_path);
/* Pending requests are finished first, from inside this call, with an error.
   Not to be called from a callback. */
void referral_resolver_deinit(struct referral_resolver **resolver);

/* Returns TRUE if the answer is known: ips_r and ips_count_r, which is 0 if
   the name could not be resolved. They are valid until the next call into this
   resolver or the ioloop. host is a name in lower case. */
bool referral_resolve_cached(struct referral_resolver *resolver,
			     const char *host, const struct ip_addr **ips_r,
			     unsigned int *ips_count_r);
/* Ask. The callback is called exactly once, never from inside this call and
   never after cancel; at the latest after two seconds, of which one may be
   spent on waiting for other lookups to end. */
struct referral_resolve_request *
referral_resolve_start(struct referral_resolver *resolver, const char *host,
		       referral_resolve_callback_t *callback, void *context);
/* Others that ask the same are not disturbed. */
void referral_resolve_cancel(struct referral_resolve_request **request);

#endif
