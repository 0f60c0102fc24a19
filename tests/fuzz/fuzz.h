#ifndef FUZZ_H
#define FUZZ_H

/* A fuzz target states what must hold for every input, so that it finds more
   than crashes. */

#include "lib.h"

#define FUZZ_REQUIRE(expr) STMT_START { \
	if (unlikely(!(expr))) \
		i_panic("%s:%d: does not hold: %s", \
			__FILE__, __LINE__, #expr); \
	} STMT_END

/* The target: lines are the input's, NULL-terminated. */
void fuzz_run(const char *const *lines);

/* The line, "" if there are fewer */
const char *fuzz_line(const char *const *lines, unsigned int idx);
/* Only ' ' to '~'? What goes to a log or a client must be. */
bool fuzz_is_printable(const char *str);
unsigned int fuzz_count(const char *str, const char *chars);

#endif
