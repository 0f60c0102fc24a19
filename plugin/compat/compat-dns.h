#ifndef REFERRAL_COMPAT_DNS_H
#define REFERRAL_COMPAT_DNS_H

/* Asynchronous DNS through Dovecot's dns-client service: one contract over
   what differs between the generations of its library. */

#include "net.h"

struct event;
struct referral_dns_lookup;

/* Success: ips_count > 0 and error is NULL. Else ips_count is 0 and error is a
   printable cause without the host's name. Valid during the call only; the
   lookup is gone before. */
typedef void
referral_dns_callback_t(const struct ip_addr *ips, unsigned int ips_count,
			const char *error, void *context);

/* All addresses of host. The callback is called exactly once, never from
   inside this call and never after abort; at the latest after timeout_msecs.
   socket_path is the dns-client's; from Dovecot 2.4.2 on the setting
   dns_client_socket_path, found through event, says it instead. */
struct referral_dns_lookup *
referral_dns_lookup(struct event *event, const char *socket_path,
		    const char *host, unsigned int timeout_msecs,
		    referral_dns_callback_t *callback, void *context);
void referral_dns_lookup_abort(struct referral_dns_lookup **lookup);

#endif
