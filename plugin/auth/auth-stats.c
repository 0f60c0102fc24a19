/* The counters of the cache, for whoever asks by signal. */

#include "auth-common.h"
#include "lib-signals.h"
#include "cache.h"
#include "lookup.h"
#include "auth-config.h"
#include "auth-stats.h"

static void
referral_auth_stats_log(const siginfo_t *si ATTR_UNUSED, void *context)
{
	const struct referral_auth_config *config = context;
	const struct referral_cache_stats *stats =
		referral_lookup_get_cache_stats(config->lookup);

	e_info(config->event, "cache: hits %"PRIu64", "
	       "misses %"PRIu64", stale %"PRIu64", evicted %"PRIu64", "
	       "entries %u, bytes %zu",
	       stats->hits, stats->misses, stats->stale, stats->evictions,
	       stats->entries, stats->bytes);
}

void referral_auth_stats_init(struct referral_auth_config *config)
{
	if (config->lookup != NULL) {
		lib_signals_set_handler(SIGUSR2, LIBSIG_FLAGS_SAFE,
					referral_auth_stats_log, config);
	}
}

void referral_auth_stats_deinit(struct referral_auth_config *config)
{
	if (config->lookup != NULL) {
		lib_signals_unset_handler(SIGUSR2, referral_auth_stats_log,
					  config);
	}
}
