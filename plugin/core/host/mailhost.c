/* Parse what the directory says about a user's home server. */

#include "lib.h"
#include "str.h"
#include "net.h"
#include "mailhost.h"

#include <ctype.h>

/* RFC 1035 section 2.3.4 */
#define HOST_NAME_MAX_LEN 253
#define HOST_LABEL_MAX_LEN 63
/* after folding case; not isalnum(), which asks the locale */
#define HOST_LABEL_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-_"

#define SANITIZE_MAX_LEN 80

/* Would getaddrinfo() read a name with this last label, in lower case, as an
   IPv4 address ("10.1", "0x7f000001")? Such a name means one host to us and
   another one to the client. */
static bool label_is_number(const char *label, size_t len)
{
	size_t i;

	if (len >= 2 && label[0] == '0' && label[1] == 'x') {
		for (i = 2; i < len && i_isxdigit(label[i]); i++) ;
	} else {
		for (i = 0; i < len && i_isdigit(label[i]); i++) ;
	}
	return i == len;
}

static int check_label(const char *label, size_t len, const char **error_r)
{
	if (len == 0) {
		*error_r = "empty label in the host name";
		return -1;
	}
	if (len > HOST_LABEL_MAX_LEN) {
		*error_r = "a label of the host name is too long";
		return -1;
	}
	if (strspn(label, HOST_LABEL_CHARS) < len) {
		*error_r = "invalid character in the host name";
		return -1;
	}
	if (label[0] == '-' || label[len-1] == '-') {
		*error_r = "\"-\" at an end of a label of the host name";
		return -1;
	}
	return 0;
}

/* RFC 1123 section 2.1, plus "_", which directories hold */
static int
parse_name(pool_t pool, const char *name, struct referral_host *host_r,
	   const char **error_r)
{
	size_t name_len = strlen(name);
	const char *label, *end;

	if (name_len > 0 && name[name_len-1] == '.')
		name_len--;
	if (name_len == 0) {
		*error_r = "empty host name";
		return -1;
	}
	if (name_len > HOST_NAME_MAX_LEN) {
		*error_r = "the host name is too long";
		return -1;
	}
	name = t_str_lcase(t_strndup(name, name_len));
	for (label = name;; label = end + 1) {
		end = label + strcspn(label, ".");
		if (check_label(label, end - label, error_r) < 0)
			return -1;
		if (*end == '\0')
			break;
	}
	if (label_is_number(label, end - label)) {
		*error_r = "a number, but not an IPv4 address";
		return -1;
	}
	host_r->name = p_strdup(pool, name);
	return 0;
}

static bool ip_is_host(const struct ip_addr *ip)
{
	static const struct ip_addr any6 = { .family = AF_INET6 };

	if (IPADDR_IS_V6(ip)) {
		return !net_ip_compare(ip, &any6) &&
			ip->u.ip6.s6_addr[0] != 0xff;
	}
	/* 0.0.0.0/8 reaches the local host; 224.0.0.0 and up are multicast,
	   reserved and broadcast */
	uint32_t addr = ntohl(ip->u.ip4.s_addr);
	return (addr >> 24) != 0 && (addr >> 24) < 224;
}

static int
set_ip(pool_t pool, const struct ip_addr *ip, struct referral_host *host_r,
       const char **error_r)
{
	/* ::ffff:192.0.2.1 is 192.0.2.1 (RFC 4291 section 2.5.5.2) */
	if (net_ipv6_mapped_ipv4_convert(ip, &host_r->ip) < 0)
		host_r->ip = *ip;
	if (!ip_is_host(&host_r->ip)) {
		i_zero(&host_r->ip);
		*error_r = "not the address of a single host";
		return -1;
	}
	host_r->name = p_strdup(pool, net_ip2addr(&host_r->ip));
	return 0;
}

static int
parse_ip6(pool_t pool, const char *addr, struct referral_host *host_r,
	  const char **error_r)
{
	struct ip_addr ip;

	/* A zone ("fe80::1%eth0") means nothing on another host. */
	i_zero(&ip);
	if (strchr(addr, ':') == NULL) {
		*error_r = "brackets are for IPv6 addresses only";
		return -1;
	}
	if (strspn(addr, "0123456789abcdefABCDEF:.") != strlen(addr)) {
		*error_r = "neither host:port nor an IPv6 address";
		return -1;
	}
	if (net_addr2ip(addr, &ip) < 0 || !IPADDR_IS_V6(&ip)) {
		*error_r = "invalid IPv6 address";
		return -1;
	}
	return set_ip(pool, &ip, host_r, error_r);
}

static int
parse_name_or_ip4(pool_t pool, const char *str, struct referral_host *host_r,
		  const char **error_r)
{
	struct ip_addr ip;

	/* Only the canonical text is an IPv4 address: net_addr2ip() also
	   takes "10.1" and octal, which not everyone reads the same way. */
	i_zero(&ip);
	if (i_isdigit(str[0]) && strspn(str, "0123456789.") == strlen(str) &&
	    net_addr2ip(str, &ip) == 0 &&
	    strcmp(net_ip2addr(&ip), str) == 0)
		return set_ip(pool, &ip, host_r, error_r);
	return parse_name(pool, str, host_r, error_r);
}

static int
parse_port(const char *str, in_port_t *port_r, const char **error_r)
{
	if (str[0] == '0' || net_str2port(str, port_r) < 0) {
		*error_r = "invalid port";
		return -1;
	}
	return 0;
}

static int
parse_bracketed(pool_t pool, const char *value, struct referral_host *host_r,
		const char **error_r)
{
	const char *end = strchr(value, ']');

	if (end == NULL) {
		*error_r = "missing \"]\"";
		return -1;
	}
	if (end[1] == ':') {
		if (parse_port(end + 2, &host_r->port, error_r) < 0)
			return -1;
	} else if (end[1] != '\0') {
		*error_r = "unexpected character after \"]\"";
		return -1;
	}
	return parse_ip6(pool, t_strdup_until(value + 1, end), host_r, error_r);
}

static int
parse_value(pool_t pool, const char *value, struct referral_host *host_r,
	    const char **error_r)
{
	const char *colon;

	if (strstr(value, "://") != NULL) {
		*error_r = "a URL, not a host";
		return -1;
	}
	if (value[0] == '[')
		return parse_bracketed(pool, value, host_r, error_r);
	colon = strchr(value, ':');
	if (colon == NULL)
		return parse_name_or_ip4(pool, value, host_r, error_r);
	if (strchr(colon + 1, ':') != NULL)
		return parse_ip6(pool, value, host_r, error_r);
	if (parse_port(colon + 1, &host_r->port, error_r) < 0)
		return -1;
	return parse_name_or_ip4(pool, t_strdup_until(value, colon),
				 host_r, error_r);
}

int referral_mailhost_parse(pool_t pool, const char *value,
			    struct referral_host *host_r,
			    const char **error_r)
{
	i_zero(host_r);
	/* Look no further than needed: the value may be huge. */
	if (strnlen(value, REFERRAL_HOST_MAX_LEN + 1) >
	    REFERRAL_HOST_MAX_LEN) {
		*error_r = "too long for a host";
		return -1;
	}
	if (parse_value(pool, value, host_r, error_r) < 0) {
		i_zero(host_r);
		return -1;
	}
	return 0;
}

const char *referral_mailhost_sanitize(const char *value)
{
	string_t *str = t_str_new(SANITIZE_MAX_LEN + 8);
	size_t fits = 0;
	const char *p;

	for (p = value; *p != '\0' && str_len(str) <= SANITIZE_MAX_LEN; p++) {
		if (str_len(str) <= SANITIZE_MAX_LEN - 3)
			fits = str_len(str);
		if (*p == '\\')
			str_append(str, "\\\\");
		else if (*p >= ' ' && *p <= '~')
			str_append_c(str, *p);
		else
			str_printfa(str, "\\x%02x", (unsigned char)*p);
	}
	if (str_len(str) > SANITIZE_MAX_LEN) {
		str_truncate(str, fits);
		str_append(str, "...");
	}
	return str_c(str);
}

bool referral_host_equals(const struct referral_host *host1,
			  const struct referral_host *host2)
{
	if (host1->port != host2->port ||
	    host1->ip.family != host2->ip.family)
		return FALSE;
	if (host1->ip.family != 0)
		return net_ip_compare(&host1->ip, &host2->ip);
	return strcasecmp(host1->name, host2->name) == 0;
}

const char *referral_host_to_string(const struct referral_host *host,
				    in_port_t default_port)
{
	const char *name = IPADDR_IS_V6(&host->ip) ?
		t_strconcat("[", host->name, "]", NULL) : host->name;

	if (host->port == 0 || host->port == default_port)
		return name;
	return t_strdup_printf("%s:%u", name, host->port);
}
