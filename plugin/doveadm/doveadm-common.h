#ifndef REFERRAL_DOVEADM_COMMON_H
#define REFERRAL_DOVEADM_COMMON_H

/* What the commands share. */

struct doveadm_cmd_context;

struct referral_column {
	/* of json, and of the answer it comes from */
	const char *key;
	/* of table, flow and pager */
	const char *title;
};

/* columns end with a NULL key. Before the first value, and before any return:
   json wants it. */
void referral_print_begin(const char *format,
			  const struct referral_column *columns);
/* Print a value that may hold anything, without what would steer a terminal. */
void referral_print(const char *value);

/* Only on the command line, an exit code may come with output: doveadm-server
   would throw that away. */
void referral_set_result(struct doveadm_cmd_context *cctx, int exit_code);

#endif
