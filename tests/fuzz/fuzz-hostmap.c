/* host map, allowed hosts, hosts ...: a map has no chains, and both agree with
   themselves. */

#include "lib.h"
#include "hostmap.h"
#include "mailhost.h"
#include "fuzz.h"

static bool same_name(const struct referral_host *host1,
		      const struct referral_host *host2)
{
	return strcmp(host1->name, host2->name) == 0;
}

static void check_host(const struct referral_hostmap *map,
		       const struct referral_hostglobs *globs,
		       const char *value)
{
	struct referral_host host, target, again;
	const char *error;

	if (referral_mailhost_parse(pool_datastack_create(), value, &host,
				    &error) < 0)
		return;
	(void)referral_hostmap_lookup(map, &host, &target);
	FUZZ_REQUIRE(referral_mailhost_parse(
		pool_datastack_create(), referral_host_to_string(&target, 0),
		&again, &error) == 0);
	FUZZ_REQUIRE(referral_host_equals(&target, &again));
	/* what is told to clients is not mapped once more */
	if (!same_name(&host, &target)) {
		(void)referral_hostmap_lookup(map, &target, &again);
		FUZZ_REQUIRE(referral_host_equals(&target, &again));
	}
	FUZZ_REQUIRE(!referral_hostglobs_match(globs, &host) ||
		     !referral_hostglobs_is_empty(globs));
}

void fuzz_run(const char *const *lines)
{
	struct referral_hostmap *map;
	struct referral_hostglobs *globs;
	const char *const *hosts, *error = NULL;
	const char *map_str = fuzz_line(lines, 0);

	if (referral_hostmap_create(pool_datastack_create(), map_str, &map,
				    &error) < 0 ||
	    referral_hostglobs_create(pool_datastack_create(), "referral_x",
				      fuzz_line(lines, 1), &globs,
				      &error) < 0) {
		FUZZ_REQUIRE(strncmp(error, "referral_", 9) == 0);
		FUZZ_REQUIRE(fuzz_is_printable(error));
		return;
	}
	(void)referral_hostmap_check(map, NULL, globs, &error);
	for (hosts = t_strsplit_spaces(map_str, " \t="); *hosts != NULL;
	     hosts++)
		check_host(map, globs, *hosts);
	for (hosts = lines; *hosts != NULL; hosts++)
		check_host(map, globs, *hosts);
}
