/* Dovecot up to 2.4.1: dns_lookup() is told everything by its caller. In
   parentheses it is the function, not the macro, which wants a function's name
   as callback. */

#include "lib.h"
#include "compat-dns-private.h"

int referral_compat_dns_lookup(struct event *event, const char *socket_path,
			       const char *host,
			       dns_lookup_callback_t *callback, void *context,
			       struct dns_lookup **lookup_r)
{
	const struct dns_lookup_settings set = {
		.dns_client_socket_path = socket_path,
		.event_parent = event,
	};

	return (dns_lookup)(host, &set, callback, context, lookup_r);
}
