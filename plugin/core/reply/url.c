/* Create the URL of a referral. */

#include "lib.h"
#include "str.h"
#include "uri-util.h"
#include "mailhost.h"
#include "url.h"

/* Not imap_url_create(): on older Dovecots it copies a host name that starts
   with "[" as it is, and it knows no sieve URLs. The slash at the end is
   RFC 2192's; RFC 5804's server URL has none. */
const char *referral_url_create(const struct referral_url_params *params)
{
	const struct referral_host *host = &params->host;
	bool sieve = strcmp(params->scheme, "sieve") == 0;
	const char *user = params->user == NULL ? "" : params->user;
	const char *auth = params->auth == NULL ? "" : params->auth;
	string_t *url = t_str_new(128);

	i_assert(sieve || strcmp(params->scheme, "imap") == 0);

	uri_append_scheme(url, params->scheme);
	str_append(url, "//");
	uri_append_user_data(url, ";:", user);
	if (*auth != '\0') {
		str_append(url, ";AUTH=");
		uri_append_user_data(url, ";:", auth);
	}
	if (*user != '\0' || *auth != '\0')
		str_append_c(url, '@');
	if (host->ip.family != 0)
		uri_append_host_ip(url, &host->ip);
	else
		uri_append_host_name(url, host->name);
	if (host->port != (sieve ? REFERRAL_SIEVE_PORT : REFERRAL_IMAP_PORT))
		uri_append_port(url, host->port);
	if (!sieve)
		str_append_c(url, '/');
	return str_c(url);
}
