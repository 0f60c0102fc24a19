#ifndef REFERRAL_MIRROR_H
#define REFERRAL_MIRROR_H

/* referral_mirror: a copy of what the directory says about every user, which
   one of its servers keeps up to date (RFC 4533). While it is in sync, lookups
   are answered from it; otherwise they ask as if there were none, and where
   nobody can be asked, the copy has what was known at the last contact. */

struct event;
struct referral_directory_settings;
struct referral_lookup;
struct referral_mirror;

struct referral_mirror_status {
	/* "in_sync", or why not: "connecting", "refreshing", "lost",
	   "refused", "doubtful" */
	const char *state;
	/* where the copy comes from, NULL if there is none */
	const char *server;
	/* "lost", "refused": what was the matter, printable; else NULL */
	const char *error;
	unsigned int users;
	size_t bytes;
	/* since the server was there; 0 if it is. Only with have_contact: it
	   never was otherwise. */
	unsigned int contact_age_secs;
	bool have_contact;

	/* how often the copy was complete, and lost */
	unsigned int completed, lost;
	/* changes that were told while it was in sync */
	uint64_t changes;
	/* lookups it answered / left to the directory */
	uint64_t answers, questions;
};

/* Plug a mirror into lookup and begin. Returns 0, or -1 and error_r that names
   the setting: the filter or the base can't be mirrored. */
int referral_mirror_init(struct event *event_parent,
			 const struct referral_directory_settings *set,
			 struct referral_lookup *lookup,
			 struct referral_mirror **mirror_r,
			 const char **error_r);
/* before lookup's deinit */
void referral_mirror_deinit(struct referral_mirror **mirror);

/* Strings are valid until the next run of the ioloop. */
void referral_mirror_get_status(const struct referral_mirror *mirror,
				struct referral_mirror_status *status_r);

#endif
