/* Dovecot 2.4.2 and later: dns_lookup() reads its settings. In parentheses it
   is the function, not the macro, which wants a function's name as callback. */

#include "lib.h"
#include "settings.h"
#include "compat-dns-private.h"

/* Without a dns-client the library would resolve by itself, which blocks. */
static int
referral_compat_dns_check(struct event *event, const char **error_r)
{
	const struct dns_client_settings *set;
	int ret = 0;

	if (settings_get(event, &dns_client_setting_parser_info, 0,
			 &set, error_r) < 0)
		return -1;
	if (*set->dns_client_socket_path == '\0') {
		*error_r = "dns_client_socket_path is empty";
		ret = -1;
	}
	settings_free(set);
	return ret;
}

int referral_compat_dns_lookup(struct event *event,
			       const char *socket_path ATTR_UNUSED,
			       const char *host,
			       dns_lookup_callback_t *callback, void *context,
			       struct dns_lookup **lookup_r)
{
	struct dns_lookup_result result;

	i_zero(&result);
	if (referral_compat_dns_check(event, &result.error) < 0) {
		result.ret = EAI_FAIL;
		callback(&result, context);
		return -1;
	}
	return (dns_lookup)(host, NULL, event, callback, context, lookup_r);
}
