/* What libFuzzer calls: gives the target its input as lines. */

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc ATTR_UNUSED, char ***argv ATTR_UNUSED)
{
	lib_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy, so that reading past the end of the input is noticed. No
	   input holds a NUL: strings do not, and LDAP's are replaced. */
	char *input = i_strndup(data, size);

	T_BEGIN {
		fuzz_run((const char *const *)t_strsplit(input, "\n"));
	} T_END;
	i_free(input);
	return 0;
}

const char *fuzz_line(const char *const *lines, unsigned int idx)
{
	return str_array_length(lines) > idx ? lines[idx] : "";
}

bool fuzz_is_printable(const char *str)
{
	for (; *str != '\0'; str++) {
		if (*str < ' ' || *str > '~')
			return FALSE;
	}
	return TRUE;
}

unsigned int fuzz_count(const char *str, const char *chars)
{
	unsigned int count = 0;

	for (; *str != '\0'; str++) {
		if (strchr(chars, *str) != NULL)
			count++;
	}
	return count;
}
