#ifndef REFERRAL_DOVEADM_DRAIN_H
#define REFERRAL_DOVEADM_DRAIN_H

struct doveadm_cmd_context;

/* Is this server drained? Returns 1 if so, with the host that clients are told
   in *host_r, 0 if not, and -1 with *error_r if that can't be read or names no
   valid host: clients are let in then. *host_r is "" in both other cases. */
int referral_drain_get(struct doveadm_cmd_context *cctx, const char **host_r,
		       const char **error_r);

#endif
