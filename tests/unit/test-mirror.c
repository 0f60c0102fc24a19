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
#include "sync-value.h"
#include "mirror.h"

#define URI "ldap://ldap1.example.com"
#define URI2 "ldaps://ldap2"

static const char *const test_attribute_types[] = {
	"( 1.1 NAME 'uid' EQUALITY caseIgnoreMatch )",
	"( 1.2 NAME 'octets' EQUALITY octetStringMatch )",
	NULL
};

static struct referral_mirror *test_mirror;

static void test_stop_loop(struct ioloop *ioloop)
{
	io_loop_stop(ioloop);
}

/* What is due now, and all that follows from it */
static void test_turn(void)
{
	struct timeout *to = timeout_add_short(10, test_stop_loop, test_ioloop);

	io_loop_run(test_ioloop);
	timeout_remove(&to);
}

static void test_answer(const char *const *values)
{
	const char *const *const attributes[] = { values, NULL };

	fake_ldap_answer(REFERRAL_LDAP_ENTRY, attributes);
}

static void test_start(const char *filter)
{
	const char *error;

	test_set = test_default_set;
	test_set.referral_mirror = TRUE;
	test_set.referral_ldap_uris = URI" "URI2;
	test_set.referral_ldap_filter = filter;
	if (!test_lookup_start(&error) ||
	    referral_mirror_init(NULL, &test_set, test_lookup, &test_mirror,
				 &error) < 0)
		i_fatal("%s", error);
	test_turn();
}

static void test_stop(void)
{
	referral_mirror_deinit(&test_mirror);
	test_assert(test_mirror == NULL);
	test_assert(fake_ldap_stream == NULL);
	test_lookup_stop();
}

/* The schema is asked for and told. */
static void test_schema(void)
{
	static const char *const subentry[] = { "cn=Subschema", NULL };

	test_assert_strcmp(fake_ldap_searches->base, "");
	test_answer(subentry);
	test_assert_strcmp(fake_ldap_searches->base, "cn=Subschema");
	test_answer(test_attribute_types);
}

static const char *test_state(void)
{
	struct referral_mirror_status status;

	referral_mirror_get_status(test_mirror, &status);
	return status.state;
}

static const char *test_error(void)
{
	struct referral_mirror_status status;

	referral_mirror_get_status(test_mirror, &status);
	return status.error;
}

static void test_entry(unsigned char state, const char *uid, const char *host)
{
	const char *const uids[] = { uid, NULL };
	const char *const hosts[] = { host, NULL };
	const char *const *const values[] = { uids, hosts, NULL };
	unsigned char value[23] = { 0x30, 21, 0x0a, 1, state, 0x04, 16 };
	const struct referral_ldap_control control = {
		.oid = REFERRAL_SYNC_STATE_OID,
		.value = value, .value_size = sizeof(value),
	};
	const struct referral_ldap_stream_entry entry = {
		.dn = "uid=x", .values = values,
		.controls = &control, .controls_count = 1,
	};

	if (uid != NULL)
		memcpy(value + 7, uid, strlen(uid));
	fake_ldap_stream->vfuncs->entry(fake_ldap_stream->context, &entry);
}

static void test_info(const void *value, size_t size)
{
	const struct referral_ldap_stream_intermediate message = {
		.oid = REFERRAL_SYNC_INFO_OID,
		.value = value, .value_size = size,
	};

	fake_ldap_stream->vfuncs->intermediate(fake_ldap_stream->context,
					       &message);
}

#define REFRESH_DONE "\xa1\x00"
/* the cookie rid=1 */
#define REFRESH_DONE_COOKIE "\xa1\x07\x04\x05rid=1"

static void test_done(int code)
{
	const struct referral_ldap_stream_done done = {
		.code = code, .text = "the server's text",
	};

	fake_ldap_stream->vfuncs->done(fake_ldap_stream->context, &done);
}

static void test_started(const char *uri)
{
	fake_ldap_stream->vfuncs->started(fake_ldap_stream->context, uri);
}

/* The home of user as the mirror has it, or NULL */
static const char *test_home(const char *user)
{
	struct referral_lookup_result result;

	if (!test_cached_result(user, &result) ||
	    result.source != REFERRAL_SOURCE_MIRROR)
		return NULL;
	test_assert_strcmp(result.server, URI);
	return result.status == REFERRAL_LOOKUP_HOSTS ?
		result.mailhosts[0] : "none";
}

static void test_in_sync(void)
{
	test_start("(uid=%{user})");
	test_schema();
	test_started(URI);
	test_entry(REFERRAL_SYNC_STATE_ADD, "bob", "h");
	test_entry(REFERRAL_SYNC_STATE_ADD, "dave", NULL);
	test_info(REFRESH_DONE_COOKIE, 9);
	/* what is gone is looked for */
	test_assert_strcmp(test_state(), "refreshing");
	while (strcmp(test_state(), "in_sync") != 0)
		test_turn();
	test_assert_strcmp(test_state(), "in_sync");
}

/* The connection ends, which is told once. */
static void test_lost(void)
{
	test_expect_error_string("cable cut");
	fake_ldap_stream_lost("cable cut");
	test_expect_no_more_errors();
	test_assert_strcmp(test_state(), "lost");
}

static void test_mirror_states(void)
{
	test_begin("mirror: states");
	test_start("(&(a=b)(uid=%{user}))");
	test_assert_strcmp(test_state(), "connecting");
	test_schema();
	test_assert_strcmp(test_state(), "connecting");
	test_assert_strcmp(fake_ldap_stream->uri, NULL);
	test_assert_strcmp(fake_ldap_stream->base, "dc=example");
	test_assert_strcmp(fake_ldap_stream->filter, "(&(a=b)(uid=*))");
	test_assert_strcmp(fake_ldap_stream->attributes, "uid mailHost");
	test_assert_strcmp(fake_ldap_stream->control_oid,
			   REFERRAL_SYNC_REQUEST_OID);
	test_started(URI);
	test_assert_strcmp(test_state(), "refreshing");
	test_entry(REFERRAL_SYNC_STATE_ADD, "bob", "h");
	test_assert_strcmp(test_home("bob"), NULL);
	test_stop();

	test_in_sync();
	test_assert_strcmp(test_home("bob"), "h");
	test_assert_strcmp(test_home("BOB"), "h");
	test_assert_strcmp(test_home("dave"), "none");
	test_assert_strcmp(test_home("eve"), NULL);
	test_entry(REFERRAL_SYNC_STATE_MODIFY, "bob", "h2");
	test_assert_strcmp(test_home("bob"), "h2");
	test_entry(REFERRAL_SYNC_STATE_DELETE, "bob", NULL);
	test_assert_strcmp(test_home("bob"), NULL);
	test_stop();

	/* at every point */
	test_start("(uid=%{user})");
	test_stop();
	test_start("(uid=%{user})");
	test_schema();
	test_stop();
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
	test_in_sync();
	test_lost();
	test_assert_strcmp(test_error(), "cable cut");
	test_assert_strcmp(test_home("bob"), NULL);
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
	test_started(URI);
	test_info(REFRESH_DONE, 2);
	test_assert_strcmp(test_state(), "in_sync");
	test_assert_strcmp(test_error(), NULL);
	test_assert_strcmp(test_home("bob"), "h");
	test_caller_free(&caller);
	test_stop();

	/* or anew at any */
	test_in_sync();
	test_lost();
	io_loop_run(test_ioloop);
	test_assert_strcmp(fake_ldap_stream->uri, URI);
	fake_ldap_stream_lost("still cut");
	test_assert_strcmp(fake_ldap_stream->uri, NULL);
	test_assert(!test_control_has("rid=1"));
	test_started(URI2);
	/* not in the middle of it */
	test_assert_strcmp(test_home("bob"), NULL);
	test_stop();

	/* the cookie is refused: e-syncRefreshRequired, unwillingToPerform */
	for (unsigned int i = 0; i < 2; i++) {
		test_in_sync();
		test_lost();
		io_loop_run(test_ioloop);
		test_started(URI);
		test_done(i == 0 ? REFERRAL_SYNC_REFRESH_REQUIRED : 53);
		test_assert_strcmp_idx(test_state(), "lost", i);
		io_loop_run(test_ioloop);
		test_assert_strcmp_idx(fake_ldap_stream->uri, NULL, i);
		test_assert_idx(!test_control_has("rid=1"), i);
		test_stop();
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
		test_start("(uid=%{user})");
		test_schema();
		test_started(URI);
		test_expect_errors(1);
		test_done(tests[i].code);
		test_expect_no_more_errors();
		test_assert_strcmp_idx(test_state(), tests[i].state, i);
		test_stop();
	}
	/* no rule for it */
	test_start("(octets=%{user})");
	test_expect_error_string("not possible");
	test_schema();
	test_expect_no_more_errors();
	test_assert_strcmp(test_state(), "refused");
	test_assert_strcmp(test_error(), "attribute octets in "
		"referral_ldap_filter can't be mirrored: its matching rule is "
		"octetStringMatch");
	test_assert(fake_ldap_stream == NULL);
	test_stop();
	test_end();
}

/* What one server won't do, another one may. */
static void test_mirror_other_server(void)
{
	test_begin("mirror: another server");
	test_in_sync();
	test_lost();
	io_loop_run(test_ioloop);
	test_assert_strcmp(fake_ldap_stream->uri, URI);
	test_assert_strcmp(str_c(fake_ldap_stream->avoided), "");
	test_started(URI);
	test_expect_error_string("not possible: "URI": the server's text: it "
				 "does not know RFC 4533");
	test_done(12);
	test_expect_no_more_errors();
	test_assert_strcmp(test_state(), "refused");
	io_loop_run(test_ioloop);
	test_assert_strcmp(fake_ldap_stream->uri, NULL);
	test_assert_strcmp(str_c(fake_ldap_stream->avoided), URI" ");
	test_assert(!test_control_has("rid=1"));
	/* nor does it: that is said once */
	test_started(URI2);
	test_done(12);
	test_assert_strcmp(test_state(), "refused");
	test_turn();
	test_assert(fake_ldap_stream == NULL);
	/* what was known is still there */
	struct test_caller caller = { .calls = 0 };
	test_ask(&caller, "bob");
	fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
	test_assert(caller.source == REFERRAL_SOURCE_STALE);
	test_assert_strcmp(caller.mailhosts, "h");
	test_caller_free(&caller);
	test_stop();

	/* the same for what can't be trusted, and for a refresh that breaks
	   off */
	for (unsigned int i = 0; i < 2; i++) {
		test_start("(uid=%{user})");
		test_schema();
		test_started(URI);
		test_expect_errors(1);
		if (i == 0) {
			test_info("", 0);
			test_assert(strstr(test_error(), URI": ") != NULL);
		} else {
			fake_ldap_stream_lost("cable cut");
			io_loop_run(test_ioloop);
			test_assert_strcmp(str_c(fake_ldap_stream->avoided),
					   URI" ");
		}
		test_expect_no_more_errors();
		test_stop();
	}
	test_end();
}

static void test_mirror_unknown_rules(void)
{
	static const char *const none[] = { NULL };

	test_begin("mirror: rules that are not known");
	for (unsigned int i = 0; i < 3; i++) {
		test_start("(uid=%{user})");
		if (i == 0)
			fake_ldap_answer(REFERRAL_LDAP_UNAVAILABLE, NULL);
		else if (i == 1)
			test_answer(none);
		else {
			const char *const subentry[] = { "cn=x", NULL };

			test_answer(subentry);
			fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
		}
		test_started(URI);
		test_entry(REFERRAL_SYNC_STATE_ADD, "bob", "h");
		test_info(REFRESH_DONE_COOKIE, 9);
		while (strcmp(test_state(), "in_sync") != 0)
			test_turn();
		test_assert_strcmp_idx(test_home("bob"), "h", i);
		test_assert_strcmp_idx(test_home("Bob"), NULL, i);
		/* the next time they are, and the copy is made anew */
		test_lost();
		while (fake_ldap_searches == NULL)
			test_turn();
		test_schema();
		test_assert_idx(!test_control_has("rid=1"), i);
		test_stop();
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
		test_in_sync();
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
			test_entry(REFERRAL_SYNC_STATE_ADD, NULL, "h");
			break;
		case 3:
			test_entry(REFERRAL_SYNC_STATE_PRESENT, "eve", NULL);
			break;
		case 4:
			test_info("", 0);
			break;
		default:
			test_info(REFRESH_DONE, 2);
			break;
		}
		test_expect_no_more_errors();
		test_assert_strcmp_idx(test_state(), "lost", i);
		test_assert_idx(fake_ldap_stream == NULL, i);
		test_assert_strcmp_idx(test_home("bob"), NULL, i);
		test_stop();
	}
	/* other messages mean nothing */
	test_in_sync();
	const struct referral_ldap_stream_intermediate message = {
		.oid = "1.2.3",
	};
	fake_ldap_stream->vfuncs->intermediate(fake_ldap_stream->context,
					       &message);
	test_assert_strcmp(test_state(), "in_sync");
	test_stop();
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
