/* Dovecot 2.4.2 and later: dns_lookup() reads its settings. In parentheses it
   is the function, not the macro, which wants a function's name as callback. */

#include "lib.h"
#include "compat-dns-private.h"

int referral_compat_dns_lookup(struct event *event,
			       const char *socket_path ATTR_UNUSED,
			       const char *host,
			       dns_lookup_callback_t *callback, void *context,
			       struct dns_lookup **lookup_r)
{
	return (dns_lookup)(host, NULL, event, callback, context, lookup_r);
}
