/* Which hosts are this server? */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "host-pattern.h"
#include "identity.h"
#include "mailhost.h"

struct referral_identity {
	/* patterns are those of referral_local_hosts */
	bool told;
	ARRAY_TYPE(referral_host_pattern) patterns;
};

static void
add_pattern(pool_t pool, struct referral_identity *identity, const char *str)
{
	struct referral_host_pattern pattern;
	const char *error;

	/* A machine's name that is no host name is not in the directory. */
	if (str != NULL &&
	    referral_host_pattern_parse(pool, str, &pattern, &error) == 0) {
		pattern.port = 0;
		array_push_back(&identity->patterns, &pattern);
	}
}

static void
add_own(pool_t pool, struct referral_identity *identity,
	const struct referral_identity_settings *set)
{
	struct referral_host_pattern *pattern;
	unsigned int i;

	add_pattern(pool, identity, set->hostname);
	add_pattern(pool, identity, set->fqdn);
	add_pattern(pool, identity, "localhost");
	add_pattern(pool, identity, "127.0.0.0/8");
	add_pattern(pool, identity, "::1");
	for (i = 0; i < set->own_ips_count; i++) {
		pattern = array_append_space(&identity->patterns);
		pattern->net = set->own_ips[i];
		pattern->net_bits = IPADDR_BITS(&set->own_ips[i]);
	}
}

int referral_identity_create(pool_t pool,
			     const struct referral_identity_settings *set,
			     struct referral_identity **identity_r,
			     const char **error_r)
{
	struct referral_identity *identity;

	identity = p_new(pool, struct referral_identity, 1);
	p_array_init(&identity->patterns, pool, 8);
	if (referral_host_patterns_parse(pool, "referral_local_hosts",
					 set->local_hosts,
					 &identity->patterns, error_r) < 0)
		return -1;
	identity->told = array_count(&identity->patterns) > 0;
	if (!identity->told)
		add_own(pool, identity, set);
	*identity_r = identity;
	return 0;
}

static bool is_imap_port(in_port_t port)
{
	return port == REFERRAL_IMAP_PORT || port == REFERRAL_IMAPS_PORT;
}

static bool
port_matches(const struct referral_host_pattern *pattern,
	     const struct referral_host *host, in_port_t local_port)
{
	if (pattern->port == 0) {
		return host->port == 0 || is_imap_port(host->port) ||
			host->port == local_port;
	}
	return host->port == 0 ? is_imap_port(pattern->port) :
		host->port == pattern->port;
}

static const struct referral_host_pattern *
find_pattern(const struct referral_identity *identity,
	     const struct referral_host *host, const struct ip_addr *ip,
	     in_port_t local_port)
{
	const struct referral_host_pattern *pattern;

	array_foreach(&identity->patterns, pattern) {
		if (!port_matches(pattern, host, local_port))
			continue;
		if (ip == NULL ? referral_host_pattern_match(pattern, host) :
		    referral_host_pattern_match_ip(pattern, ip))
			return pattern;
	}
	return NULL;
}

bool referral_identity_matches(const struct referral_identity *identity,
			       const struct referral_host *host,
			       in_port_t local_port)
{
	return find_pattern(identity, host, NULL, local_port) != NULL;
}

bool referral_identity_matches_ip(const struct referral_identity *identity,
				  const struct referral_host *host,
				  const struct ip_addr *ip,
				  in_port_t local_port)
{
	return find_pattern(identity, host, ip, local_port) != NULL;
}

static const char *pattern_text(const struct referral_host_pattern *pattern)
{
	string_t *str = t_str_new(64);

	if (pattern->glob != NULL)
		str_append(str, pattern->glob);
	else {
		str_append(str, net_ip2addr(&pattern->net));
		if (pattern->net_bits != IPADDR_BITS(&pattern->net))
			str_printfa(str, "/%u", pattern->net_bits);
	}
	if (pattern->port != 0)
		str_printfa(str, ":%u", pattern->port);
	return str_c(str);
}

static const char *
rule_text(const struct referral_identity *identity,
	  const struct referral_host_pattern *pattern)
{
	const char *text = pattern_text(pattern);

	if (identity->told)
		return t_strconcat("referral_local_hosts has ", text, NULL);
	return t_strconcat(text, pattern->glob != NULL ?
			   " is this server's name" :
			   " is this server's address", NULL);
}

const char *
referral_identity_get_rule(const struct referral_identity *identity,
			   const struct referral_host *host,
			   const struct ip_addr *ips, unsigned int ips_count,
			   in_port_t local_port)
{
	const struct referral_host_pattern *pattern;
	unsigned int i;

	pattern = find_pattern(identity, host, NULL, local_port);
	if (pattern != NULL)
		return rule_text(identity, pattern);
	for (i = 0; i < ips_count; i++) {
		pattern = find_pattern(identity, host, &ips[i], local_port);
		if (pattern != NULL) {
			return t_strdup_printf("it resolves to %s, and %s",
				net_ip2addr(&ips[i]),
				rule_text(identity, pattern));
		}
	}
	return NULL;
}
