/* Parse referral_ldap_uris. Not with libldap's parser: it fills what is missing
   with defaults, and the settings check must not link it. */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "str.h"
#include "mailhost.h"
#include "ldap-uri.h"

#include <sys/un.h>

/* where OpenLDAP's library looks for the server of ldapi:/// */
#ifndef REFERRAL_LDAPI_SOCKET
#  define REFERRAL_LDAPI_SOCKET "/var/run/slapd/ldapi"
#endif

static int
percent_decode(const char *str, string_t *dest, const char **error_r)
{
	string_t *octet = t_str_new(4);

	for (; *str != '\0'; str++) {
		if (*str != '%') {
			str_append_c(dest, *str);
			continue;
		}
		str_truncate(octet, 0);
		if (str[1] == '\0' || str[2] == '\0' ||
		    hex_to_binary(t_strndup(str + 1, 2), octet) < 0) {
			*error_r = "\"%\" without two hexadecimal digits";
			return -1;
		}
		if (str_data(octet)[0] == '\0') {
			*error_r = "%00 in the path";
			return -1;
		}
		str_append_str(dest, octet);
		str += 2;
	}
	return 0;
}

static int
parse_path(pool_t pool, const char *enc_path, struct referral_ldap_uri *uri,
	   const char **error_r)
{
	string_t *path = t_str_new(128);

	if (*enc_path == '\0') {
		uri->path = REFERRAL_LDAPI_SOCKET;
		return 0;
	}
	if (percent_decode(enc_path, path, error_r) < 0)
		return -1;
	if (str_c(path)[0] != '/') {
		*error_r = "the socket's path is not absolute";
		return -1;
	}
	if (str_len(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
		*error_r = "the socket's path is too long";
		return -1;
	}
	uri->path = p_strdup(pool, str_c(path));
	return 0;
}

static int
parse_host(pool_t pool, const char *hostport, in_port_t default_port,
	   struct referral_ldap_uri *uri, const char **error_r)
{
	const char *colon = strchr(hostport, ':');

	if (*hostport == '\0') {
		*error_r = "the host is missing";
		return -1;
	}
	if (*hostport != '[' && colon != NULL &&
	    strchr(colon + 1, ':') != NULL) {
		*error_r = "an IPv6 address needs brackets";
		return -1;
	}
	if (referral_mailhost_parse(pool, hostport, &uri->host, error_r) < 0)
		return -1;
	if (uri->host.port == 0)
		uri->host.port = default_port;
	return 0;
}

/* RFC 2247: "dc=example,dc=com" is example.com. */
static int
parse_domain(pool_t pool, const char *enc_dn, struct referral_ldap_uri *uri,
	     const char **error_r)
{
	string_t *dn = t_str_new(128), *domain = t_str_new(128);
	const char *const *rdns;
	struct referral_host host;

	if (percent_decode(enc_dn, dn, error_r) < 0)
		return -1;
	for (rdns = t_strsplit(str_c(dn), ","); *rdns != NULL; rdns++) {
		const char *rdn = t_str_trim(*rdns, " ");

		if (strncasecmp(rdn, "dc=", 3) != 0) {
			*error_r = "a domain is named as in "
				"ldap:///dc=example,dc=com";
			return -1;
		}
		if (str_len(domain) > 0)
			str_append_c(domain, '.');
		str_append(domain, rdn + 3);
	}
	if (referral_mailhost_parse(pool, str_c(domain), &host, error_r) < 0)
		return -1;
	if (host.port != 0 || host.ip.family != 0) {
		*error_r = "not a domain";
		return -1;
	}
	uri->domain = host.name;
	return 0;
}

static int
parse_uri(pool_t pool, const char *str, struct referral_ldap_uri *uri,
	  const char **error_r)
{
	static const struct {
		const char *prefix;
		enum referral_ldap_scheme scheme;
		in_port_t port;
	} schemes[] = {
		{ "ldap://", REFERRAL_LDAP_SCHEME_LDAP, REFERRAL_LDAP_PORT },
		{ "ldaps://", REFERRAL_LDAP_SCHEME_LDAPS,
		  REFERRAL_LDAPS_PORT },
		{ "ldapi://", REFERRAL_LDAP_SCHEME_LDAPI, 0 },
	};
	const char *authority;
	unsigned int i;
	size_t len;

	for (i = 0; i < N_ELEMENTS(schemes); i++) {
		len = strlen(schemes[i].prefix);
		if (strncasecmp(str, schemes[i].prefix, len) == 0)
			break;
	}
	if (i == N_ELEMENTS(schemes)) {
		*error_r = "not an ldap://, ldaps:// or ldapi:// URI";
		return -1;
	}
	authority = str + len;
	len = strcspn(authority, "/?#");
	uri->scheme = schemes[i].scheme;
	uri->uri = p_strdup(pool, str);
	if (len == 0 && uri->scheme != REFERRAL_LDAP_SCHEME_LDAPI &&
	    authority[0] == '/' && authority[1] != '\0')
		return parse_domain(pool, authority + 1, uri, error_r);
	if (authority[len] != '\0' && strcmp(authority + len, "/") != 0) {
		*error_r = "only a server may be named here, nothing after it";
		return -1;
	}
	authority = t_strndup(authority, len);
	return uri->scheme == REFERRAL_LDAP_SCHEME_LDAPI ?
		parse_path(pool, authority, uri, error_r) :
		parse_host(pool, authority, schemes[i].port, uri, error_r);
}

int referral_ldap_uris_parse(pool_t pool, const char *str,
			     ARRAY_TYPE(referral_ldap_uri) *uris,
			     const char **error_r)
{
	const char *const *strs, *error;
	struct referral_ldap_uri uri;

	for (strs = t_strsplit_spaces(str, " \t"); *strs != NULL; strs++) {
		i_zero(&uri);
		if (parse_uri(pool, *strs, &uri, &error) < 0) {
			*error_r = t_strdup_printf(
				"referral_ldap_uris: %s: %s",
				referral_mailhost_sanitize(*strs), error);
			return -1;
		}
		array_push_back(uris, &uri);
	}
	return 0;
}
