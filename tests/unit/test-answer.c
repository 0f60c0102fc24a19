/* answer.c: kept once, parsed once */

#include "lib.h"
#include "answer.h"
#include "test-core.h"

void test_answer_hosts(void)
{
	static const char *const values[] = {
		"imap1.example.com", "IMAP2.Example.com.:1143", "x]", "",
		"192.0.2.1", "[2001:DB8::1]:1143", NULL
	};
	/* "" = not valid */
	static const struct {
		const char *name;
		in_port_t port;
		int family;
	} hosts[] = {
		{ "imap1.example.com", 0, 0 },
		{ "imap2.example.com", 1143, 0 },
		{ NULL, 0, 0 },
		{ NULL, 0, 0 },
		{ "192.0.2.1", 0, AF_INET },
		{ "2001:db8::1", 1143, AF_INET6 },
	};
	static const char *const none[] = { NULL };
	struct referral_lookup_result result = {
		.status = REFERRAL_LOOKUP_HOSTS,
		.mailhosts = values,
		.action = "proxy",
	}, kept;
	struct referral_answers answers;
	struct referral_answer *answer, *same, *other;
	size_t bytes = 0, empty_bytes;
	unsigned int i;

	test_begin("answer hosts");
	referral_answers_init(&answers, &bytes);
	empty_bytes = bytes;
	answer = referral_answers_get(&answers, &result);
	same = referral_answers_get(&answers, &result);
	test_assert(answer == same);
	i_zero(&kept);
	kept.source = REFERRAL_SOURCE_STALE;
	kept.age_secs = 5;
	referral_answer_get_result(answer, &kept);
	test_assert(kept.status == REFERRAL_LOOKUP_HOSTS);
	test_assert(kept.source == REFERRAL_SOURCE_STALE);
	test_assert(kept.age_secs == 5);
	test_assert_strcmp(kept.action, "proxy");
	for (i = 0; i < N_ELEMENTS(hosts); i++) {
		test_assert_strcmp_idx(kept.mailhosts[i], values[i], i);
		test_assert_idx(kept.mailhosts[i] != values[i], i);
		test_assert_strcmp_idx(kept.hosts[i].name, hosts[i].name, i);
		test_assert_idx(kept.hosts[i].port == hosts[i].port, i);
		test_assert_idx(kept.hosts[i].ip.family == hosts[i].family, i);
	}
	test_assert(kept.mailhosts[i] == NULL);
	test_assert(bytes <= empty_bytes + referral_answer_get_size(&result));
	test_assert(bytes + 64 > empty_bytes +
		    referral_answer_get_size(&result));

	/* no values are something else than none */
	result.action = NULL;
	result.mailhosts = none;
	other = referral_answers_get(&answers, &result);
	referral_answer_get_result(other, &kept);
	test_assert(kept.mailhosts != NULL && kept.mailhosts[0] == NULL);
	test_assert(kept.action == NULL);
	referral_answers_unref(&answers, &other);
	test_assert(other == NULL);
	result.status = REFERRAL_LOOKUP_NO_VALUE;
	result.mailhosts = NULL;
	other = referral_answers_get(&answers, &result);
	referral_answer_get_result(other, &kept);
	test_assert(kept.mailhosts == NULL && kept.hosts == NULL);
	referral_answers_unref(&answers, &other);

	/* counted */
	referral_answers_unref(&answers, &same);
	test_assert(bytes > empty_bytes);
	referral_answers_unref(&answers, &answer);
	test_assert(bytes == empty_bytes);
	referral_answers_deinit(&answers);
	test_assert(bytes == 0);
	test_end();
}
