#ifndef REFERRAL_DOVEADM_HOSTS_H
#define REFERRAL_DOVEADM_HOSTS_H

/* The home servers of a directory, how many users each has, and what their
   names resolve to. Bounded in memory, whatever the directory says. */

#include "entry.h"

struct referral_hosts;

struct referral_hosts_host {
	/* "host[:port]" */
	const char *name;
	unsigned int users;
	/* this server, by its name or address */
	bool here;
	/* its addresses were asked for */
	bool looked_up;
	/* looked_up: they are known, and one of them is this server's */
	bool resolves, resolves_here;
};

typedef void referral_hosts_callback_t(const struct referral_hosts_host *host,
				       void *context);

struct referral_hosts *
referral_hosts_init(const struct referral_entry_rules *rules);
void referral_hosts_deinit(struct referral_hosts **hosts);

/* One more user of this home server (with a name). here: see
   referral_entry_check(). Valid until the next call. */
const struct referral_hosts_host *
referral_hosts_add(struct referral_hosts *hosts,
		   const struct referral_host *home, bool here);
/* The same without counting, with its addresses: it may wait for DNS, once for
   each name. */
const struct referral_hosts_host *
referral_hosts_lookup(struct referral_hosts *hosts,
		      const struct referral_host *home, bool here);

/* All of them, the one with most users first. Returns how many users' hosts
   were too many to be kept. */
unsigned int referral_hosts_list(struct referral_hosts *hosts,
				 referral_hosts_callback_t *callback,
				 void *context);

#endif
