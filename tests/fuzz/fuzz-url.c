/* user, mechanism, host: the URL is one by grammar and gives the user back. */

#include "lib.h"
#include "imap-url.h"
#include "mailhost.h"
#include "url.h"
#include "fuzz.h"

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	"0123456789-._~"
#define SUB_DELIMS "!$&'()*+,;="

/* Dovecot's own parser knows no "_", and takes the beginning of 192.0.2.1x,
   which is a name, for an address. */
static bool dovecot_parses(const struct referral_host *host)
{
	return host->ip.family != 0 ||
		(strchr(host->name, '_') == NULL &&
		 strchr("0123456789", host->name[0]) == NULL);
}

static void
check_imap(const char *url, const struct referral_url_params *params)
{
	struct imap_url *parsed;
	const char *error;

	FUZZ_REQUIRE(url[strlen(url) - 1] == '/');
	FUZZ_REQUIRE(imap_url_parse(url, NULL, 0, &parsed, &error) == 0);
	if (*params->user != '\0')
		FUZZ_REQUIRE(strcmp(parsed->userid, params->user) == 0);
	else
		FUZZ_REQUIRE(parsed->userid == NULL || *parsed->userid == '\0');
	if (*params->auth != '\0')
		FUZZ_REQUIRE(strcmp(parsed->auth_type, params->auth) == 0);
	else
		FUZZ_REQUIRE(parsed->auth_type == NULL);
}

void fuzz_run(const char *const *lines)
{
	struct referral_url_params params = {
		.user = fuzz_line(lines, 0),
		.auth = fuzz_line(lines, 1),
	};
	static const char *const schemes[] = { "imap", "sieve" };
	const char *error, *url;
	unsigned int i;
	bool host_is_valid;

	host_is_valid = referral_mailhost_parse(
		pool_datastack_create(), fuzz_line(lines, 2), &params.host,
		&error) == 0;
	if (!host_is_valid) {
		/* must not happen, and must do no harm */
		params.host.name = fuzz_line(lines, 2);
	}
	for (i = 0; i < N_ELEMENTS(schemes); i++) {
		params.scheme = schemes[i];
		url = referral_url_create(&params);
		FUZZ_REQUIRE(strspn(url, UNRESERVED SUB_DELIMS ":/@%[]") ==
			     strlen(url));
		FUZZ_REQUIRE(fuzz_count(url, "@") <= 1);
		FUZZ_REQUIRE(fuzz_count(url, "[]") <= 2);
		if (host_is_valid && i == 0 && dovecot_parses(&params.host))
			check_imap(url, &params);
	}
}
