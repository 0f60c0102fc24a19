/* A mirror of a fake server: see test-mirror-server.h */

#include "lib.h"
#include "ioloop.h"
#include "test-common.h"
#include "fake-ldap-client.h"
#include "fake-ldap-stream.h"
#include "test-lookup-caller.h"
#include "test-mirror-server.h"

static const char *const test_attribute_types[] = {
	"( 1.1 NAME 'uid' EQUALITY caseIgnoreMatch )",
	"( 1.2 NAME 'octets' EQUALITY octetStringMatch )",
	NULL
};

struct referral_mirror *test_mirror;

static void test_stop_loop(struct ioloop *ioloop)
{
	io_loop_stop(ioloop);
}

/* What is due now, and all that follows from it */
void test_mirror_turn(void)
{
	struct timeout *to = timeout_add_short(10, test_stop_loop, test_ioloop);

	io_loop_run(test_ioloop);
	timeout_remove(&to);
}

void test_mirror_answer(const char *const *values)
{
	const char *const *const attributes[] = { values, NULL };

	fake_ldap_answer(REFERRAL_LDAP_ENTRY, attributes);
}

void test_mirror_start(const char *filter)
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
	test_mirror_turn();
}

void test_mirror_stop(void)
{
	referral_mirror_deinit(&test_mirror);
	test_assert(test_mirror == NULL);
	test_assert(fake_ldap_stream == NULL);
	test_lookup_stop();
}

/* The schema is asked for and told. */
void test_mirror_schema(void)
{
	static const char *const subentry[] = { "cn=Subschema", NULL };

	test_assert_strcmp(fake_ldap_searches->base, "");
	test_mirror_answer(subentry);
	test_assert_strcmp(fake_ldap_searches->base, "cn=Subschema");
	test_mirror_answer(test_attribute_types);
}

const char *test_mirror_state(void)
{
	struct referral_mirror_status status;

	referral_mirror_get_status(test_mirror, &status);
	return status.state;
}

const char *test_mirror_error(void)
{
	struct referral_mirror_status status;

	referral_mirror_get_status(test_mirror, &status);
	return status.error;
}

void test_mirror_entry(unsigned char state, const char *uid, const char *host)
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

void test_mirror_info(const void *value, size_t size)
{
	const struct referral_ldap_stream_intermediate message = {
		.oid = REFERRAL_SYNC_INFO_OID,
		.value = value, .value_size = size,
	};

	fake_ldap_stream->vfuncs->intermediate(fake_ldap_stream->context,
					       &message);
}

void test_mirror_done(int code)
{
	const struct referral_ldap_stream_done done = {
		.code = code, .text = "the server's text",
	};

	fake_ldap_stream->vfuncs->done(fake_ldap_stream->context, &done);
}

void test_mirror_started(const char *uri)
{
	fake_ldap_stream->vfuncs->started(fake_ldap_stream->context, uri);
}

/* The home of user as the mirror has it, or NULL */
const char *test_mirror_home(const char *user)
{
	struct referral_lookup_result result;

	if (!test_cached_result(user, &result) ||
	    result.source != REFERRAL_SOURCE_MIRROR)
		return NULL;
	test_assert_strcmp(result.server, URI);
	return result.status == REFERRAL_LOOKUP_HOSTS ?
		result.mailhosts[0] : "none";
}

void test_mirror_in_sync(void)
{
	test_mirror_start("(uid=%{user})");
	test_mirror_schema();
	test_mirror_started(URI);
	test_mirror_entry(REFERRAL_SYNC_STATE_ADD, "bob", "h");
	test_mirror_entry(REFERRAL_SYNC_STATE_ADD, "dave", NULL);
	test_mirror_info(REFRESH_DONE_COOKIE, 9);
	/* what is gone is looked for */
	test_assert_strcmp(test_mirror_state(), "refreshing");
	while (strcmp(test_mirror_state(), "in_sync") != 0)
		test_mirror_turn();
	test_assert_strcmp(test_mirror_state(), "in_sync");
}

/* The connection ends, which is told once. */
void test_mirror_lose(void)
{
	test_expect_error_string("cable cut");
	fake_ldap_stream_lost("cable cut");
	test_expect_no_more_errors();
	test_assert_strcmp(test_mirror_state(), "lost");
}
