/* DNS lookups: what all generations share. */

#include "lib.h"
#include "ioloop.h"
#include "compat-dns-private.h"

struct referral_dns_lookup {
	/* NULL once the library has answered */
	struct dns_lookup *dns;
	unsigned int timeout_msecs;
	struct timeout *to;
	/* set before the lookup exists for the caller */
	char *early_error;

	referral_dns_callback_t *callback;
	void *context;
};

static void referral_dns_lookup_free(struct referral_dns_lookup *lookup)
{
	timeout_remove(&lookup->to);
	i_free(lookup->early_error);
	i_free(lookup);
}

static void
referral_dns_lookup_finish(struct referral_dns_lookup *lookup,
			   const struct ip_addr *ips, unsigned int ips_count,
			   const char *error)
{
	referral_dns_callback_t *callback = lookup->callback;
	void *context = lookup->context;

	referral_dns_lookup_free(lookup);
	callback(ips, ips_count, error, context);
}

static void
referral_dns_lookup_callback(const struct dns_lookup_result *result,
			     void *context)
{
	struct referral_dns_lookup *lookup = context;
	const char *error = NULL;

	if (result->ret != 0)
		error = result->error;
	else if (result->ips_count == 0)
		error = "the name has no address";

	if (lookup->callback == NULL) {
		/* 2.4 calls back from inside abort */
	} else if (lookup->to == NULL) {
		/* still inside referral_dns_lookup() */
		lookup->early_error = i_strdup(error);
	} else {
		lookup->dns = NULL;
		referral_dns_lookup_finish(lookup,
			error != NULL ? NULL : result->ips,
			error != NULL ? 0 : result->ips_count, error);
	}
}

static void referral_dns_lookup_stop(struct referral_dns_lookup *lookup)
{
	referral_dns_callback_t *callback = lookup->callback;

	lookup->callback = NULL;
	if (lookup->dns != NULL)
		dns_lookup_abort(&lookup->dns);
	lookup->callback = callback;
}

static void referral_dns_lookup_timeout(struct referral_dns_lookup *lookup)
{
	referral_dns_lookup_stop(lookup);
	referral_dns_lookup_finish(lookup, NULL, 0, t_strdup_printf(
		"DNS lookup timed out after %u ms", lookup->timeout_msecs));
}

static void referral_dns_lookup_early(struct referral_dns_lookup *lookup)
{
	referral_dns_lookup_finish(lookup, NULL, 0,
				   t_strdup(lookup->early_error));
}

/* The dns-client's protocol is lines of words. */
static bool referral_dns_host_is_sendable(const char *host)
{
	const unsigned char *p = (const unsigned char *)host;

	for (; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f)
			return FALSE;
	}
	return host[0] != '\0';
}

struct referral_dns_lookup *
referral_dns_lookup(struct event *event, const char *socket_path,
		    const char *host, unsigned int timeout_msecs,
		    referral_dns_callback_t *callback, void *context)
{
	struct referral_dns_lookup *lookup;

	lookup = i_new(struct referral_dns_lookup, 1);
	lookup->timeout_msecs = timeout_msecs;
	lookup->callback = callback;
	lookup->context = context;

	if (!referral_dns_host_is_sendable(host))
		lookup->early_error = i_strdup("not a host name");
	else if (referral_compat_dns_lookup(event, socket_path, host,
					    referral_dns_lookup_callback,
					    lookup, &lookup->dns) < 0)
		lookup->dns = NULL;

	if (lookup->dns == NULL) {
		lookup->to = timeout_add_short(0, referral_dns_lookup_early,
					       lookup);
	} else {
		lookup->to = timeout_add(timeout_msecs,
					 referral_dns_lookup_timeout, lookup);
	}
	return lookup;
}

void referral_dns_lookup_abort(struct referral_dns_lookup **_lookup)
{
	struct referral_dns_lookup *lookup = *_lookup;

	*_lookup = NULL;
	if (lookup == NULL)
		return;
	referral_dns_lookup_stop(lookup);
	referral_dns_lookup_free(lookup);
}
