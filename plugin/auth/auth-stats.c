/* The counters of caches and mirrors, for whoever asks by signal. */

#include "auth-common.h"
#include "lib-signals.h"
#include "cache.h"
#include "lookup.h"
#include "mirror.h"
#include "auth-config.h"
#include "auth-directories.h"
#include "auth-stats.h"

static void
referral_auth_stats_log_mirror(const struct referral_auth_config *config,
			       const struct referral_mirror *mirror,
			       const char *prefix)
{
	struct referral_mirror_status status;
	const char *contact = "never";

	referral_mirror_get_status(mirror, &status);
	if (status.have_contact) {
		contact = t_strdup_printf("%u s ago",
					  status.contact_age_secs);
	}
	e_info(config->event, "%smirror: %s, server %s, contact %s, "
	       "users %u, bytes %zu, hits %"PRIu64", misses %"PRIu64", "
	       "changes %"PRIu64", lost %u", prefix, status.state,
	       status.server == NULL ? "none" : status.server, contact,
	       status.users, status.bytes, status.answers, status.questions,
	       status.changes, status.lost);
}

static void
referral_auth_stats_log_one(const struct referral_auth_config *config,
			    unsigned int idx)
{
	const char *name;
	const struct referral_lookup *lookup =
		referral_auth_directories_get(config->directories, idx, &name);
	const struct referral_mirror *mirror =
		referral_auth_directories_get_mirror(config->directories, idx);
	const struct referral_cache_stats *stats;
	const char *prefix = *name == '\0' ? "" :
		t_strdup_printf("referral_directory %s: ", name);

	if (lookup == NULL)
		return;
	stats = referral_lookup_get_cache_stats(lookup);
	e_info(config->event, "%scache: hits %"PRIu64", "
	       "misses %"PRIu64", stale %"PRIu64", evicted %"PRIu64", "
	       "entries %u, bytes %zu", prefix,
	       stats->hits, stats->misses, stats->stale, stats->evictions,
	       stats->entries, stats->bytes);
	if (mirror != NULL)
		referral_auth_stats_log_mirror(config, mirror, prefix);
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
