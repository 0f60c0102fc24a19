/* The counters of the caches, for whoever asks by signal. */

#include "auth-common.h"
#include "lib-signals.h"
#include "cache.h"
#include "lookup.h"
#include "auth-config.h"
#include "auth-directories.h"
#include "auth-stats.h"

static void
referral_auth_stats_log_one(const struct referral_auth_config *config,
			    unsigned int idx)
{
	const char *name;
	const struct referral_lookup *lookup =
		referral_auth_directories_get(config->directories, idx, &name);
	const struct referral_cache_stats *stats;

	if (lookup == NULL)
		return;
	stats = referral_lookup_get_cache_stats(lookup);
	e_info(config->event, "%s%s%scache: hits %"PRIu64", "
	       "misses %"PRIu64", stale %"PRIu64", evicted %"PRIu64", "
	       "entries %u, bytes %zu",
	       *name == '\0' ? "" : "referral_directory ", name,
	       *name == '\0' ? "" : ": ",
	       stats->hits, stats->misses, stats->stale, stats->evictions,
	       stats->entries, stats->bytes);
}

static void
referral_auth_stats_log(const siginfo_t *si ATTR_UNUSED, void *context)
{
	const struct referral_auth_config *config = context;
	unsigned int i, count =
		referral_auth_directories_count(config->directories);

	for (i = 0; i < count; i++)
		referral_auth_stats_log_one(config, i);
}

void referral_auth_stats_init(struct referral_auth_config *config)
{
	lib_signals_set_handler(SIGUSR2, LIBSIG_FLAGS_SAFE,
				referral_auth_stats_log, config);
}

void referral_auth_stats_deinit(struct referral_auth_config *config)
{
	lib_signals_unset_handler(SIGUSR2, referral_auth_stats_log, config);
}
