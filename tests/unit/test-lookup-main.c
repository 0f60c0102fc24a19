/* Unit tests of plugin/lookup: an argument runs only the tests it matches. */

#include "lib.h"
#include "test-lookup.h"

int main(int argc, char *argv[])
{
	static const struct named_test tests[] = {
		TEST_LOOKUP_TESTS(TEST_NAMED)
		{ NULL, NULL }
	};

	return test_run_named(tests, argc > 1 ? argv[1] : "");
}
