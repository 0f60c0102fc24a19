#ifndef REFERRAL_DOVEADM_USERS_H
#define REFERRAL_DOVEADM_USERS_H

struct doveadm_cmd_context;

/* How many users of the directory are at home on this server? Returns 0, or -1
   after an error. */
int referral_users_count_here(struct doveadm_cmd_context *cctx,
			      unsigned int *count_r);

#endif
