/* Fields as "key=value" strings */

#include "lib.h"
#include "args.h"

const char *referral_args_find(const char *const *args, const char *key)
{
	size_t len = strlen(key);

	for (; args != NULL && *args != NULL; args++) {
		if (strncmp(*args, key, len) == 0 && (*args)[len] == '=')
			return *args + len + 1;
	}
	return NULL;
}
