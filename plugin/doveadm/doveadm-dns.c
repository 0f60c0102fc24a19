/* The names of directory servers, for a process that may wait: so it works
   while Dovecot, and its dns-client, are down. */

#include "lib.h"
#include "ioloop.h"
#include "net.h"
#include "compat-dns.h"

struct referral_dns_lookup {
	struct timeout *to;
	char *host;
	referral_dns_callback_t *callback;
	void *context;
};

static void doveadm_dns_timeout(struct referral_dns_lookup *lookup)
{
	referral_dns_callback_t *callback = lookup->callback;
	void *context = lookup->context;
	struct ip_addr *ips;
	unsigned int count;
	int ret;

	T_BEGIN {
		ret = net_gethostbyname(lookup->host, &ips, &count);
		referral_dns_lookup_abort(&lookup);
		if (ret == 0)
			callback(ips, count, NULL, context);
		else
			callback(NULL, 0, net_gethosterror(ret), context);
	} T_END;
}

struct referral_dns_lookup *
referral_dns_lookup(struct event *event ATTR_UNUSED,
		    const char *socket_path ATTR_UNUSED, const char *host,
		    unsigned int timeout_msecs ATTR_UNUSED,
		    referral_dns_callback_t *callback, void *context)
{
	struct referral_dns_lookup *lookup;

	lookup = i_new(struct referral_dns_lookup, 1);
	lookup->host = i_strdup(host);
	lookup->callback = callback;
	lookup->context = context;
	lookup->to = timeout_add_short(0, doveadm_dns_timeout, lookup);
	return lookup;
}

void referral_dns_lookup_abort(struct referral_dns_lookup **_lookup)
{
	struct referral_dns_lookup *lookup = *_lookup;

	*_lookup = NULL;
	if (lookup == NULL)
		return;
	timeout_remove(&lookup->to);
	i_free(lookup->host);
	i_free(lookup);
}
