/* The counters of the cache, for whoever asks by signal. */

#include "lib.h"
#include "lib-signals.h"
#include "cache.h"
#include "lookup.h"
#include "auth-stats.h"

static struct event *stats_event;
static struct referral_lookup *stats_lookup;

static void
referral_auth_stats_log(const siginfo_t *si ATTR_UNUSED,
			void *context ATTR_UNUSED)
{
	const struct referral_cache_stats *stats =
		referral_lookup_get_cache_stats(stats_lookup);

	e_info(stats_event, "referral: cache: hits %"PRIu64", "
	       "misses %"PRIu64", stale %"PRIu64", evicted %"PRIu64", "
	       "entries %u, bytes %zu",
	       stats->hits, stats->misses, stats->stale, stats->evictions,
	       stats->entries, stats->bytes);
}

void referral_auth_stats_init(struct event *event,
			      struct referral_lookup *lookup)
{
	if (lookup == NULL)
		return;
	stats_event = event;
	event_ref(stats_event);
	stats_lookup = lookup;
	lib_signals_set_handler(SIGUSR2, LIBSIG_FLAGS_SAFE,
				referral_auth_stats_log, NULL);
}

void referral_auth_stats_deinit(void)
{
	if (stats_lookup == NULL)
		return;
	lib_signals_unset_handler(SIGUSR2, referral_auth_stats_log, NULL);
	stats_lookup = NULL;
	event_unref(&stats_event);
}
