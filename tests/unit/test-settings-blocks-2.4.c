/* Blocks of Dovecot 2.4 inherit by themselves. */

#include "lib.h"
#include "test-common.h"
#include "compat-directories.h"
#include "test-settings-blocks.h"

void test_settings_blocks(void)
{
	struct referral_directory_settings set;

	test_begin("settings: no blocks");
	i_zero(&set);
	test_assert(referral_compat_directories_count(&set) == 0);
	test_end();
}
