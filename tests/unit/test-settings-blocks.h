#ifndef TEST_SETTINGS_BLOCKS_H
#define TEST_SETTINGS_BLOCKS_H

/* referral_directory NAME { }, in each generation's way */
void test_settings_blocks(void);

#endif
