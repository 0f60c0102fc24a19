#include "lib.h"
#include "session.h"
#include "words.h"
#include "test-core.h"

void test_session_place(void)
{
	static const struct {
		enum referral_reason reason;
		enum referral_action action;
		bool dry_run;
		const char *place;
	} tests[] = {
		{ REFERRAL_REASON_HOME, REFERRAL_ACTION_LOCAL, FALSE, "home" },
		{ REFERRAL_REASON_HOME, REFERRAL_ACTION_LOCAL, TRUE, "home" },
		{ REFERRAL_REASON_ELSEWHERE, REFERRAL_ACTION_REFER, FALSE,
		  "elsewhere" },
		{ REFERRAL_REASON_ELSEWHERE, REFERRAL_ACTION_OFFER, FALSE,
		  "elsewhere" },
		{ REFERRAL_REASON_ELSEWHERE, REFERRAL_ACTION_PROXY, FALSE,
		  "elsewhere" },
		{ REFERRAL_REASON_ELSEWHERE, REFERRAL_ACTION_REJECT, FALSE,
		  "elsewhere" },
		{ REFERRAL_REASON_NO_CREDENTIALS, REFERRAL_ACTION_TEMPFAIL,
		  FALSE, "elsewhere" },
		{ REFERRAL_REASON_MOVING, REFERRAL_ACTION_TEMPFAIL, FALSE,
		  "elsewhere" },
		{ REFERRAL_REASON_MOVING, REFERRAL_ACTION_TEMPFAIL, TRUE,
		  "allowed" },
		/* the client would come back here */
		{ REFERRAL_REASON_ELSEWHERE, REFERRAL_ACTION_LOCAL, FALSE,
		  "allowed" },
		{ REFERRAL_REASON_ELSEWHERE, REFERRAL_ACTION_SUGGEST, FALSE,
		  "allowed" },
		{ REFERRAL_REASON_ELSEWHERE, REFERRAL_ACTION_REFER, TRUE,
		  "allowed" },
		{ REFERRAL_REASON_NO_CREDENTIALS, REFERRAL_ACTION_TEMPFAIL,
		  TRUE, "allowed" },
		/* trouble, whatever is done about it */
		{ REFERRAL_REASON_UNAVAILABLE, REFERRAL_ACTION_TEMPFAIL, FALSE,
		  "unknown" },
		{ REFERRAL_REASON_UNAVAILABLE, REFERRAL_ACTION_LOCAL, FALSE,
		  "unknown" },
		{ REFERRAL_REASON_NO_ENTRY, REFERRAL_ACTION_REJECT, FALSE,
		  "unknown" },
		{ REFERRAL_REASON_NO_VALUE, REFERRAL_ACTION_LOCAL, FALSE,
		  "unknown" },
		{ REFERRAL_REASON_SEVERAL_ENTRIES, REFERRAL_ACTION_TEMPFAIL,
		  FALSE, "unknown" },
		{ REFERRAL_REASON_INVALID_VALUE, REFERRAL_ACTION_TEMPFAIL,
		  FALSE, "unknown" },
		{ REFERRAL_REASON_NOT_ALLOWED, REFERRAL_ACTION_TEMPFAIL, FALSE,
		  "unknown" },
		/* two servers that disagree */
		{ REFERRAL_REASON_LOOP, REFERRAL_ACTION_TEMPFAIL, FALSE,
		  "unknown" },
	};
	struct referral_decision decision;
	unsigned int i;

	test_begin("session: place");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		i_zero(&decision);
		decision.reason = tests[i].reason;
		decision.action = tests[i].action;
		test_assert_strcmp_idx(referral_session_place_to_string(
			referral_session_place(&decision, tests[i].dry_run)),
			tests[i].place, i);
	}
	test_end();
}
