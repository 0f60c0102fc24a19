/* Addresses of home servers: dns-client, a small cache, equal questions
   merged. */

#include "lib.h"
#include "hash.h"
#include "ioloop.h"
#include "lib-event.h"
#include "llist.h"
#include "compat-dns.h"
#include "keyhash.h"
#include "resolve.h"

#define RESOLVE_TIMEOUT_MSECS 1000
#define RESOLVE_TTL_SECS 60
#define RESOLVE_NEGATIVE_TTL_SECS 10
/* Addresses outlive DNS trouble for so long: without them a server would not
   know itself any more and send its users away, to itself. */
#define RESOLVE_STALE_TTL_SECS (60 * 60)
/* The directory decides how many names there are. */
#define RESOLVE_MAX_HOSTS 1000
#define RESOLVE_MAX_LOOKUPS 64
#define RESOLVE_MAX_IPS 64

struct referral_resolver {
	struct event *event;
	char *dns_client_socket_path;

	HASH_TABLE(char *, struct resolve_host *) hosts;
	/* the most recently used one is the first */
	struct resolve_host *head, *tail;
	unsigned int lookups_count;
};

struct resolve_host {
	struct resolve_host *prev, *next;
	struct referral_resolver *resolver;
	char *name;

	struct referral_dns_lookup *dns;
	/* the answer is here already, but not yet told; or it has to wait for
	   other lookups to end, but not for ever */
	struct timeout *to;
	bool waiting;
	struct referral_resolve_request *requests_head, *requests_tail;
	/* what comes while callbacks are called waits for the next round */
	unsigned int round;
	bool telling;

	/* the last answer is good until then; 0 if there is none */
	time_t expires;
	/* when DNS last knew the addresses */
	time_t resolved;
	struct ip_addr *ips;
	unsigned int ips_count;
	/* NULL if ips_count > 0 */
	char *error;
};

struct referral_resolve_request {
	struct referral_resolve_request *prev, *next;
	struct resolve_host *host;
	unsigned int round;

	referral_resolve_callback_t *callback;
	void *context;
};

struct referral_resolver *
referral_resolver_init(struct event *event_parent,
		       const char *dns_client_socket_path)
{
	struct referral_resolver *resolver;

	resolver = i_new(struct referral_resolver, 1);
	resolver->event = event_create(event_parent);
	resolver->dns_client_socket_path = i_strdup(dns_client_socket_path);
	hash_table_create(&resolver->hosts, default_pool, 0,
			  referral_keyhash_str, strcmp);
	return resolver;
}

static void resolve_host_free(struct resolve_host *host)
{
	struct referral_resolver *resolver = host->resolver;

	i_assert(host->requests_head == NULL && host->dns == NULL);
	timeout_remove(&host->to);
	hash_table_remove(resolver->hosts, host->name);
	DLLIST2_REMOVE(&resolver->head, &resolver->tail, host);
	i_free(host->ips);
	i_free(host->error);
	i_free(host->name);
	i_free(host);
}

static void
resolve_host_tell(struct resolve_host *host, const struct ip_addr *ips,
		  unsigned int ips_count, const char *error)
{
	struct referral_resolve_request *request;
	unsigned int round = host->round++;

	host->telling = TRUE;
	while ((request = host->requests_head) != NULL &&
	       request->round == round) {
		referral_resolve_callback_t *callback = request->callback;
		void *context = request->context;

		DLLIST2_REMOVE(&host->requests_head, &host->requests_tail,
			       request);
		i_free(request);
		callback(ips, ips_count, error, context);
	}
	host->telling = FALSE;
}

void referral_resolver_deinit(struct referral_resolver **_resolver)
{
	struct referral_resolver *resolver = *_resolver;
	struct resolve_host *host;

	*_resolver = NULL;
	if (resolver == NULL)
		return;
	while ((host = resolver->head) != NULL) {
		referral_dns_lookup_abort(&host->dns);
		while (host->requests_head != NULL) {
			resolve_host_tell(host, NULL, 0,
				"DNS lookup aborted: shutting down");
		}
		/* a callback may have asked again */
		referral_dns_lookup_abort(&host->dns);
		resolve_host_free(host);
	}
	hash_table_destroy(&resolver->hosts);
	event_unref(&resolver->event);
	i_free(resolver->dns_client_socket_path);
	i_free(resolver);
}

static bool resolve_host_is_fresh(const struct resolve_host *host)
{
	/* the second comparison: the clock was set back */
	return ioloop_time < host->expires &&
		host->expires - ioloop_time <= RESOLVE_TTL_SECS;
}

static void
resolve_host_succeeded(struct resolve_host *host, const struct ip_addr *ips,
		       unsigned int ips_count)
{
	i_free(host->ips);
	i_free(host->error);
	host->ips_count = I_MIN(ips_count, RESOLVE_MAX_IPS);
	host->ips = i_new(struct ip_addr, host->ips_count);
	memcpy(host->ips, ips, sizeof(*ips) * host->ips_count);
	host->resolved = ioloop_time;
	host->expires = ioloop_time + RESOLVE_TTL_SECS;
}

static void resolve_host_failed(struct resolve_host *host, const char *error)
{
	host->expires = ioloop_time + RESOLVE_NEGATIVE_TTL_SECS;
	if (host->ips_count > 0 &&
	    ioloop_time - host->resolved < RESOLVE_STALE_TTL_SECS)
		return;
	i_free(host->ips);
	host->ips_count = 0;
	i_free(host->error);
	host->error = i_strdup(error);
}

static void resolve_host_timeout(struct resolve_host *host)
{
	timeout_remove(&host->to);
	host->waiting = FALSE;
	if (host->expires == 0) {
		resolve_host_tell(host, NULL, 0,
				  "too many DNS lookups at the same time");
	} else {
		resolve_host_tell(host, host->ips, host->ips_count,
				  host->error);
	}
}

static void resolver_start_waiting(struct referral_resolver *resolver);

static void
resolve_dns_callback(const struct ip_addr *ips, unsigned int ips_count,
		     const char *error, void *context)
{
	struct resolve_host *host = context;
	struct referral_resolver *resolver = host->resolver;

	host->dns = NULL;
	resolver->lookups_count--;
	resolver_start_waiting(resolver);
	if (error == NULL)
		resolve_host_succeeded(host, ips, ips_count);
	else {
		e_debug(resolver->event,
			"DNS lookup of %s failed: %s", host->name, error);
		resolve_host_failed(host, error);
	}
	resolve_host_tell(host, host->ips, host->ips_count, host->error);
}

static void resolve_host_used(struct resolve_host *host)
{
	struct referral_resolver *resolver = host->resolver;

	if (resolver->head == host)
		return;
	DLLIST2_REMOVE(&resolver->head, &resolver->tail, host);
	DLLIST2_PREPEND(&resolver->head, &resolver->tail, host);
}

/* Make room for one more, if possible: hosts that someone waits for stay. */
static void resolver_evict(struct referral_resolver *resolver)
{
	struct resolve_host *host = resolver->tail, *prev;

	while (host != NULL &&
	       hash_table_count(resolver->hosts) >= RESOLVE_MAX_HOSTS) {
		prev = host->prev;
		if (host->dns == NULL && host->requests_head == NULL &&
		    !host->telling)
			resolve_host_free(host);
		host = prev;
	}
}

static struct resolve_host *
resolve_host_get(struct referral_resolver *resolver, const char *name)
{
	struct resolve_host *host;

	host = hash_table_lookup(resolver->hosts, name);
	if (host != NULL) {
		resolve_host_used(host);
		return host;
	}

	resolver_evict(resolver);
	host = i_new(struct resolve_host, 1);
	host->resolver = resolver;
	host->name = i_strdup(name);
	hash_table_insert(resolver->hosts, host->name, host);
	DLLIST2_PREPEND(&resolver->head, &resolver->tail, host);
	return host;
}

bool referral_resolve_cached(struct referral_resolver *resolver,
			     const char *name, const struct ip_addr **ips_r,
			     unsigned int *ips_count_r)
{
	struct resolve_host *host = hash_table_lookup(resolver->hosts, name);

	if (host == NULL || !resolve_host_is_fresh(host))
		return FALSE;
	resolve_host_used(host);
	*ips_r = host->ips;
	*ips_count_r = host->ips_count;
	return TRUE;
}

static void resolve_host_ask(struct resolve_host *host)
{
	struct referral_resolver *resolver = host->resolver;

	if (host->dns != NULL || host->to != NULL)
		return;
	if (resolve_host_is_fresh(host)) {
		host->to = timeout_add_short(0, resolve_host_timeout, host);
		return;
	}
	if (resolver->lookups_count >= RESOLVE_MAX_LOOKUPS) {
		host->waiting = TRUE;
		host->to = timeout_add(RESOLVE_TIMEOUT_MSECS,
				       resolve_host_timeout, host);
		return;
	}
	resolver->lookups_count++;
	host->dns = referral_dns_lookup(resolver->event,
					resolver->dns_client_socket_path,
					host->name, RESOLVE_TIMEOUT_MSECS,
					resolve_dns_callback, host);
}

static void resolver_start_waiting(struct referral_resolver *resolver)
{
	struct resolve_host *host;

	for (host = resolver->tail; host != NULL; host = host->prev) {
		if (resolver->lookups_count >= RESOLVE_MAX_LOOKUPS)
			break;
		if (host->waiting) {
			host->waiting = FALSE;
			timeout_remove(&host->to);
			resolve_host_ask(host);
		}
	}
}

struct referral_resolve_request *
referral_resolve_start(struct referral_resolver *resolver, const char *name,
		       referral_resolve_callback_t *callback, void *context)
{
	struct resolve_host *host = resolve_host_get(resolver, name);
	struct referral_resolve_request *request;

	request = i_new(struct referral_resolve_request, 1);
	request->host = host;
	request->round = host->round;
	request->callback = callback;
	request->context = context;
	DLLIST2_APPEND(&host->requests_head, &host->requests_tail, request);

	resolve_host_ask(host);
	return request;
}

void referral_resolve_cancel(struct referral_resolve_request **_request)
{
	struct referral_resolve_request *request = *_request;
	struct resolve_host *host;

	*_request = NULL;
	if (request == NULL)
		return;
	host = request->host;
	DLLIST2_REMOVE(&host->requests_head, &host->requests_tail, request);
	i_free(request);
	/* the answer is kept though nobody waits for it any more */
}
