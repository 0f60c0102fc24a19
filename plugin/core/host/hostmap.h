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
/* Returns 0, or -1 and error_r that names the settings: a public host is this
   server although its internal host is not, or it is not allowed. A pair whose
   both sides are this server is as it should be: all servers of a site share
   one map. NULL for identity or allowed: not checked. */
int referral_hostmap_check(const struct referral_hostmap *map,
			   const struct referral_identity *identity,
			   const struct referral_hostglobs *allowed,
			   const char **error_r);
/* target_r = what clients are told for host: host itself if nothing is mapped.
   A pair without internal port matches every port, but one that names host's
   port comes first; without a public port the host's own port is kept only if
   the internal side named none. Returns TRUE if a pair names target_r's port,
   FALSE if it is host's own. */
bool referral_hostmap_lookup(const struct referral_hostmap *map,
			     const struct referral_host *host,
			     struct referral_host *target_r);

/* Space-separated globs of host names ("*.example.com"), addresses and
   networks ("192.0.2.0/24"), all but networks with an optional ":port"; "*"
   matches addresses too. setting names the setting in error_r. */
int referral_hostglobs_create(pool_t pool, const char *setting,
			      const char *str,
			      struct referral_hostglobs **globs_r,
			      const char **error_r);
bool referral_hostglobs_is_empty(const struct referral_hostglobs *globs);
/* A glob that names a port matches only a host that names the same one. */
bool referral_hostglobs_match(const struct referral_hostglobs *globs,
			      const struct referral_host *host);

#endif
