#ifndef REFERRAL_MIRROR_COPY_H
#define REFERRAL_MIRROR_COPY_H

/* A copy of some entries of a directory server that is kept by RFC 4533: what
   the messages of a synchronisation mean for the table, and when its answers
   are as good as the server's.

   A synchronisation begins with a refresh. Without a cookie it is a full one,
   and what the server has not sent by its end is gone. With one, the server
   sends what has changed, and either what is gone (delete phase) or what is
   there, unchanged (present phase). Then it sends each change. */

#include "mirror-table.h"

struct referral_mirror_copy;

enum referral_mirror_copy_state {
	/* The copy lacks something. */
	REFERRAL_MIRROR_COPY_INCOMPLETE,
	/* The refresh has ended, but what is gone is still there:
	   referral_mirror_copy_work() */
	REFERRAL_MIRROR_COPY_SWEEPING,
	/* The copy is what the server has. */
	REFERRAL_MIRROR_COPY_IN_SYNC,
	/* The same, but a refresh has shrunk it sharply: perhaps the server
	   did not show all that there is. */
	REFERRAL_MIRROR_COPY_DOUBTFUL,
};

/* changed may be NULL */
struct referral_mirror_copy *
referral_mirror_copy_create(const enum referral_mirror_rule *rules,
			    unsigned int attributes_count,
			    referral_mirror_changed_t *changed, void *context);
void referral_mirror_copy_destroy(struct referral_mirror_copy **copy);

/* A synchronisation begins, with this cookie: data is NULL for a full refresh.
   Valid until the next message. */
const struct referral_sync_cookie *
referral_mirror_copy_begin(struct referral_mirror_copy *copy);
/* It has ended; the next one tells what was missed. */
void referral_mirror_copy_end(struct referral_mirror_copy *copy);
/* The next refresh has to be a full one: the server is another, or refuses the
   cookie, or what it says can't be true. */
void referral_mirror_copy_forget_cookie(struct referral_mirror_copy *copy);

/* Messages. values and answer are for _ADD and _MODIFY: for each attribute, the
   NULL-terminated values. Return 0, or -1 and error_r: the copy is not to be
   trusted, the synchronisation has to end and the next one to be a full one. */
int referral_mirror_copy_entry(struct referral_mirror_copy *copy,
			       const struct referral_sync_entry *entry,
			       const char *const *const *values,
			       const struct referral_lookup_result *answer,
			       const char **error_r);
int referral_mirror_copy_info(struct referral_mirror_copy *copy,
			      struct referral_sync_info *info,
			      const char **error_r);

/* Do some of the work that there is while _SWEEPING, for one turn of the loop.
   Returns FALSE if there is none (any more). */
bool referral_mirror_copy_work(struct referral_mirror_copy *copy);

enum referral_mirror_copy_state
referral_mirror_copy_get_state(const struct referral_mirror_copy *copy);
/* _DOUBTFUL: how many entries the refresh has shown, and how many there were
   before */
void referral_mirror_copy_get_shrunk(const struct referral_mirror_copy *copy,
				     unsigned int *seen_r,
				     unsigned int *expected_r);
const struct referral_mirror_table *
referral_mirror_copy_get_table(const struct referral_mirror_copy *copy);

#endif
