#ifndef REFERRAL_AUTH_DIRECTORIES_H
#define REFERRAL_AUTH_DIRECTORIES_H

/* The directories of the auth process: the one of the settings outside of all
   blocks, and one for each block, referral_directory NAME { }, which is for the
   users of some domains. */

struct event;
struct referral_auth_directories;
struct referral_lookup;
struct referral_mirror;

/* Read the settings. event is the parent of what the directories log,
   settings_event is where settings are found (NULL on Dovecot 2.3). Protocols
   (NULL-terminated) that name other directories are an error. In auth workers
   nothing more is done. May read files (certificates) and connects to nobody.
   Returns 0, or -1 and error_r; either way deinit is to be called. */
int referral_auth_directories_init(
	struct event *event, struct event *settings_event,
	const char *const *protocols, const char *dns_client_socket_path,
	struct referral_auth_directories **directories_r, const char **error_r);
/* Searches still pending are answered first, from inside this call. */
void referral_auth_directories_deinit(
	struct referral_auth_directories **directories);

/* How many there are, whether or not this process is a worker. Without any,
   every mailHost comes from referral_mailhost_field. */
unsigned int referral_auth_directories_count(
	const struct referral_auth_directories *directories);
/* One of them: not in workers. name_r is that of its block, "" outside. */
struct referral_lookup *
referral_auth_directories_get(
	const struct referral_auth_directories *directories, unsigned int idx,
	const char **name_r);
/* NULL without referral_mirror */
const struct referral_mirror *
referral_auth_directories_get_mirror(
	const struct referral_auth_directories *directories, unsigned int idx);
/* The one that this user (as after the passdbs) belongs to; NULL if there is
   none. */
struct referral_lookup *
referral_auth_directories_find(
	const struct referral_auth_directories *directories, const char *user);

/* referral_lookup_flush() where this user belongs to; with user NULL everywhere.
   Returns how many answers were forgotten. */
unsigned int referral_auth_directories_flush(
	const struct referral_auth_directories *directories, const char *user);

#endif
