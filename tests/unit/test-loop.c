/* Sessions that would come back */

#include "lib.h"
#include "loop.h"
#include "test-core.h"

#define FRONT "192.0.2.1"
#define HOME "192.0.2.2"
#define CLIENT "198.51.100.7"
#define WHEN 1000000

void test_loop_find(void)
{
	static const struct {
		const char *local_ip;
		in_port_t local_port;
		const char *dest;
		in_port_t dest_port;
		bool here;
	} tests[] = {
		{ FRONT, 143, FRONT, 143, TRUE },
		{ FRONT, 143, FRONT, 1143, FALSE },
		{ FRONT, 143, HOME, 143, FALSE },
		/* not known: Dovecot goes to the port it was asked on */
		{ FRONT, 24, FRONT, 0, TRUE },
		{ FRONT, 24, HOME, 0, FALSE },
		/* whoever is told of it would look at the wrong machine */
		{ FRONT, 143, "127.0.0.1", 143, TRUE },
		{ FRONT, 143, "127.3.2.1", 143, TRUE },
		{ FRONT, 143, "::1", 143, TRUE },
		{ FRONT, 143, "::2", 143, FALSE },
		{ FRONT, 143, "127.0.0.1", 1143, FALSE },
		/* several servers on one machine */
		{ "127.0.0.1", 143, "127.0.0.1", 143, TRUE },
		{ "127.0.0.1", 143, "127.0.0.2", 143, FALSE },
		{ "::1", 143, "::1", 143, TRUE },
		/* not known */
		{ "", 0, FRONT, 0, FALSE },
		{ "", 143, FRONT, 143, FALSE },
	};
	unsigned int i;

	test_begin("loop find");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct ip_addr dest[2] = {
			test_ip("203.0.113.9"), test_ip(tests[i].dest),
		};
		struct referral_loop_session session = {
			.local_ip = test_ip(tests[i].local_ip),
			.local_port = tests[i].local_port,
			.dest_ips = dest,
			.dest_ips_count = 2,
			.dest_port = tests[i].dest_port,
		};

		test_assert_idx(referral_loop_find(&session) ==
				(tests[i].here ? REFERRAL_LOOP_HERE :
				 REFERRAL_LOOP_NONE), i);
		session.forwarded = TRUE;
		test_assert_idx(referral_loop_find(&session) ==
				(tests[i].here ? REFERRAL_LOOP_BACK :
				 REFERRAL_LOOP_NONE), i);
		/* nothing is known of a name that does not resolve */
		session.dest_ips_count = 0;
		test_assert_idx(referral_loop_find(&session) ==
				REFERRAL_LOOP_NONE, i);
	}
	test_end();
}

/* remote: who the client is; peer: who brings it */
static struct referral_loop_session
session_from(const char *remote, const char *peer)
{
	static struct ip_addr home;
	struct referral_loop_session session = {
		.client_id = 12345 + (unsigned char)remote[strlen(remote) - 1],
		.connection_id = 77,
		.remote_ip = test_ip(remote),
		.real_remote_ip = test_ip(peer),
		.forwarded = strcmp(remote, peer) != 0,
		.dest_ips = &home,
		.dest_ips_count = 1,
	};

	home = test_ip(HOME);
	return session;
}

void test_loop_limits(void)
{
	static const struct {
		const char *remote;
		bool no_login;
		/* so many at once, so many in each second after it */
		unsigned int burst, rate;
		enum referral_loop loop;
	} tests[] = {
		{ CLIENT, FALSE, 32, 2, REFERRAL_LOOP_MANY },
		{ HOME, FALSE, 16, 2, REFERRAL_LOOP_BACK },
		{ HOME, TRUE, 32, 2, REFERRAL_LOOP_BACK },
	};
	struct referral_loop_session session, other;
	struct referral_loops *loops;
	unsigned int i, j, sec;

	test_begin("loop limits");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		loops = referral_loops_init();
		session = session_from(tests[i].remote, tests[i].remote);
		session.no_login = tests[i].no_login;
		for (j = 0; j < tests[i].burst; j++) {
			test_assert_idx(referral_loops_add(loops, &session,
				WHEN) == REFERRAL_LOOP_NONE, i);
		}
		for (j = 0; j < 3; j++) {
			test_assert_idx(referral_loops_add(loops, &session,
				WHEN) == tests[i].loop, i);
		}
		/* another user, or the same from elsewhere, notices nothing */
		other = session;
		other.client_id++;
		test_assert_idx(referral_loops_add(loops, &other, WHEN) ==
				REFERRAL_LOOP_NONE, i);
		for (sec = 1; sec < 5; sec++) {
			j = 0;
			while (referral_loops_add(loops, &session, WHEN +
				sec * 1000) == REFERRAL_LOOP_NONE)
				j++;
			test_assert_idx(j == tests[i].rate, i);
		}
		/* all is forgotten */
		j = 0;
		while (referral_loops_add(loops, &session, WHEN + 60000) ==
		       REFERRAL_LOOP_NONE)
			j++;
		test_assert_idx(j == tests[i].burst, i);
		/* the clock was set back */
		test_assert_idx(referral_loops_add(loops, &session, 1000) ==
				REFERRAL_LOOP_NONE, i);
		referral_loops_deinit(&loops);
	}
	test_end();
}

/* On a busy machine, or between distant ones: each turn is another process, of
   which Dovecot allows 100, and Dovecot ends the whole after 30 seconds. */
void test_loop_slow(void)
{
	static const struct {
		const char *remote;
		bool no_login;
	} tests[] = {
		{ CLIENT, FALSE },
		{ HOME, FALSE },
		{ HOME, TRUE },
	};
	struct referral_loop_session session;
	struct referral_loops *loops;
	unsigned int i, turn_msecs, turns;

	test_begin("loop: slow circles");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		session = session_from(tests[i].remote, tests[i].remote);
		session.no_login = tests[i].no_login;
		for (turn_msecs = 5; turn_msecs < 1000; turn_msecs += 5) {
			loops = referral_loops_init();
			for (turns = 0; turns * turn_msecs < 30000; turns++) {
				if (referral_loops_add(loops, &session, WHEN +
						turns * turn_msecs) !=
				    REFERRAL_LOOP_NONE)
					break;
			}
			test_assert_idx(turns < 100, turn_msecs);
			referral_loops_deinit(&loops);
		}
	}
	test_end();
}

void test_loop_mail_is_not_limited(void)
{
	struct referral_loop_session session = session_from(CLIENT, CLIENT);
	struct referral_loops *loops = referral_loops_init();
	unsigned int i;

	test_begin("loop: mail is not limited");
	session.no_login = TRUE;
	for (i = 0; i < 10000; i++) {
		test_assert(referral_loops_add(loops, &session, WHEN) ==
			    REFERRAL_LOOP_NONE);
	}
	referral_loops_deinit(&loops);
	test_end();
}

void test_loop_is_back(void)
{
	static const struct {
		/* who brings the client, a second time msecs later */
		const char *first, *second;
		unsigned int msecs;
		bool other_connection, no_login;
		enum referral_loop loop;
	} tests[] = {
		/* a client comes again */
		{ CLIENT, CLIENT, 10, FALSE, FALSE, REFERRAL_LOOP_NONE },
		{ CLIENT, CLIENT, 10, FALSE, TRUE, REFERRAL_LOOP_NONE },
		/* a proxy brings it again, whichever */
		{ CLIENT, HOME, 10, FALSE, FALSE, REFERRAL_LOOP_BACK },
		{ CLIENT, "192.0.2.9", 10, FALSE, FALSE, REFERRAL_LOOP_BACK },
		{ CLIENT, "192.0.2.9", 4999, FALSE, TRUE, REFERRAL_LOOP_BACK },
		/* the same port, but another session */
		{ CLIENT, "192.0.2.9", 5000, FALSE, FALSE, REFERRAL_LOOP_NONE },
		{ CLIENT, "192.0.2.9", 10, TRUE, FALSE, REFERRAL_LOOP_NONE },
		/* a webmail that forwards addresses, at home as well */
		{ "192.0.2.9", "192.0.2.9", 10, FALSE, FALSE,
		  REFERRAL_LOOP_NONE },
		{ HOME, HOME, 10, FALSE, FALSE, REFERRAL_LOOP_NONE },
		/* another session of such a client, or mail in a circle */
		{ "192.0.2.9", "192.0.2.8", 10, FALSE, FALSE,
		  REFERRAL_LOOP_NONE },
		{ "192.0.2.9", "192.0.2.8", 10, FALSE, TRUE,
		  REFERRAL_LOOP_BACK },
		{ "192.0.2.9", "192.0.2.8", 10, TRUE, TRUE,
		  REFERRAL_LOOP_NONE },
		/* mail has no webmail */
		{ "192.0.2.9", HOME, 10, FALSE, TRUE, REFERRAL_LOOP_BACK },
		{ "192.0.2.9", HOME, 10, TRUE, TRUE, REFERRAL_LOOP_BACK },
	};
	struct referral_loop_session session;
	struct referral_loops *loops;
	unsigned int i;

	test_begin("loop is back");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		loops = referral_loops_init();
		session = session_from(CLIENT, tests[i].first);
		session.no_login = tests[i].no_login;
		test_assert_idx(referral_loops_add(loops, &session, WHEN) ==
				REFERRAL_LOOP_NONE, i);
		session.real_remote_ip = test_ip(tests[i].second);
		session.forwarded = strcmp(tests[i].second, CLIENT) != 0;
		if (tests[i].other_connection)
			session.connection_id++;
		test_assert_idx(referral_loops_add(loops, &session, WHEN +
				tests[i].msecs) == tests[i].loop, i);
		/* where nobody tells the port */
		session.connection_id = 0;
		session.no_login = FALSE;
		test_assert_idx(referral_loops_add(loops, &session, WHEN) ==
				REFERRAL_LOOP_NONE, i);
		referral_loops_deinit(&loops);
	}
	test_end();
}

void test_loop_texts(void)
{
	test_begin("loop texts");
	test_assert(strstr(referral_loop_to_string(REFERRAL_LOOP_HERE),
			   "referral_local_hosts here)") != NULL);
	test_assert(strstr(referral_loop_to_string(REFERRAL_LOOP_BACK),
			   "referral_local_hosts there") != NULL);
	test_assert(strstr(referral_loop_to_string(REFERRAL_LOOP_MANY),
			   "referral_local_hosts here and there") != NULL);
	test_end();
}
