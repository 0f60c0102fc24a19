/* DNS without servers: see fake-dns.h. */

#include "lib.h"
#include "fake-dns.h"

struct referral_dns_lookup {
	struct referral_dns_lookup *next;
	char *host;
	unsigned int timeout_msecs;

	referral_dns_callback_t *callback;
	void *context;
};

unsigned int fake_dns_waiting, fake_dns_count, fake_dns_abort_count;

static struct referral_dns_lookup *fake_dns_lookups;

struct referral_dns_lookup *
referral_dns_lookup(struct event *event ATTR_UNUSED,
		    const char *socket_path ATTR_UNUSED,
		    const char *host, unsigned int timeout_msecs,
		    referral_dns_callback_t *callback, void *context)
{
	struct referral_dns_lookup *lookup, **tail = &fake_dns_lookups;

	lookup = i_new(struct referral_dns_lookup, 1);
	lookup->host = i_strdup(host);
	lookup->timeout_msecs = timeout_msecs;
	lookup->callback = callback;
	lookup->context = context;

	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = lookup;
	fake_dns_waiting++;
	fake_dns_count++;
	return lookup;
}

static void fake_dns_free(struct referral_dns_lookup *lookup)
{
	struct referral_dns_lookup **pos = &fake_dns_lookups;

	while (*pos != lookup)
		pos = &(*pos)->next;
	*pos = lookup->next;
	fake_dns_waiting--;
	i_free(lookup->host);
	i_free(lookup);
}

void referral_dns_lookup_abort(struct referral_dns_lookup **lookup)
{
	if (*lookup == NULL)
		return;
	fake_dns_free(*lookup);
	fake_dns_abort_count++;
	*lookup = NULL;
}

const char *fake_dns_get_host(void)
{
	i_assert(fake_dns_lookups != NULL);
	return fake_dns_lookups->host;
}

unsigned int fake_dns_get_timeout(void)
{
	i_assert(fake_dns_lookups != NULL);
	return fake_dns_lookups->timeout_msecs;
}

void fake_dns_answer(const char *str)
{
	const char *const *names = t_strsplit_spaces(str, " ");
	unsigned int i, count = str_array_length(names);
	struct ip_addr *ips = t_new(struct ip_addr, count + 1);
	referral_dns_callback_t *callback;
	void *context;

	for (i = 0; i < count; i++) {
		if (net_addr2ip(names[i], &ips[i]) < 0)
			i_unreached();
	}
	i_assert(fake_dns_lookups != NULL);
	callback = fake_dns_lookups->callback;
	context = fake_dns_lookups->context;
	fake_dns_free(fake_dns_lookups);
	callback(count == 0 ? NULL : ips, count,
		 count == 0 ? "fake error" : NULL, context);
}
