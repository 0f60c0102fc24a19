#ifndef REFERRAL_AUTH_DIRECTORIES_H
#define REFERRAL_AUTH_DIRECTORIES_H

/* The directories of the auth process: the one of the settings outside of all
   blocks, and one for each block, referral_directory NAME { }, which is for the
   users of some domains. */

struct event;
struct referral_auth_directories;
struct referral_lookup;
struct referral_mirror;

/* Read the settings and open the directories. event is the parent of what the
   directories log, settings_event is where settings are found (NULL on Dovecot
   2.3). May read files (certificates) and connects to nobody. A directory that
   can't be opened is logged, and has an error below. Returns 0, or -1 and error_r
   if the settings can't be read; either way deinit is to be called. */
int referral_auth_directories_init(
	struct event *event, struct event *settings_event,
	const char *dns_client_socket_path,
	struct referral_auth_directories **directories_r, const char **error_r);
/* The directories are the same for the whole process: a protocol that wants
   others would get the wrong answers without a word. Returns 0, or -1 and
   error_r. */
int referral_auth_directories_check(
	struct referral_auth_directories *directories,
	struct event *settings_event, const char *protocol,
	const char **error_r);
/* Searches still pending are answered first, from inside this call. */
void referral_auth_directories_deinit(
	struct referral_auth_directories **directories);

/* How many there are. Without any, every mailHost comes from
   referral_mailhost_field. */
unsigned int referral_auth_directories_count(
	const struct referral_auth_directories *directories);
/* One of them, NULL if it could not be opened. name_r is that of its block, ""
   outside. */
struct referral_lookup *
referral_auth_directories_get(
	const struct referral_auth_directories *directories, unsigned int idx,
	const char **name_r);
/* NULL without referral_mirror */
const struct referral_mirror *
referral_auth_directories_get_mirror(
	const struct referral_auth_directories *directories, unsigned int idx);
/* The one that this user (as after the passdbs) belongs to; NULL if there is
   none, or it could not be opened. */
struct referral_lookup *
referral_auth_directories_find(
	const struct referral_auth_directories *directories, const char *user);
/* Why it could not be opened: NULL if it was, or if there is none. */
const char *referral_auth_directories_find_error(
	const struct referral_auth_directories *directories, const char *user);

/* referral_lookup_flush() where this user belongs to; with user NULL everywhere.
   Returns how many answers were forgotten. */
unsigned int referral_auth_directories_flush(
	const struct referral_auth_directories *directories, const char *user);

#endif
