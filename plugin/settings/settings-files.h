#ifndef REFERRAL_SETTINGS_FILES_H
#define REFERRAL_SETTINGS_FILES_H

/* What only the machine can tell that the settings are for: a check for
   doveconf and the config process. Other readers don't run it: to them a file
   that has gone is no reason to stop. */

struct referral_directory_settings;

/* Are the certificates there, and is there memory for the cache? Returns TRUE,
   or FALSE and error_r that names the setting. A file that exists but is not
   for the caller's eyes is taken for good. */
bool referral_settings_check_machine(
	const struct referral_directory_settings *set, const char **error_r);

#endif
