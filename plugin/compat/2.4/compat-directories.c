/* Dovecot 2.4: a block is a named filter, which inherits by itself */

#include "lib.h"
#include "array.h"
#include "settings.h"
#include "settings-parser.h"
#include "compat-directories.h"
#include "compat-setting-defs.h"

unsigned int
referral_compat_directories_count(const struct referral_directory_settings *set)
{
	return !array_is_created(&set->referral_directories) ? 0 :
		array_count(&set->referral_directories);
}

int referral_compat_directory_get(
	pool_t pool ATTR_UNUSED, struct event *event, const char *protocol,
	const struct referral_directory_settings *set, unsigned int idx,
	const struct referral_directory_settings **set_r,
	const char **error_r)
{
	const char *name = array_idx_elem(&set->referral_directories, idx);
	struct event *child = event_create(event);
	int ret;

	if (protocol != NULL)
		event_add_str(child, "protocol", protocol);
	ret = settings_get_filter(child, "referral_directory", name,
				  &referral_directory_setting_parser_info, 0,
				  set_r, error_r);
	event_unref(&child);
	return ret;
}

bool referral_compat_check_filter(struct event *event, void *set ATTR_UNUSED,
				  pool_t pool ATTR_UNUSED,
				  const char **error_r)
{
	static const struct {
		const char *field, *block;
	} filters[] = {
		{ "local_name", "local_name" },
		{ "local_ip", "local" },
		{ "remote_ip", "remote" },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(filters); i++) {
		if (event_find_field_recursive(event, filters[i].field) ==
		    NULL)
			continue;
		*error_r = t_strdup_printf("referral_* of the auth process "
			"can't be set in %s { }: they are the same for all "
			"addresses (for clients' networks see "
			"referral_networks)", filters[i].block);
		return FALSE;
	}
	return TRUE;
}

void referral_compat_directory_free(
	const struct referral_directory_settings **set)
{
	settings_free(*set);
}

bool referral_compat_directories_check(
	pool_t pool ATTR_UNUSED,
	const struct referral_directory_settings *set ATTR_UNUSED,
	referral_directory_check_t *check ATTR_UNUSED,
	const char **error_r ATTR_UNUSED)
{
	/* Dovecot checks the settings of every filter */
	return TRUE;
}
