#ifndef REFERRAL_DOVEADM_COMMANDS_H
#define REFERRAL_DOVEADM_COMMANDS_H

/* "doveadm referral ...": see doveadm-referral(1). Each command prints its
   errors and sets doveadm_exit_code. */

struct doveadm_cmd_ver2;

extern struct doveadm_cmd_ver2 referral_cmd_check;
extern struct doveadm_cmd_ver2 referral_cmd_drain;
extern struct doveadm_cmd_ver2 referral_cmd_explain;
extern struct doveadm_cmd_ver2 referral_cmd_flush;
extern struct doveadm_cmd_ver2 referral_cmd_kick;
extern struct doveadm_cmd_ver2 referral_cmd_list;
extern struct doveadm_cmd_ver2 referral_cmd_status;
extern struct doveadm_cmd_ver2 referral_cmd_stray;
extern struct doveadm_cmd_ver2 referral_cmd_who;

#endif
