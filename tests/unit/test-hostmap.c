#include "lib.h"
#include "hostmap.h"
#include "identity.h"
#include "mailhost.h"
#include "test-core.h"

void test_hostmap_lookup(void)
{
	static const struct {
		const char *map, *host, *target;
		bool port_named;
	} tests[] = {
		{ "", "a.internal", "a.internal", FALSE },
		{ "", "a.internal:99", "a.internal:99", FALSE },
		{ "a.internal=a.example", "a.internal", "a.example", FALSE },
		{ "A.Internal.=A.Example.", "a.internal", "a.example", FALSE },
		{ "a.internal=a.example", "b.internal", "b.internal", FALSE },
		{ "a.internal=a.example b.internal=b.example", "b.internal",
		  "b.example", FALSE },
		{ " a=x \t b=y ", "b", "y", FALSE },
		/* the port goes with the host unless the pair says otherwise */
		{ "a=x", "a:99", "x:99", FALSE },
		{ "a=x:1", "a:99", "x:1", TRUE },
		{ "a=x:1", "a", "x:1", TRUE },
		{ "a:99=x", "a:99", "x", FALSE },
		{ "a:99=x:1", "a:99", "x:1", TRUE },
		{ "a:99=x", "a", "a", FALSE },
		{ "a:99=x", "a:98", "a:98", FALSE },
		/* the pair with the port comes first, wherever it stands */
		{ "a=x a:99=y", "a:99", "y", FALSE },
		{ "a:99=y a=x", "a:99", "y", FALSE },
		{ "a:99=y a=x", "a:98", "x:98", FALSE },
		{ "a:99=y a=x", "a", "x", FALSE },
		/* addresses */
		{ "10.0.0.1=imap1.example.com", "10.0.0.1",
		  "imap1.example.com", FALSE },
		{ "10.0.0.1=imap1.example.com", "::ffff:10.0.0.1",
		  "imap1.example.com", FALSE },
		{ "[fd00::1]:143=imap1.example.com:1143", "[fd00:0::1]:143",
		  "imap1.example.com:1143", TRUE },
		{ "fd00::1=2001:db8::1", "fd00::1", "[2001:db8::1]", FALSE },
		/* the same name on another port */
		{ "a=a:1993", "a", "a:1993", TRUE },
		{ "a=a:1993", "a:143", "a:1993", TRUE },
		{ "a=b:1 b:2=c", "a", "b:1", TRUE },
	};
	struct referral_hostmap *map;
	struct referral_host host, target;
	const char *error;
	unsigned int i;

	test_begin("hostmap lookup");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_hostmap_create(
			pool_datastack_create(), tests[i].map, &map,
			&error) == 0, i);
		host = test_host(tests[i].host);
		test_assert_idx(referral_hostmap_lookup(map, &host, &target) ==
				tests[i].port_named, i);
		test_assert_strcmp_idx(referral_host_to_string(&target, 0),
				       tests[i].target, i);
	}
	test_end();
}

void test_hostmap_invalid(void)
{
	static const char *const invalid[] = {
		"a", "=", "a=", "=x", "a=x=y", "a= x", "a =x", "a,b=x",
		"a=x,b=y", "a@=x", "a=x@", "a=[x]/] t", "a:0=x", "a=x:0",
		"a=x:", "*.internal=x", "a=*.example", "10.0.0.0/8=x",
		"[fd00::1=x", "a=1.2.3",
		/* the same internal host twice */
		"a=x a=y", "a=x a=x", "a=x A.=x", "a:1=x a:1=y",
		"fd00::1=x [fd00:0::1]=x",
		/* chains and loops */
		"a=b b=c", "b=c a=b", "a=b b=a", "a=b b=b:1993", "a=b:1 b=c",
		"a=b:1 b:1=c", "a=b b:1=c", "a:1=b b=c", "a:2=b:1 b:1=b:2",
		"a=b b=c c=a",
		/* no URL can ask for TLS from the start */
		"a=a:993", "a=b:993", "b=x a:993=b:993",
	};
	static const char *const valid[] = {
		"a=a", "a=a:1993", "a:993=a:2", "a=b b=b", "a=b:1 b:1=b:1",
		"a=b:1 b:2=c", "a:1=b b:1=c", "a=x b=x", "a=x a:1=x",
	};
	struct referral_hostmap *map;
	const char *error;
	unsigned int i;

	test_begin("hostmap: invalid");
	for (i = 0; i < N_ELEMENTS(invalid); i++) {
		error = "";
		test_assert_idx(referral_hostmap_create(
			pool_datastack_create(), invalid[i], &map,
			&error) == -1, i);
		test_assert_idx(strncmp(error, "referral_host_map: ",
					19) == 0, i);
	}
	for (i = 0; i < N_ELEMENTS(valid); i++) {
		test_assert_idx(referral_hostmap_create(
			pool_datastack_create(), valid[i], &map,
			&error) == 0, i);
	}
	test_end();
}

void test_hostmap_check(void)
{
	static const struct {
		const char *map, *local_hosts, *allowed;
		bool valid;
	} tests[] = {
		{ "", "us", "", TRUE },
		{ "a=x", "us", "", TRUE },
		{ "a=us", "us", "", FALSE },
		{ "b=y a=us", "us", "", FALSE },
		{ "a=US.:143", "us", "", FALSE },
		{ "a=us:2143", "us", "", TRUE },
		{ "us=x", "us", "", TRUE },
		/* one map for all servers: this one's line does no harm */
		{ "us=us.example them=them.example", "us us.example", "",
		  TRUE },
		{ "us:1143=us.example", "us us.example", "", TRUE },
		{ "a=x.example", "us", "*.example", TRUE },
		{ "a=x.example", "us", "*.org *.example", TRUE },
		{ "a=x.example", "us", "*.org", FALSE },
		{ "a=192.0.2.1", "us", "192.0.2.0/24", TRUE },
		{ "a=192.0.2.1", "us", "*.example", FALSE },
	};
	struct referral_identity_settings set;
	struct referral_identity *identity;
	struct referral_hostglobs *allowed;
	struct referral_hostmap *map;
	pool_t pool = pool_datastack_create();
	const char *error;
	unsigned int i;

	test_begin("hostmap check");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		i_zero(&set);
		set.local_hosts = tests[i].local_hosts;
		test_assert_idx(
			referral_identity_create(pool, &set, &identity,
						 &error) == 0 &&
			referral_hostmap_create(pool, tests[i].map, &map,
						&error) == 0 &&
			referral_hostglobs_create(pool, "x", tests[i].allowed,
						  &allowed, &error) == 0, i);
		error = "";
		test_assert_idx((referral_hostmap_check(map, identity, allowed,
							&error) == 0) ==
				tests[i].valid, i);
		test_assert_idx(tests[i].valid ||
				strncmp(error, "referral_host_map: ", 19) == 0,
				i);
		test_assert_idx(referral_hostmap_check(map, NULL, NULL,
						       &error) == 0, i);
	}
	test_end();
}

void test_hostglobs(void)
{
	static const struct {
		const char *globs, *host;
		bool match;
	} tests[] = {
		{ "", "a.example", FALSE },
		{ "*.example", "a.example", TRUE },
		{ "*.example", "a.example:99", TRUE },
		{ "*.example", "a.example.org", FALSE },
		{ "*.example", "192.0.2.1", FALSE },
		{ "*.org *.example", "a.example", TRUE },
		{ "*.example:99", "a.example:99", TRUE },
		{ "*.example:99", "a.example", FALSE },
		{ "*.example:99", "a.example:98", FALSE },
		{ "192.0.2.0/24", "192.0.2.1:99", TRUE },
		{ "192.0.2.0/24", "192.0.3.1", FALSE },
		{ "*", "192.0.2.1", TRUE },
	};
	struct referral_hostglobs *globs;
	struct referral_host host;
	const char *error;
	unsigned int i;

	test_begin("hostglobs");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(referral_hostglobs_create(
			pool_datastack_create(), "referral_allowed_hosts",
			tests[i].globs, &globs, &error) == 0, i);
		host = test_host(tests[i].host);
		test_assert_idx(referral_hostglobs_match(globs, &host) ==
				tests[i].match, i);
		test_assert_idx(referral_hostglobs_is_empty(globs) ==
				(tests[i].globs[0] == '\0'), i);
	}
	test_assert(referral_hostglobs_create(
		pool_datastack_create(), "referral_allowed_hosts", "*.a *.b/",
		&globs, &error) == -1);
	test_assert(strncmp(error, "referral_allowed_hosts: *.b/: ", 30) == 0);
	test_end();
}
