/* Unit tests of plugin/mirror: states, and what lookups get in each. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "hex-binary.h"
#include "ioloop.h"
#include "lib-event.h"
#include "test-common.h"
#include "fake-ldap-client.h"
#include "fake-ldap-stream.h"
#include "test-lookup-caller.h"
#include "test-mirror-server.h"

static void test_mirror_states(void)
{
	test_begin("mirror: states");
	test_mirror_start("(&(a=b)(uid=%{user}))");
	test_assert_strcmp(test_mirror_state(), "connecting");
	test_mirror_schema();
	test_assert_strcmp(test_mirror_state(), "connecting");
	test_assert_strcmp(fake_ldap_stream->uri, NULL);
	test_assert_strcmp(fake_ldap_stream->base, "dc=example");
	test_assert_strcmp(fake_ldap_stream->filter, "(&(a=b)(uid=*))");
	test_assert_strcmp(fake_ldap_stream->attributes, "uid mailHost");
	test_assert_strcmp(fake_ldap_stream->control_oid,
			   REFERRAL_SYNC_REQUEST_OID);
	test_mirror_started(URI);
	test_assert_strcmp(test_mirror_state(), "refreshing");
	test_mirror_entry(REFERRAL_SYNC_STATE_ADD, "bob", "h");
	test_assert_strcmp(test_mirror_home("bob"), NULL);
	test_mirror_stop();

	test_mirror_in_sync();
	test_assert_strcmp(test_mirror_home("bob"), "h");
	test_assert_strcmp(test_mirror_home("BOB"), "h");
	test_assert_strcmp(test_mirror_home("dave"), "none");
	test_assert_strcmp(test_mirror_home("eve"), NULL);
	test_mirror_entry(REFERRAL_SYNC_STATE_MODIFY, "bob", "h2");
	test_assert_strcmp(test_mirror_home("bob"), "h2");
	test_mirror_entry(REFERRAL_SYNC_STATE_DELETE, "bob", NULL);
	test_assert_strcmp(test_mirror_home("bob"), NULL);
	test_mirror_stop();

	/* at every point */
	test_mirror_start("(uid=%{user})");
	test_mirror_stop();
	test_mirror_start("(uid=%{user})");
	test_mirror_schema();
	test_mirror_stop();
	test_end();
}

static bool test_control_has(const char *cookie)
{
	const buffer_t *value = fake_ldap_stream->control_value;

	return strstr(binary_to_hex(value->data, value->used),
		      binary_to_hex((const void *)cookie,
				    strlen(cookie))) != NULL;
}

static void test_mirror_lost(void)
{
	struct test_caller caller = { .calls = 0 };

	test_begin("mirror: lost");
	test_mirror_in_sync();
	test_mirror_lose();
	test_assert_strcmp(test_mirror_error(), "cable cut");
	test_assert_strcmp(test_mirror_home("bob"), NULL);
	/* a server's answer is better than the copy's, and that than none */
	test_ask(&caller, "bob");
	fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
	test_assert(caller.status == REFERRAL_LOOKUP_NO_ENTRY);
	test_ask(&caller, "bob");
	fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
	test_assert(caller.status == REFERRAL_LOOKUP_HOSTS);
	test_assert(caller.source == REFERRAL_SOURCE_STALE);
	test_assert_strcmp(caller.mailhosts, "h");
	/* not what it had no home for */
	test_ask(&caller, "dave");
	fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
	test_assert(caller.status == REFERRAL_LOOKUP_UNAVAILABLE);

	/* it goes on where it was, at the same server */
	io_loop_run(test_ioloop);
	test_assert_strcmp(fake_ldap_stream->uri, URI);
	test_assert(test_control_has("rid=1"));
	test_mirror_started(URI);
	test_mirror_info(REFRESH_DONE, 2);
	test_assert_strcmp(test_mirror_state(), "in_sync");
	test_assert_strcmp(test_mirror_error(), NULL);
	test_assert_strcmp(test_mirror_home("bob"), "h");
	test_caller_free(&caller);
	test_mirror_stop();

	/* or anew at any */
	test_mirror_in_sync();
	test_mirror_lose();
	io_loop_run(test_ioloop);
	test_assert_strcmp(fake_ldap_stream->uri, URI);
	fake_ldap_stream_lost("still cut");
	test_assert_strcmp(fake_ldap_stream->uri, NULL);
	test_assert(!test_control_has("rid=1"));
	test_mirror_started(URI2);
	/* not in the middle of it */
	test_assert_strcmp(test_mirror_home("bob"), NULL);
	test_mirror_stop();

	/* the cookie is refused: e-syncRefreshRequired, unwillingToPerform */
	for (unsigned int i = 0; i < 2; i++) {
		test_mirror_in_sync();
		test_mirror_lose();
		io_loop_run(test_ioloop);
		test_mirror_started(URI);
		test_mirror_done(i == 0 ? REFERRAL_SYNC_REFRESH_REQUIRED : 53);
		test_assert_strcmp_idx(test_mirror_state(), "lost", i);
		io_loop_run(test_ioloop);
		test_assert_strcmp_idx(fake_ldap_stream->uri, NULL, i);
		test_assert_idx(!test_control_has("rid=1"), i);
		test_mirror_stop();
	}
	test_end();
}

static void test_mirror_refused(void)
{
	static const struct {
		int code;
		const char *state;
	} tests[] = {
		/* a persistent search does not end */
		{ 0, "lost" }, { 51, "lost" }, { 52, "lost" }, { 80, "lost" },
		{ 3, "refused" }, { 4, "refused" }, { 10, "refused" },
		{ 11, "refused" }, { 12, "refused" }, { 32, "refused" },
		{ 50, "refused" }, { 53, "refused" },
	};

	test_begin("mirror: refused");
	for (unsigned int i = 0; i < N_ELEMENTS(tests); i++) {
		test_mirror_start("(uid=%{user})");
		test_mirror_schema();
		test_mirror_started(URI);
		test_expect_errors(1);
		test_mirror_done(tests[i].code);
		test_expect_no_more_errors();
		test_assert_strcmp_idx(test_mirror_state(), tests[i].state, i);
		test_mirror_stop();
	}
	/* no rule for it */
	test_mirror_start("(octets=%{user})");
	test_expect_error_string("not possible");
	test_mirror_schema();
	test_expect_no_more_errors();
	test_assert_strcmp(test_mirror_state(), "refused");
	test_assert_strcmp(test_mirror_error(), "attribute octets in "
		"referral_ldap_filter can't be mirrored: its matching rule is "
		"octetStringMatch");
	test_assert(fake_ldap_stream == NULL);
	test_mirror_stop();
	test_end();
}

/* What one server won't do, another one may. */
static void test_mirror_other_server(void)
{
	test_begin("mirror: another server");
	test_mirror_in_sync();
	test_mirror_lose();
	io_loop_run(test_ioloop);
	test_assert_strcmp(fake_ldap_stream->uri, URI);
	test_assert_strcmp(str_c(fake_ldap_stream->avoided), "");
	test_mirror_started(URI);
	test_expect_error_string("not possible: "URI": the server's text: it "
				 "does not know RFC 4533");
	test_mirror_done(12);
	test_expect_no_more_errors();
	test_assert_strcmp(test_mirror_state(), "refused");
	io_loop_run(test_ioloop);
	test_assert_strcmp(fake_ldap_stream->uri, NULL);
	test_assert_strcmp(str_c(fake_ldap_stream->avoided), URI" ");
	test_assert(!test_control_has("rid=1"));
	/* nor does it: that is said once */
	test_mirror_started(URI2);
	test_mirror_done(12);
	test_assert_strcmp(test_mirror_state(), "refused");
	test_mirror_turn();
	test_assert(fake_ldap_stream == NULL);
	/* what was known is still there */
	struct test_caller caller = { .calls = 0 };
	test_ask(&caller, "bob");
	fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
	test_assert(caller.source == REFERRAL_SOURCE_STALE);
	test_assert_strcmp(caller.mailhosts, "h");
	test_caller_free(&caller);
	test_mirror_stop();

	/* the same for what can't be trusted, and for a refresh that breaks
	   off */
	for (unsigned int i = 0; i < 2; i++) {
		test_mirror_start("(uid=%{user})");
		test_mirror_schema();
		test_mirror_started(URI);
		test_expect_errors(1);
		if (i == 0) {
			test_mirror_info("", 0);
			test_assert(strstr(test_mirror_error(), URI": ") != NULL);
		} else {
			fake_ldap_stream_lost("cable cut");
			io_loop_run(test_ioloop);
			test_assert_strcmp(str_c(fake_ldap_stream->avoided),
					   URI" ");
		}
		test_expect_no_more_errors();
		test_mirror_stop();
	}
	test_end();
}

static void test_mirror_unknown_rules(void)
{
	static const char *const none[] = { NULL };

	test_begin("mirror: rules that are not known");
	for (unsigned int i = 0; i < 3; i++) {
		test_mirror_start("(uid=%{user})");
		if (i == 0)
			fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
		else if (i == 1)
			test_mirror_answer(none);
		else {
			const char *const subentry[] = { "cn=x", NULL };

			test_mirror_answer(subentry);
			fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
		}
		test_mirror_started(URI);
		test_mirror_entry(REFERRAL_SYNC_STATE_ADD, "bob", "h");
		test_mirror_info(REFRESH_DONE_COOKIE, 9);
		while (strcmp(test_mirror_state(), "in_sync") != 0)
			test_mirror_turn();
		test_assert_strcmp_idx(test_mirror_home("bob"), "h", i);
		test_assert_strcmp_idx(test_mirror_home("Bob"), NULL, i);
		/* the next time they are, and the copy is made anew */
		test_mirror_lose();
		while (fake_ldap_searches == NULL)
			test_mirror_turn();
		test_mirror_schema();
		test_assert_idx(!test_control_has("rid=1"), i);
		test_mirror_stop();
	}
	test_end();
}

static void test_mirror_distrust(void)
{
	const char *const uids[] = { "bob", NULL };
	const char *const none[] = { NULL };
	const char *const *const values[] = { uids, none, NULL };
	struct referral_ldap_stream_entry entry = {
		.dn = "uid=bob", .values = values,
	};
	const struct referral_ldap_control control = {
		.oid = REFERRAL_SYNC_STATE_OID, .value = "x", .value_size = 1,
	};
	unsigned int i;

	test_begin("mirror: what can't be true");
	for (i = 0; i < 6; i++) {
		test_mirror_in_sync();
		test_expect_error_string("not in sync");
		switch (i) {
		case 0:
			/* without a control */
			fake_ldap_stream->vfuncs->entry(
				fake_ldap_stream->context, &entry);
			break;
		case 1:
			entry.controls = &control;
			entry.controls_count = 1;
			fake_ldap_stream->vfuncs->entry(
				fake_ldap_stream->context, &entry);
			break;
		case 2:
			test_mirror_entry(REFERRAL_SYNC_STATE_ADD, NULL, "h");
			break;
		case 3:
			test_mirror_entry(REFERRAL_SYNC_STATE_PRESENT, "eve",
					  NULL);
			break;
		case 4:
			test_mirror_info("", 0);
			break;
		default:
			test_mirror_info(REFRESH_DONE, 2);
			break;
		}
		test_expect_no_more_errors();
		test_assert_strcmp_idx(test_mirror_state(), "lost", i);
		test_assert_idx(fake_ldap_stream == NULL, i);
		test_assert_strcmp_idx(test_mirror_home("bob"), NULL, i);
		test_mirror_stop();
	}
	/* other messages mean nothing */
	test_mirror_in_sync();
	const struct referral_ldap_stream_intermediate message = {
		.oid = "1.2.3",
	};
	fake_ldap_stream->vfuncs->intermediate(fake_ldap_stream->context,
					       &message);
	test_assert_strcmp(test_mirror_state(), "in_sync");
	test_mirror_stop();
	test_end();
}

static void test_mirror_init_error(void)
{
	const char *error = NULL;

	test_begin("mirror: init");
	test_set = test_default_set;
	test_set.referral_ldap_filter = "(!(uid=%{user}))";
	if (!test_lookup_start(&error))
		i_fatal("%s", error);
	test_assert(referral_mirror_init(NULL, &test_set, test_lookup,
					 &test_mirror, &error) < 0);
	test_assert(strstr(error, "referral_mirror: ") != NULL);
	test_lookup_stop();
	test_end();
}

int main(void)
{
	static void (*const test_functions[])(void) = {
		test_mirror_states,
		test_mirror_lost,
		test_mirror_refused,
		test_mirror_other_server,
		test_mirror_unknown_rules,
		test_mirror_distrust,
		test_mirror_init_error,
		NULL
	};
	return test_run(test_functions);
}
