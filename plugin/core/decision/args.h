#ifndef REFERRAL_ARGS_H
#define REFERRAL_ARGS_H

/* The value of key in NULL-terminated "key=value" strings, the form in which
   auth's fields reach login and imap. NULL if there is none, or no args. */
const char *referral_args_find(const char *const *args, const char *key);

#endif
