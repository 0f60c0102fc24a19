#ifndef REFERRAL_DOVEADM_DIRECTORY_H
#define REFERRAL_DOVEADM_DIRECTORY_H

/* All entries of the directories that the settings name. doveadm opens them by
   itself: neither an auth process nor a running Dovecot is needed. */

#include "entry.h"

struct doveadm_cmd_context;
struct referral_directories;

struct referral_directory_entry {
	const char *dn;
	/* names to log in with, NULL-terminated. Several: any of them. */
	const char *const *names;
	/* status, mailhosts and action */
	struct referral_lookup_result lookup;
};

/* Valid during the call only. */
typedef void
referral_directory_entry_t(const struct referral_directory_entry *entry,
			   void *context);

/* Read the settings. Returns 0, or -1 after an error. */
int referral_directories_init(struct doveadm_cmd_context *cctx,
			      struct referral_directories **directories_r);
void referral_directories_deinit(struct referral_directories **directories);

/* What a home server is here. */
const struct referral_entry_rules *
referral_directories_get_rules(const struct referral_directories *directories);

/* Read all entries, page by page, so that memory is bounded. Returns 0, or -1
   after an error: not all entries were seen. */
int referral_directories_walk(struct referral_directories *directories,
			      referral_directory_entry_t *callback,
			      void *context);

#endif
