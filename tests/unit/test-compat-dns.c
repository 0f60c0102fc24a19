/* compat-dns.c over Dovecot's own DNS library, against a dns-client of ours */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "istream.h"
#include "net.h"
#include "str.h"
#include "write-full.h"
#include "test-common.h"
#include "compat-dns.h"
#include "dns-event.h"

#include <signal.h>
#include <unistd.h>

#define SOCKET_PATH ".test-dns-client"
/* long enough for an answer, short enough to wait for */
#define TIMEOUT_MSECS 1000

struct dns_server_conn {
	int fd;
	struct io *io;
	struct istream *input;
};

static struct ioloop *test_ioloop;
static struct event *dns_event;
static int listen_fd;
static struct io *listen_io;
static ARRAY(struct dns_server_conn *) server_conns;

static void server_conn_close(struct dns_server_conn *conn)
{
	io_remove(&conn->io);
	i_stream_destroy(&conn->input);
	i_close_fd(&conn->fd);
}

/* The first word of a name is what to do with it. */
static const char *server_reply(const char *host)
{
	if (strncmp(host, "two.", 4) == 0)
		return "0\t192.0.2.1\t2001:db8::1\n";
	if (strncmp(host, "unknown.", 8) == 0)
		return "-2\tName or service not known\n";
	/* "silent." */
	return "";
}

static void server_conn_input(struct dns_server_conn *conn)
{
	const char *line, *reply;

	while ((line = i_stream_read_next_line(conn->input)) != NULL) {
		if (strncmp(line, "IP\t", 3) != 0)
			continue;
		if (strncmp(line, "IP\tclose.", 9) == 0) {
			server_conn_close(conn);
			return;
		}
		reply = server_reply(line + 3);
		/* fails if the lookup was aborted meanwhile */
		(void)write_full(conn->fd, reply, strlen(reply));
	}
	if (conn->input->eof)
		server_conn_close(conn);
}

static void server_accept(void *context ATTR_UNUSED)
{
	static const char handshake[] = "VERSION\tdns\t1\t0\n";
	struct dns_server_conn *conn;
	int fd = net_accept(listen_fd, NULL, NULL);

	if (fd < 0)
		return;
	net_set_nonblock(fd, TRUE);
	conn = i_new(struct dns_server_conn, 1);
	conn->fd = fd;
	conn->input = i_stream_create_fd(fd, 1024);
	conn->io = io_add_istream(conn->input, server_conn_input, conn);
	array_push_back(&server_conns, &conn);
	(void)write_full(fd, handshake, strlen(handshake));
}

static void server_start(void)
{
	test_ioloop = io_loop_create();
	i_unlink_if_exists(SOCKET_PATH);
	listen_fd = net_listen_unix(SOCKET_PATH, 64);
	if (listen_fd < 0)
		i_fatal("listen(%s) failed: %m", SOCKET_PATH);
	listen_io = io_add(listen_fd, IO_READ, server_accept, NULL);
	i_array_init(&server_conns, 8);
	dns_event = dns_event_init(SOCKET_PATH);
}

static void server_stop(void)
{
	struct dns_server_conn **connp;

	array_foreach_modifiable(&server_conns, connp) {
		if ((*connp)->fd != -1)
			server_conn_close(*connp);
		i_free(*connp);
	}
	array_free(&server_conns);
	if (listen_fd != -1) {
		io_remove(&listen_io);
		i_close_fd(&listen_fd);
	}
	i_unlink_if_exists(SOCKET_PATH);
	dns_event_deinit(dns_event);
	io_loop_destroy(&test_ioloop);
}

struct dns_caller {
	struct referral_dns_lookup *lookup;
	unsigned int calls;
	/* addresses joined by spaces, or the error */
	char *answer;
};

static unsigned int callers_waiting;

static void
dns_callback(const struct ip_addr *ips, unsigned int ips_count,
	     const char *error, void *context)
{
	struct dns_caller *caller = context;
	string_t *str = t_str_new(64);

	test_assert((ips_count > 0) == (error == NULL));
	for (unsigned int i = 0; i < ips_count; i++)
		str_printfa(str, "%s%s", i == 0 ? "" : " ",
			    net_ip2addr(&ips[i]));
	if (error != NULL)
		str_append(str, error);
	caller->calls++;
	i_free(caller->answer);
	caller->answer = i_strdup(str_c(str));
	if (--callers_waiting == 0)
		io_loop_stop(current_ioloop);
}

static void dns_ask(struct dns_caller *caller, const char *host)
{
	i_zero(caller);
	caller->lookup = referral_dns_lookup(dns_event, SOCKET_PATH, host,
					     TIMEOUT_MSECS, dns_callback,
					     caller);
	callers_waiting++;
	/* never from inside */
	test_assert(caller->calls == 0);
}

static const struct {
	const char *host, *answer;
} tests[] = {
	{ "two.example.com", "192.0.2.1 2001:db8::1" },
	{ "unknown.example.com", "Name or service not known" },
	{ "silent.example.com", "DNS lookup timed out after 1000 ms" },
	{ "close.example.com", NULL },
	{ "", "not a host name" },
	{ "two.\tquit", "not a host name" },
	{ "two.\nIP\tx", "not a host name" },
	{ "two.\x80", "not a host name" },
	{ "two.\x7f", "not a host name" },
};

static void test_dns_answers(void)
{
	struct dns_caller callers[N_ELEMENTS(tests)];
	unsigned int i;

	test_begin("dns answers");
	server_start();
	for (i = 0; i < N_ELEMENTS(tests); i++)
		dns_ask(&callers[i], tests[i].host);
	io_loop_run(test_ioloop);
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		test_assert_idx(callers[i].calls == 1, i);
		/* one generation notices at once, another one times out */
		if (tests[i].answer != NULL) {
			test_assert_strcmp_idx(callers[i].answer,
					       tests[i].answer, i);
		}
		i_free(callers[i].answer);
	}
	server_stop();
	test_end();
}

static void test_dns_abort(void)
{
	struct dns_caller callers[N_ELEMENTS(tests)], last;
	unsigned int i;

	test_begin("dns abort");
	server_start();
	/* at once, and after the questions are out */
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		dns_ask(&callers[i], tests[i].host);
		referral_dns_lookup_abort(&callers[i].lookup);
		test_assert_idx(callers[i].lookup == NULL, i);
		referral_dns_lookup_abort(&callers[i].lookup);
	}
	callers_waiting = 0;
	for (i = 0; i < 4; i++)
		dns_ask(&callers[i], "silent.example.com");
	callers_waiting = 0;
	dns_ask(&last, "two.example.com");
	io_loop_run(test_ioloop);
	test_assert_strcmp(last.answer, "192.0.2.1 2001:db8::1");
	i_free(last.answer);
	for (i = 0; i < 4; i++)
		referral_dns_lookup_abort(&callers[i].lookup);
	for (i = 0; i < N_ELEMENTS(tests); i++)
		test_assert_idx(callers[i].calls == 0, i);
	server_stop();
	test_end();
}

static void test_dns_no_service(void)
{
	struct dns_caller caller;

	test_begin("dns without dns-client");
	server_start();
	io_remove(&listen_io);
	i_close_fd(&listen_fd);
	i_unlink_if_exists(SOCKET_PATH);
	callers_waiting = 0;
	/* the library fails inside the call */
	dns_ask(&caller, "two.example.com");
	referral_dns_lookup_abort(&caller.lookup);
	test_assert(caller.calls == 0);
	callers_waiting = 0;
	dns_ask(&caller, "two.example.com");
	io_loop_run(test_ioloop);
	test_assert(caller.calls == 1);
	test_assert(strstr(caller.answer, SOCKET_PATH) != NULL);
	i_free(caller.answer);
	server_stop();
	test_end();
}

static void test_dns_no_path(void)
{
	struct dns_caller caller;

	test_begin("dns with dns_client_socket_path empty");
	server_start();
	dns_event_deinit(dns_event);
	dns_event = dns_event_init("");
	callers_waiting = 0;
	dns_ask(&caller, "two.example.com");
	io_loop_run(test_ioloop);
	test_assert(caller.calls == 1);
	/* up to 2.4.1 the path is said by us; never does the library resolve
	   by itself */
	test_assert(strcmp(caller.answer, "192.0.2.1 2001:db8::1") == 0 ||
		    strcmp(caller.answer,
			   "dns_client_socket_path is empty") == 0);
	i_free(caller.answer);
	server_stop();
	test_end();
}

int main(int argc, char *argv[])
{
	static const struct named_test all_tests[] = {
		TEST_NAMED(test_dns_answers)
		TEST_NAMED(test_dns_abort)
		TEST_NAMED(test_dns_no_service)
		TEST_NAMED(test_dns_no_path)
		{ NULL, NULL }
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return test_run_named(all_tests, argc > 1 ? argv[1] : "");
}
