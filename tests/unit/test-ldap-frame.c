#include "lib.h"
#include "ldap-frame.h"
#include "test-core.h"

#define NOTICE REFERRAL_LDAP_FRAME_END_NOTICE
#define INVALID REFERRAL_LDAP_FRAME_END_INVALID

/* search result done, 7 and 22 bytes of header */
#define DONE "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
#define DONE_LONG "\x30\x84\x00\x00\x00\x17" \
	"\x02\x84\x00\x00\x00\x04\x7f\xff\xff\xff" \
	"\x65\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"

/* a notification of 29 bytes, 1.2.3, and that of disconnection */
#define NOTICE_OTHER "\x30\x13\x02\x01\x00\x78\x0e\x0a\x01\x00" \
	"\x04\x00\x04\x00\x8a\x05" "1.2.3"
#define NOTICE_END "\x30\x24\x02\x01\x00\x78\x1f\x0a\x01\x34" \
	"\x04\x00\x04\x00\x8a\x16" "1.3.6.1.4.1.1466.20036"

static const struct {
	const char *data;
	size_t size;
	enum referral_ldap_frame_end end;
	/* bytes of messages before the end, of notifications */
	size_t right, skipped;
	/* bytes at its end that are not enough */
	size_t unknown;
} frames[] = {
#define FRAME(str) .data = str, .size = sizeof(str) - 1
	{ FRAME("") },
	{ FRAME(DONE), .right = 14 },
	{ FRAME(DONE_LONG), .right = 29 },
	{ FRAME(DONE DONE_LONG DONE), .right = 57 },
	/* abandonRequest and unbindRequest are the shortest operations */
	{ FRAME("\x30\x05\x02\x01\x01\x42\x00" DONE), .right = 21 },
	/* not complete */
	{ FRAME("\x30\x84\x00\x0f\xff\xff\x02\x01\x01\x64\x81\x7f\xff"),
	  .right = 13 },

	/* not complete: what is it? */
	{ FRAME("\x30\x84\x00\x0f\xff\xff\x02\x01\x01\x64\x84\x7f"),
	  .unknown = 12 },
	{ FRAME(DONE "\x30\x84\x00"), .right = 14, .unknown = 3 },
	{ FRAME(DONE "\x30"), .right = 14, .unknown = 1 },

	/* unsolicited */
	{ FRAME(NOTICE_OTHER), .skipped = 21 },
	{ FRAME(NOTICE_OTHER DONE NOTICE_OTHER NOTICE_OTHER DONE),
	  .right = 28, .skipped = 63 },
	{ FRAME("\x30\x13\x02\x01\x00\x78\x0e\x0a\x01\x00"),
	  .unknown = 10 },
	{ FRAME(NOTICE_END), .end = NOTICE },
	{ FRAME(DONE NOTICE_OTHER NOTICE_END DONE), .end = NOTICE,
	  .right = 14, .skipped = 21 },
	/* another of the same length */
	{ FRAME("\x30\x24\x02\x01\x00\x78\x1f\x0a\x01\x34"
		"\x04\x00\x04\x00\x8a\x16" "1.3.6.1.4.1.1466.20037"),
	  .skipped = 38 },
	/* a name that leads out of it */
	{ FRAME("\x30\x13\x02\x01\x00\x78\x0e\x0a\x01\x00"
		"\x04\x00\x04\x00\x8a\x06" "1.2.3"), .end = NOTICE },
	{ FRAME("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
	  .end = NOTICE },
	{ FRAME(DONE "\x30\x05\x02\x01\x00\x78\x00" DONE),
	  .end = NOTICE, .right = 14 },
	{ FRAME("\x30\x05\x02\x01\x00\x65\x00"), .end = INVALID },
	/* the beginning is enough */
	{ FRAME("\x30\x84\x00\x10\x00\x00\x02\x01\x00\x78\x84\x00\x0f\x00\x00"),
	  .end = NOTICE },

	/* too long, which its beginning says */
	{ FRAME("\x30\x84\x00\x10\x00\x01"), .end = INVALID },
	{ FRAME("\x30\x84\x00\x10\x00\x00"), .unknown = 6 },
	/* no message */
	{ FRAME("HTTP"), .end = INVALID },
	{ FRAME(DONE "\x00\x00"), .end = INVALID, .right = 14 },
	{ FRAME("\x30\x80"), .end = INVALID },
	{ FRAME("\x30\x85"), .end = INVALID },
	{ FRAME("\x30\xff"), .end = INVALID },
	{ FRAME("\x30\x00" DONE), .end = INVALID },
	/* no ID */
	{ FRAME("\x30\x0c\x04\x01\x02"), .end = INVALID },
	{ FRAME("\x30\x0c\x02\x00"), .end = INVALID },
	{ FRAME("\x30\x0c\x02\x05"), .end = INVALID },
	{ FRAME("\x30\x0c\x02\x01\xff\x65\x00"), .end = INVALID },
	{ FRAME("\x30\x09\x02\x04\x80\x00\x00\x00\x65\x01"), .end = INVALID },
	{ FRAME("\x30\x02\x02\x01"), .end = INVALID },
	/* no operation */
	{ FRAME("\x30\x03\x02\x01\x02" DONE), .end = INVALID },
	{ FRAME("\x30\x04\x02\x01\x02\x65" DONE), .end = INVALID },
	{ FRAME("\x30\x0c\x02\x01\x02\x7f\x07"), .end = INVALID },
	{ FRAME("\x30\x0c\x02\x01\x02\x00\x07"), .end = INVALID },
	{ FRAME("\x30\x0c\x02\x01\x02\xa3\x07"), .end = INVALID },
	/* longer than the message */
	{ FRAME("\x30\x0c\x02\x01\x02\x65\x08"), .end = INVALID },
	{ FRAME("\x30\x0b\x02\x01\x02\x64\x84\x7f\xff\xff\xff\x04\x00"),
	  .end = INVALID },
#undef FRAME
};

/* Let the scanner see so many bytes more at a time. */
static void test_frame(unsigned int i, size_t step)
{
	const unsigned char *data = (const unsigned char *)frames[i].data;
	struct referral_ldap_frame frame;
	size_t pos = 0, seen = 0, right = 0, skipped = 0, size, skip;

	i_zero(&frame);
	for (;;) {
		size = referral_ldap_frame_scan(&frame, data + pos, seen - pos,
						&skip);
		pos += skip;
		skipped += skip;
		test_assert_idx(size <= seen - pos, i);
		if (size > 0) {
			/* not all at once */
			size = I_MIN(size, step);
			referral_ldap_frame_take(&frame, size);
			pos += size;
			right += size;
		} else if (frame.end != REFERRAL_LDAP_FRAME_END_NONE ||
			   seen == frames[i].size) {
			break;
		} else {
			seen = I_MIN(seen + step, frames[i].size);
		}
	}
	test_assert_idx(frame.end == frames[i].end, i);
	test_assert_ucmp_idx(right, ==, frames[i].right, i);
	test_assert_ucmp_idx(skipped, ==, frames[i].skipped, i);
	if (frame.end == REFERRAL_LDAP_FRAME_END_NONE) {
		test_assert_ucmp_idx(frames[i].size - pos, ==,
				     frames[i].unknown, i);
	} else {
		test_assert_idx(referral_ldap_frame_scan(&frame,
			(const unsigned char *)DONE, 14, &skip) == 0, i);
	}
}

void test_ldap_frame_scan(void)
{
	unsigned int i;
	size_t step;

	test_begin("ldap frame scan");
	for (i = 0; i < N_ELEMENTS(frames); i++) {
		for (step = 1; step < 100; step++)
			test_frame(i, step);
	}
	test_end();
}
