/* referral_host_map and referral_allowed_hosts. */

#include "lib.h"
#include "array.h"
#include "host-pattern.h"
#include "identity.h"
#include "mailhost.h"
#include "hostmap.h"

#define MAP_SETTING "referral_host_map"

struct hostmap_pair {
	/* as written, for errors */
	const char *str;
	struct referral_host from, to;
};

struct referral_hostmap {
	ARRAY(struct hostmap_pair) pairs;
};

struct referral_hostglobs {
	ARRAY_TYPE(referral_host_pattern) patterns;
};

static bool same_name(const struct referral_host *host1,
		      const struct referral_host *host2)
{
	struct referral_host h1 = *host1, h2 = *host2;

	h1.port = h2.port = 0;
	return referral_host_equals(&h1, &h2);
}

static const char *pair_error(const char *pair, const char *error)
{
	return t_strdup_printf(MAP_SETTING": %s: %s",
			       referral_mailhost_sanitize(pair), error);
}

static int
parse_pair(pool_t pool, const char *str, struct hostmap_pair *pair_r,
	   const char **error_r)
{
	const char *eq = strchr(str, '='), *error;

	i_zero(pair_r);
	pair_r->str = p_strdup(pool, str);
	if (eq == NULL) {
		*error_r = "not an internal=public pair";
		return -1;
	}
	if (referral_mailhost_parse(pool, t_strdup_until(str, eq),
				    &pair_r->from, &error) < 0) {
		*error_r = t_strdup_printf("internal host: %s", error);
		return -1;
	}
	if (referral_mailhost_parse(pool, eq + 1, &pair_r->to, &error) < 0) {
		*error_r = t_strdup_printf("public host: %s", error);
		return -1;
	}
	if (pair_r->to.port == REFERRAL_IMAPS_PORT) {
		*error_r = "public host: a referral can't ask for TLS from "
			"the start, which port 993 needs: leave it out";
		return -1;
	}
	return 0;
}

/* Can what first yields be mapped once more by second, to something else? */
static bool
pair_leads_to(const struct hostmap_pair *first,
	      const struct hostmap_pair *second)
{
	const struct referral_host *mid = &first->to;
	bool any_port = first->from.port == 0 && mid->port == 0;

	if (!same_name(mid, &second->from))
		return FALSE;
	if (second->from.port != 0 && !any_port &&
	    second->from.port != mid->port)
		return FALSE;
	if (!same_name(mid, &second->to))
		return TRUE;
	/* the same name: is it the same port? */
	if (second->to.port == 0)
		return second->from.port != 0;
	return any_port || second->to.port != mid->port;
}

static int
check_pairs(const struct referral_hostmap *map, const char **error_r)
{
	const struct hostmap_pair *pair1, *pair2;

	array_foreach(&map->pairs, pair1) {
		array_foreach(&map->pairs, pair2) {
			if (pair1 != pair2 &&
			    referral_host_equals(&pair1->from, &pair2->from)) {
				*error_r = pair_error(pair2->str,
					"this internal host is mapped twice");
				return -1;
			}
			if (!same_name(&pair1->from, &pair1->to) &&
			    pair_leads_to(pair1, pair2)) {
				*error_r = pair_error(pair1->str,
					"its public host is mapped again");
				return -1;
			}
		}
	}
	return 0;
}

int referral_hostmap_create(pool_t pool, const char *str,
			    struct referral_hostmap **map_r,
			    const char **error_r)
{
	const char *const *strs = t_strsplit_spaces(str, " \t");
	struct referral_hostmap *map;
	struct hostmap_pair pair;
	const char *error;

	map = p_new(pool, struct referral_hostmap, 1);
	p_array_init(&map->pairs, pool, str_array_length(strs) + 1);
	for (; *strs != NULL; strs++) {
		if (parse_pair(pool, *strs, &pair, &error) < 0) {
			*error_r = pair_error(*strs, error);
			return -1;
		}
		array_push_back(&map->pairs, &pair);
	}
	if (check_pairs(map, error_r) < 0)
		return -1;
	*map_r = map;
	return 0;
}

int referral_hostmap_check(const struct referral_hostmap *map,
			   const struct referral_identity *identity,
			   const struct referral_hostglobs *allowed,
			   const char **error_r)
{
	const struct hostmap_pair *pair;
	struct referral_host from;

	array_foreach(&map->pairs, pair) {
		/* Only a client's connection can tell whether a port behind
		   NAT is ours. */
		from = pair->from;
		from.port = 0;
		if (identity != NULL &&
		    referral_identity_matches(identity, &pair->to, 0) &&
		    !referral_identity_matches(identity, &from, 0)) {
			*error_r = pair_error(pair->str,
				"its public host is this server, its internal "
				"host is not (check referral_local_hosts)");
			return -1;
		}
		if (allowed != NULL && !referral_hostglobs_is_empty(allowed) &&
		    !referral_hostglobs_match(allowed, &pair->to)) {
			*error_r = pair_error(pair->str,
				"referral_allowed_hosts does not allow "
				"its public host");
			return -1;
		}
	}
	return 0;
}

bool referral_hostmap_lookup(const struct referral_hostmap *map,
			     const struct referral_host *host,
			     struct referral_host *target_r)
{
	const struct hostmap_pair *pair, *found = NULL;

	array_foreach(&map->pairs, pair) {
		if (!same_name(&pair->from, host))
			continue;
		if (pair->from.port == host->port) {
			found = pair;
			break;
		}
		if (pair->from.port == 0)
			found = pair;
	}
	if (found == NULL) {
		*target_r = *host;
		return FALSE;
	}
	*target_r = found->to;
	if (found->to.port == 0 && found->from.port == 0)
		target_r->port = host->port;
	return found->to.port != 0;
}

int referral_hostglobs_create(pool_t pool, const char *setting,
			      const char *str,
			      struct referral_hostglobs **globs_r,
			      const char **error_r)
{
	struct referral_hostglobs *globs;

	globs = p_new(pool, struct referral_hostglobs, 1);
	p_array_init(&globs->patterns, pool, 8);
	if (referral_host_patterns_parse(pool, setting, str, &globs->patterns,
					 error_r) < 0)
		return -1;
	*globs_r = globs;
	return 0;
}

bool referral_hostglobs_is_empty(const struct referral_hostglobs *globs)
{
	return array_count(&globs->patterns) == 0;
}

bool referral_hostglobs_match(const struct referral_hostglobs *globs,
			      const struct referral_host *host)
{
	const struct referral_host_pattern *pattern;

	array_foreach(&globs->patterns, pattern) {
		if ((pattern->port == 0 || pattern->port == host->port) &&
		    referral_host_pattern_match(pattern, host))
			return TRUE;
	}
	return FALSE;
}
