#ifndef REFERRAL_AUTH_LINE_H
#define REFERRAL_AUTH_LINE_H

/* The auth process's end of the private line (referral-line.h): who connects to
   its listener is served here, all others as ever. */

struct referral_auth_config;

/* From the ioloop, since Dovecot sets its callback for connections after all
   inits, and never in an auth worker. Without a listener of that name it does
   nothing. */
void referral_auth_line_init(struct referral_auth_config *config);
/* Closes every line. What was asked and is not answered yet is cancelled. */
void referral_auth_line_deinit(void);

#endif
