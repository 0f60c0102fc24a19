/* Counts home servers. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "net.h"
#include "identity.h"
#include "keyhash.h"
#include "mailhost.h"
#include "doveadm-hosts.h"

/* A directory with more home servers than this is broken. */
#define HOSTS_MAX_COUNT 20000

struct referral_hosts {
	pool_t pool;
	const struct referral_entry_rules *rules;
	HASH_TABLE(char *, struct referral_hosts_host *) hosts;
	unsigned int users_without;
	/* given back when there are too many */
	struct referral_hosts_host other;
};

struct referral_hosts *
referral_hosts_init(const struct referral_entry_rules *rules)
{
	struct referral_hosts *hosts;
	pool_t pool;

	pool = pool_alloconly_create("referral hosts", 1024);
	hosts = p_new(pool, struct referral_hosts, 1);
	hosts->pool = pool;
	hosts->rules = rules;
	hash_table_create(&hosts->hosts, pool, 0, referral_keyhash_str, strcmp);
	return hosts;
}

void referral_hosts_deinit(struct referral_hosts **_hosts)
{
	struct referral_hosts *hosts = *_hosts;

	*_hosts = NULL;
	hash_table_destroy(&hosts->hosts);
	pool_unref(&hosts->pool);
}

static struct referral_hosts_host *
hosts_get(struct referral_hosts *hosts, const struct referral_host *home,
	  bool here)
{
	struct referral_hosts_host *host;
	const char *name = referral_host_to_string(home, REFERRAL_IMAP_PORT);
	char *key;

	host = hash_table_lookup(hosts->hosts, name);
	if (host != NULL)
		return host;
	if (hash_table_count(hosts->hosts) >= HOSTS_MAX_COUNT) {
		i_zero(&hosts->other);
		return &hosts->other;
	}
	key = p_strdup(hosts->pool, name);
	host = p_new(hosts->pool, struct referral_hosts_host, 1);
	host->name = key;
	host->here = here;
	hash_table_insert(hosts->hosts, key, host);
	return host;
}

const struct referral_hosts_host *
referral_hosts_add(struct referral_hosts *hosts,
		   const struct referral_host *home, bool here)
{
	struct referral_hosts_host *host = hosts_get(hosts, home, here);

	if (host == &hosts->other)
		hosts->users_without++;
	else
		host->users++;
	return host;
}

static void
hosts_resolve(const struct referral_hosts *hosts,
	      const struct referral_host *home,
	      struct referral_hosts_host *host)
{
	struct ip_addr *ips;
	unsigned int i, count;

	host->looked_up = TRUE;
	if (net_gethostbyname(home->name, &ips, &count) != 0)
		return;
	host->resolves = TRUE;
	for (i = 0; i < count; i++) {
		if (referral_identity_matches_ip(hosts->rules->identity, home,
						 &ips[i], home->port))
			host->resolves_here = TRUE;
	}
}

const struct referral_hosts_host *
referral_hosts_lookup(struct referral_hosts *hosts,
		      const struct referral_host *home, bool here)
{
	struct referral_hosts_host *host = hosts_get(hosts, home, here);

	if (!host->looked_up && !here && home->ip.family == 0 &&
	    host != &hosts->other) T_BEGIN {
		hosts_resolve(hosts, home, host);
	} T_END;
	return host;
}

static int
hosts_cmp(struct referral_hosts_host *const *host1,
	  struct referral_hosts_host *const *host2)
{
	if ((*host1)->users != (*host2)->users)
		return (*host1)->users > (*host2)->users ? -1 : 1;
	return strcmp((*host1)->name, (*host2)->name);
}

unsigned int referral_hosts_list(struct referral_hosts *hosts,
				 referral_hosts_callback_t *callback,
				 void *context)
{
	ARRAY(struct referral_hosts_host *) list;
	struct hash_iterate_context *iter;
	struct referral_hosts_host *host;
	char *key;

	p_array_init(&list, hosts->pool, hash_table_count(hosts->hosts) + 1);
	iter = hash_table_iterate_init(hosts->hosts);
	while (hash_table_iterate(iter, hosts->hosts, &key, &host))
		array_push_back(&list, &host);
	hash_table_iterate_deinit(&iter);
	array_sort(&list, hosts_cmp);
	array_foreach_elem(&list, host)
		callback(host, context);
	return hosts->users_without;
}
