#ifndef REFERRAL_HOSTMAP_H
#define REFERRAL_HOSTMAP_H

/* referral_host_map and referral_allowed_hosts: what the directory says and
   what clients are told. */

#include "referral-decision.h"

struct referral_identity;
struct referral_hostmap;
struct referral_hostglobs;

/* Space-separated "internal[:port]=public[:port]" pairs. Returns 0, or -1 and
   error_r that names referral_host_map: a pair that does not parse, the same
   internal host twice, a public host that is itself mapped to another one
   (a loop or a chain). */
int referral_hostmap_create(pool_t pool, const char *str,
			    struct referral_hostmap **map_r,
			    const char **error_r);
/* Returns 0, or -1 and error_r if a public host is this server. */
int referral_hostmap_check(const struct referral_hostmap *map,
			   const struct referral_identity *identity,
			   const char **error_r);
/* target_r = what clients are told for host: host itself if nothing is mapped.
   A pair without internal port matches every port; without a public port the
   host's own port is kept only if the internal side named none. */
void referral_hostmap_lookup(const struct referral_hostmap *map,
			     const struct referral_host *host,
			     struct referral_host *target_r);

/* Space-separated globs of host names ("*.example.com"), addresses and
   networks ("192.0.2.0/24"). setting names the setting in error_r. */
int referral_hostglobs_create(pool_t pool, const char *setting,
			      const char *str,
			      struct referral_hostglobs **globs_r,
			      const char **error_r);
bool referral_hostglobs_is_empty(const struct referral_hostglobs *globs);
bool referral_hostglobs_match(const struct referral_hostglobs *globs,
			      const struct referral_host *host);

#endif
