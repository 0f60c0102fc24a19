/* Blocks of Dovecot 2.3: what one leaves out is as outside of it. */

#include "lib.h"
#include "array.h"
#include "settings-parser.h"
#include "test-common.h"
#include "compat-setting-defs.h"
#include "compat-directories.h"
#include "test-settings-blocks.h"

/* A value unlike any default */
static void set_other(const struct setting_define *def, void *set)
{
	void *value = PTR_OFFSET(set, def->offset);

	switch (def->type) {
	case SET_BOOL:
		*(bool *)value = TRUE;
		break;
	case SET_UINT:
	case SET_TIME:
	case SET_TIME_MSECS:
		*(unsigned int *)value = 4711;
		break;
	case SET_SIZE:
		*(uoff_t *)value = 4711;
		break;
	default:
		*(const char **)value = "other";
		break;
	}
}

void test_settings_blocks(void)
{
	const struct setting_parser_info *info =
		&referral_directory_block_parser_info;
	struct referral_directory_settings outside, block;
	const struct referral_directory_settings *set;
	const struct setting_define *def;
	const void *block_ptr = &block;
	const char *setting = NULL, *error;

	test_begin("settings: what a block leaves out");
	i_zero(&outside);
	for (def = info->defines; def->key != NULL; def++)
		set_other(def, &outside);
	block = *(const struct referral_directory_settings *)info->defaults;
	for (def = info->defines; def->key != NULL; def++) {
		if (def->type == SET_ENUM) {
			const char **value = PTR_OFFSET(&block, def->offset);
			*value = t_strcut(*value, ':');
		}
	}
	t_array_init(&outside.referral_directories, 1);
	array_push_back(&outside.referral_directories, &block_ptr);

	test_assert(referral_compat_directories_count(&outside) == 1);
	test_assert(referral_compat_directory_get(pool_datastack_create(), NULL,
						  NULL, &outside, 0, &set,
						  &error) == 0);
	test_assert(referral_directory_settings_equal(set, &outside, &setting));
	test_assert_strcmp(setting, NULL);

	/* and what it does not leave out */
	for (def = info->defines; def->key != NULL; def++)
		set_other(def, &block);
	outside = *(const struct referral_directory_settings *)
		referral_directory_setting_parser_info.defaults;
	t_array_init(&outside.referral_directories, 1);
	array_push_back(&outside.referral_directories, &block_ptr);
	test_assert(referral_compat_directory_get(pool_datastack_create(), NULL,
						  NULL, &outside, 0, &set,
						  &error) == 0);
	test_assert(referral_directory_settings_equal(set, &block, &setting));
	test_end();
}
