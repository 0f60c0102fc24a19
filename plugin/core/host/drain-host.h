#ifndef REFERRAL_DRAIN_HOST_H
#define REFERRAL_DRAIN_HOST_H

#include "referral-decision.h"

/* Where new clients are sent while this server is being drained. file is what
   the drain file holds (REFERRAL_DRAIN_FILE), NULL if there is none; setting is
   referral_drain_host. The file's port is IMAP's: others ignore it.

   Returns 1 and host_r, allocated from the data stack; 0 if this server takes
   clients as always; -1 and error_r if it should be drained, but nothing valid
   says to where. */
int referral_drain_host_get(const char *file, const char *setting, bool imap,
			    struct referral_host *host_r,
			    const char **error_r);

#endif
