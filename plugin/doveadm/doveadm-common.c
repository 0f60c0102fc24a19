/* What the commands share. */

#include "lib.h"
#include "str-sanitize.h"
#include "doveadm.h"
#include "doveadm-print.h"
#include "doveadm-common.h"

void referral_print_begin(const char *format,
			  const struct referral_column *columns)
{
	doveadm_print_init(format);
	for (; columns->key != NULL; columns++)
		doveadm_print_header(columns->key, columns->title, 0);
}

void referral_print(const char *value)
{
	doveadm_print(str_sanitize(value, SIZE_MAX));
}

void referral_set_result(struct doveadm_cmd_context *cctx, int exit_code)
{
	if (cctx->conn_type == DOVEADM_CONNECTION_TYPE_CLI)
		doveadm_exit_code = exit_code;
}
