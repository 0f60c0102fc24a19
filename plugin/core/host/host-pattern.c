/* Parse and match host patterns. */

#include "lib.h"
#include "array.h"
#include "wildcard-match.h"
#include "mailhost.h"
#include "host-pattern.h"

static int
parse_network(const char *str, struct referral_host_pattern *pattern_r,
	      const char **error_r)
{
	const char *slash = strchr(str, '/');
	const char *addr = t_strdup_until(str, slash);

	/* net_parse_range() alone would take "10/8" for 0.0.0.10/8, and ask
	   getaddrinfo() about anything. */
	if (strspn(addr, "0123456789abcdefABCDEF:.") != strlen(addr) ||
	    net_parse_range(str, &pattern_r->net, &pattern_r->net_bits) < 0 ||
	    (IPADDR_IS_V4(&pattern_r->net) &&
	     strcmp(net_ip2addr(&pattern_r->net), addr) != 0)) {
		*error_r = "not a network such as 192.0.2.0/24";
		return -1;
	}
	return 0;
}

static int
parse_glob(pool_t pool, const char *str,
	   struct referral_host_pattern *pattern_r, const char **error_r)
{
	struct referral_host host;
	char *example, *p;

	if (strspn(str, "0123456789.*?") == strlen(str) &&
	    strpbrk(str, "0123456789") != NULL) {
		*error_r = "addresses are matched by a network "
			"such as 192.0.2.0/24";
		return -1;
	}
	/* What the glob can match must be a host. */
	example = t_strdup_noconst(str);
	for (p = example; *p != '\0'; p++) {
		if (*p == '*' || *p == '?')
			*p = 'z';
	}
	if (referral_mailhost_parse(pool_datastack_create(), example, &host,
				    error_r) < 0)
		return -1;
	/* without port and trailing dot */
	pattern_r->glob = p_strdup(pool, t_str_lcase(
		t_strndup(str, strlen(host.name))));
	pattern_r->port = host.port;
	return 0;
}

int referral_host_pattern_parse(pool_t pool, const char *str,
				struct referral_host_pattern *pattern_r,
				const char **error_r)
{
	struct referral_host host;

	i_zero(pattern_r);
	if (strchr(str, '/') != NULL)
		return parse_network(str, pattern_r, error_r);
	if (!wildcard_is_literal(str))
		return parse_glob(pool, str, pattern_r, error_r);
	if (referral_mailhost_parse(pool, str, &host, error_r) < 0)
		return -1;
	if (host.ip.family != 0) {
		pattern_r->net = host.ip;
		pattern_r->net_bits = IPADDR_BITS(&host.ip);
	} else {
		pattern_r->glob = host.name;
		pattern_r->literal = TRUE;
	}
	pattern_r->port = host.port;
	return 0;
}

int referral_host_patterns_parse(pool_t pool, const char *setting,
				 const char *str,
				 ARRAY_TYPE(referral_host_pattern) *patterns,
				 const char **error_r)
{
	const char *const *strs = t_strsplit_spaces(str, " \t");
	struct referral_host_pattern pattern;
	const char *error;

	for (; *strs != NULL; strs++) {
		if (referral_host_pattern_parse(pool, *strs, &pattern,
						&error) < 0) {
			*error_r = t_strdup_printf("%s: %s: %s", setting,
				referral_mailhost_sanitize(*strs), error);
			return -1;
		}
		array_push_back(patterns, &pattern);
	}
	return 0;
}

bool referral_host_pattern_match(const struct referral_host_pattern *pattern,
				 const struct referral_host *host)
{
	if (host->ip.family != 0)
		return referral_host_pattern_match_ip(pattern, &host->ip);
	if (pattern->glob == NULL)
		return FALSE;
	/* a glob's matching costs more than all else that is decided */
	return pattern->literal ?
		strcasecmp(host->name, pattern->glob) == 0 :
		wildcard_match_icase(host->name, pattern->glob);
}

bool referral_host_pattern_match_ip(const struct referral_host_pattern *pattern,
				    const struct ip_addr *ip)
{
	if (pattern->glob != NULL)
		return strcmp(pattern->glob, "*") == 0;
	return net_is_in_network(ip, &pattern->net, pattern->net_bits);
}
