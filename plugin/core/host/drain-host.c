/* Where a server that is being drained sends its clients */

#include "lib.h"
#include "mailhost.h"
#include "referral-fields.h"
#include "drain-host.h"

static int
drain_host_parse(const char *source, const char *value,
		 struct referral_host *host_r, const char **error_r)
{
	const char *error;

	if (referral_mailhost_parse(pool_datastack_create(), value, host_r,
				    &error) == 0)
		return 1;
	*error_r = t_strdup_printf("%s: Invalid host %s: %s", source,
				   referral_mailhost_sanitize(value), error);
	return -1;
}

static int
drain_host_from_file(const char *line, bool imap, struct referral_host *host_r,
		     const char **error_r)
{
	if (drain_host_parse(REFERRAL_DRAIN_FILE, line, host_r, error_r) < 0)
		return -1;
	if (!imap)
		host_r->port = 0;
	return 1;
}

int referral_drain_host_get(const char *file, const char *setting, bool imap,
			    struct referral_host *host_r, const char **error_r)
{
	const char *line = file == NULL ? "" :
		t_str_trim(t_strcut(file, '\n'), " \t\r");

	if (*line != '\0')
		return drain_host_from_file(line, imap, host_r, error_r);
	if (*setting != '\0') {
		return drain_host_parse("referral_drain_host", setting, host_r,
					error_r);
	}
	if (file == NULL)
		return 0;
	*error_r = REFERRAL_DRAIN_FILE" names no host, "
		"and referral_drain_host is empty";
	return -1;
}
