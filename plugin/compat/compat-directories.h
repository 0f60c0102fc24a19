#ifndef REFERRAL_COMPAT_DIRECTORIES_H
#define REFERRAL_COMPAT_DIRECTORIES_H

/* referral_directory NAME { } blocks. What a block leaves out is as outside of
   it. Implemented once in each generation's folder. */

#include "referral-settings.h"

struct event;

/* How many blocks set has. */
unsigned int referral_compat_directories_count(
	const struct referral_directory_settings *set);
/* The settings of block idx, with its name: they live as long as pool or until
   referral_compat_directory_free(). set is what was read for protocol (NULL:
   none), event is where settings are found (NULL on Dovecot 2.3). Returns 0,
   or -1 and error_r. */
int referral_compat_directory_get(
	pool_t pool, struct event *event, const char *protocol,
	const struct referral_directory_settings *set, unsigned int idx,
	const struct referral_directory_settings **set_r,
	const char **error_r);
void referral_compat_directory_free(
	const struct referral_directory_settings **set);

typedef bool
referral_directory_check_t(const struct referral_directory_settings *set,
			   const char **error_r);
/* Run check on each block, where Dovecot does not do that by itself. Returns
   TRUE, or FALSE and error_r that names the block. pool is for the call. */
bool referral_compat_directories_check(
	pool_t pool, const struct referral_directory_settings *set,
	referral_directory_check_t *check, const char **error_r);

#endif
