#ifndef REFERRAL_COMPAT_LOGIN_SETTINGS_H
#define REFERRAL_COMPAT_LOGIN_SETTINGS_H

/* Reading struct referral_login_settings in a login or a mail process. */

#include "referral-settings.h"

struct event;

/* Prepare for service ("imap", "sieve", ...). In a login process this comes
   before it is chrooted. Returns 0, or -1 and error_r. */
int referral_compat_login_settings_init(const char *service,
					const char **error_r);
void referral_compat_login_settings_deinit(void);

/* The settings for the connection of event. Returns 0 and set_r, to be given
   back with _free(), or -1 and error_r. */
int referral_compat_login_settings_get(
	struct event *event, const struct referral_login_settings **set_r,
	const char **error_r);
void referral_compat_login_settings_free(
	const struct referral_login_settings **set);

#endif
