#ifndef REFERRAL_DOMAINS_H
#define REFERRAL_DOMAINS_H

/* Which users a directory is for: those of some domains. */

/* domains: the setting referral_directory_domains, words separated by spaces
   or commas; name: of the block, taken as the only domain if there are none.
   Returns them NULL-terminated, in lower case, allocated from pool. */
const char *const *
referral_domains_split(pool_t pool, const char *domains, const char *name);
/* Are these all domains as they stand behind the "@" of a user name? Returns 0,
   or -1 and error_r (without the setting's name). */
int referral_domains_check(const char *const *domains, const char **error_r);
/* Is what follows the first "@" of user one of them? Case does not matter. */
bool referral_domains_match(const char *const *domains, const char *user);

#endif
