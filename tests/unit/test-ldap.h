#ifndef TEST_LDAP_H
#define TEST_LDAP_H

/* plugin/ldap against a small server in the same process */

#include "test-common.h"
#include "net.h"
#include "ldap-client.h"
#include "referral-settings.h"

#define TEST_LDAP_TESTS(X) \
	X(test_ldap_result) \
	X(test_ldap_tls_hint) \
	X(test_ldap_init_errors) \
	X(test_ldap_values) \
	X(test_ldap_not_from_inside) \
	X(test_ldap_cancel) \
	X(test_ldap_deinit) \
	X(test_ldap_pending) \
	X(test_ldap_queue_full) \
	X(test_ldap_reset_answers) \
	X(test_ldap_reset_notice) \
	X(test_ldap_idle_close) \
	X(test_ldap_lost_while_full) \
	X(test_ldap_in_pieces) \
	X(test_ldap_cut) \
	X(test_ldap_flip) \
	X(test_ldap_cancel_at_each_step) \
	X(test_ldap_stream_messages) \
	X(test_ldap_stream_pages) \
	X(test_ldap_stream_lost) \
	X(test_ldap_stream_stop) \
	X(test_ldap_stream_idle) \
	X(test_ldap_stream_ping)

TEST_LDAP_TESTS(TEST_DECL)

/* The server. It lives in the test's ioloop, binds everybody and answers each
   search with "answer", in which TEST_LDAP_MSGID stands for the message ID. */
#define TEST_LDAP_MSGID "\x02\x04\xfe\xfe\xfe\xfe"
/* an end without an error */
#define TEST_LDAP_SUCCESS "\x30\x0f" TEST_LDAP_MSGID \
	"\x65\x07\x0a\x01\x00\x04\x00\x04\x00"

struct test_ldap_server {
	int fd;
	in_port_t port;
	struct io *io;
	struct test_ldap_server_conn *conns;

	/* what to answer a search with; without it the test has to call
	   test_ldap_server_answer() */
	buffer_t *answer;
	bool hold;
	/* bytes in a packet, 0 = all at once */
	size_t piece_size;
	/* close a connection after it was sent so many bytes, 0 = never;
	   for so many connections */
	size_t cut_at;
	unsigned int cut_connections;
	/* invert this bit, counted from 1, of what the first connection is
	   sent */
	size_t flip_bit;

	unsigned int connections, searches, pending, max_pending;
	/* bytes that the first connection was sent, and of them those of the
	   bind's answer */
	size_t sent, sent_bind;
};

struct test_ldap_server *test_ldap_server_init(void);
void test_ldap_server_deinit(struct test_ldap_server **server);
/* hold: answer everything that waits */
void test_ldap_server_answer(struct test_ldap_server *server);
/* hold: answer everything that waits, and reset every connection at once */
void test_ldap_server_reset(struct test_ldap_server *server);
/* Close every connection. */
void test_ldap_server_close(struct test_ldap_server *server);
/* Listen no more. */
void test_ldap_server_refuse(struct test_ldap_server *server);

/* One result of a search, copied. */
struct test_ldap_outcome {
	unsigned int calls;
	enum referral_ldap_status status;
	/* of the first attribute */
	unsigned int values_count;
	const char *value;
	const char *error;
};

struct test_ldap {
	struct ioloop *ioloop;
	struct event *event;
	struct test_ldap_server *server;
	struct referral_directory_settings set;
	struct referral_ldap_client *client;
	/* of test_ldap_search() that have not been called back yet */
	unsigned int waiting;
	/* errors that were logged, and the last of them */
	unsigned int errors;
	char *error;
	/* the last line that was no error */
	char *info;
	/* inside of a call into the client */
	bool inside;
};

extern const struct referral_ldap_search_params test_ldap_params;

/* ioloop, server and settings; the client is made with the first search */
void test_ldap_init(struct test_ldap *test);
void test_ldap_deinit_all(struct test_ldap *test);
void test_ldap_create_client(struct test_ldap *test);
struct referral_ldap_request *
test_ldap_search(struct test_ldap *test, struct test_ldap_outcome *outcome);
/* Search so often that the client trusts the server with all it ever does. */
void test_ldap_warm_up(struct test_ldap *test);
/* Run the ioloop until every search was called back. */
void test_ldap_wait(struct test_ldap *test);
/* A timeout's callback: ends the ioloop's turn. */
void test_ldap_tick(struct test_ldap *test);
/* Run the ioloop for so many milliseconds at least. */
void test_ldap_run_turns(struct test_ldap *test, unsigned int turns);
/* Run it until *value reaches minimum. */
void test_ldap_wait_for(struct test_ldap *test, const unsigned int *value,
			unsigned int minimum);

#endif
