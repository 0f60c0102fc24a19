/* A value of mailHost: what is taken is a host, and the same one each time. */

#include "lib.h"
#include "mailhost.h"
#include "fuzz.h"

static void check_value(const char *value)
{
	struct referral_host host, host2;
	const char *error = NULL, *str;

	str = referral_mailhost_sanitize(value);
	FUZZ_REQUIRE(fuzz_is_printable(str) && strlen(str) <= 80);

	if (referral_mailhost_parse(pool_datastack_create(), value, &host,
				    &error) < 0) {
		FUZZ_REQUIRE(error != NULL && fuzz_is_printable(error));
		FUZZ_REQUIRE(host.name == NULL && host.ip.family == 0);
		return;
	}
	FUZZ_REQUIRE(strspn(host.name, "abcdefghijklmnopqrstuvwxyz"
			    "0123456789-_.:") == strlen(host.name));
	FUZZ_REQUIRE(host.ip.family == AF_INET6 ||
		     strchr(host.name, ':') == NULL);
	str = referral_host_to_string(&host, 0);
	FUZZ_REQUIRE(referral_mailhost_parse(pool_datastack_create(), str,
					     &host2, &error) == 0);
	FUZZ_REQUIRE(referral_host_equals(&host, &host2));
	FUZZ_REQUIRE(strcmp(referral_host_to_string(&host2, 0), str) == 0);
}

void fuzz_run(const char *const *lines)
{
	/* the whole input, line feeds and all, and the lines one by one */
	check_value(t_strarray_join(lines, "\n"));
	for (; *lines != NULL; lines++)
		check_value(*lines);
}
