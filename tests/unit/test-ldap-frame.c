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

static const struct {
	const char *data;
	size_t size;
	enum referral_ldap_frame_end end;
	/* bytes of messages before the end */
	size_t right;
} frames[] = {
#define FRAME(str) .data = str, .size = sizeof(str) - 1
	{ FRAME("") },
	{ FRAME(DONE) },
	{ FRAME(DONE_LONG) },
	{ FRAME(DONE DONE_LONG DONE) },
	/* abandonRequest and unbindRequest are the shortest operations */
	{ FRAME("\x30\x05\x02\x01\x01\x42\x00" DONE) },
	/* not complete */
	{ FRAME("\x30\x84\x7f\xff\xff\xff\x02\x01\x01\x64\x84\x7f\xff") },
	{ FRAME(DONE "\x30\x84\x00") },

	/* unsolicited */
	{ FRAME("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
	  .end = NOTICE },
	{ FRAME(DONE "\x30\x05\x02\x01\x00\x78\x00" DONE),
	  .end = NOTICE, .right = 14 },
	{ FRAME("\x30\x05\x02\x01\x00\x65\x00"), .end = INVALID },
	/* the beginning is enough */
	{ FRAME("\x30\x84\x00\x10\x00\x00\x02\x01\x00\x78\x84\x00\x0f\x00\x00"),
	  .end = NOTICE },

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

void test_ldap_frame_scan(void)
{
	struct referral_ldap_frame frame;
	const unsigned char *data;
	size_t pos, right;
	unsigned int i;

	test_begin("ldap frame scan");
	for (i = 0; i < N_ELEMENTS(frames); i++) {
		data = (const unsigned char *)frames[i].data;
		right = frames[i].end == REFERRAL_LDAP_FRAME_END_NONE ?
			frames[i].size : frames[i].right;

		i_zero(&frame);
		test_assert_idx(referral_ldap_frame_scan(&frame, data,
			frames[i].size) == right, i);
		test_assert_idx(frame.end == frames[i].end, i);
		if (frame.end != REFERRAL_LDAP_FRAME_END_NONE) {
			test_assert_idx(referral_ldap_frame_scan(&frame,
				(const unsigned char *)DONE, 14) == 0, i);
		}

		/* one at a time: no more than the header is let through */
		i_zero(&frame);
		for (pos = 0; pos < frames[i].size &&
		     referral_ldap_frame_scan(&frame, data + pos, 1) == 1;
		     pos++) ;
		test_assert_idx(frame.end == frames[i].end, i);
		test_assert_idx(pos >= right && pos - right <
				REFERRAL_LDAP_FRAME_HEADER_SIZE, i);
	}
	test_end();
}
