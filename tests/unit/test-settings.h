#ifndef TEST_SETTINGS_H
#define TEST_SETTINGS_H

#include "referral-settings.h"

struct override {
	/* 0: end of list; no string setting lies there */
	size_t offset;
	const char *value;
};

struct settings_test {
	/* on top of valid settings with ldap://ldap.example.com */
	struct override set[3];
	bool starttls, mirror;
	/* 0: default */
	unsigned int timeout, connect_timeout, queue_timeout;
	/* NULL: valid */
	const char *error;
};

/* What each set starts from */
struct referral_directory_settings test_settings_directory_defaults(void);
void test_settings_apply(void *set, const struct override *overrides,
			 unsigned int count);

void test_settings_server(void);
void test_settings_search(void);
void test_settings_mirror(void);
void test_settings_block(void);

#endif
