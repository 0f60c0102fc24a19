/* A small LDAP server in the test's own ioloop. */

#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "llist.h"
#include "test-ldap.h"

#include <unistd.h>

#define TAG_BIND_REQUEST 0x60
#define TAG_SEARCH_REQUEST 0x63

struct test_ldap_server_conn {
	struct test_ldap_server_conn *prev, *next;
	struct test_ldap_server *server;
	unsigned int number;
	int fd;
	struct io *io;
	struct timeout *to_send;
	buffer_t *input, *output;
	size_t sent;
	/* uint32_t message IDs of searches that wait */
	buffer_t *held;
};

static void conn_close(struct test_ldap_server_conn *conn)
{
	conn->server->pending -= conn->held->used / sizeof(uint32_t);
	DLLIST_REMOVE(&conn->server->conns, conn);
	io_remove(&conn->io);
	timeout_remove(&conn->to_send);
	net_disconnect(conn->fd);
	buffer_free(&conn->input);
	buffer_free(&conn->output);
	buffer_free(&conn->held);
	i_free(conn);
}

static void conn_send_some(struct test_ldap_server_conn *conn)
{
	struct test_ldap_server *server = conn->server;
	size_t size = conn->output->used;
	ssize_t ret;
	bool cut;

	timeout_remove(&conn->to_send);
	if (server->piece_size > 0)
		size = I_MIN(size, server->piece_size);
	cut = server->cut_at > 0 && conn->number <= server->cut_connections &&
		conn->sent + size >= server->cut_at;
	if (cut)
		size = server->cut_at - conn->sent;

	ret = write(conn->fd, conn->output->data, size);
	if (ret < 0 || cut) {
		/* the client may have gone first */
		conn_close(conn);
		return;
	}
	conn->sent += ret;
	if (conn->number == 1)
		server->sent = conn->sent;
	buffer_delete(conn->output, 0, ret);
	if (conn->output->used > 0)
		conn->to_send = timeout_add_short(0, conn_send_some, conn);
}

static void
conn_queue(struct test_ldap_server_conn *conn, const void *data, size_t size,
	   uint32_t msgid)
{
	const unsigned char placeholder[] = TEST_LDAP_MSGID;
	const size_t placeholder_size = sizeof(placeholder) - 1;
	size_t i, bit, start = conn->output->used;
	unsigned char *p;

	buffer_append(conn->output, data, size);
	p = buffer_get_modifiable_data(conn->output, NULL);
	for (i = start; i + placeholder_size <= conn->output->used; i++) {
		if (memcmp(p + i, placeholder, placeholder_size) == 0)
			cpu32_to_be_unaligned(msgid, p + i + 2);
	}
	if (conn->server->flip_bit > 0 && conn->number == 1) {
		bit = conn->server->flip_bit - 1;
		if (bit / 8 >= conn->sent + start &&
		    bit / 8 < conn->sent + conn->output->used)
			p[bit / 8 - conn->sent] ^= 1 << (bit % 8);
	}
	if (conn->to_send == NULL)
		conn->to_send = timeout_add_short(0, conn_send_some, conn);
}

static void
conn_answer_bind(struct test_ldap_server_conn *conn, uint32_t msgid)
{
	static const char answer[] = "\x30\x0f" TEST_LDAP_MSGID
		"\x61\x07\x0a\x01\x00\x04\x00\x04\x00";

	conn_queue(conn, answer, sizeof(answer) - 1, msgid);
	if (conn->number == 1)
		conn->server->sent_bind = sizeof(answer) - 1;
}

static void
conn_search(struct test_ldap_server_conn *conn, uint32_t msgid)
{
	struct test_ldap_server *server = conn->server;

	server->searches++;
	server->pending++;
	server->max_pending = I_MAX(server->max_pending, server->pending);
	buffer_append(conn->held, &msgid, sizeof(msgid));
	if (!server->hold)
		test_ldap_server_answer(server);
}

/* Returns the size of the first message, 0 if it is not complete. All are
   shorter than 64 kB. */
static size_t
conn_parse(struct test_ldap_server_conn *conn, uint32_t *msgid_r,
	   unsigned char *tag_r)
{
	const unsigned char *p = conn->input->data;
	size_t i, header = 2, size;

	if (conn->input->used < 8)
		return 0;
	size = p[1];
	if (size == 0x81) {
		size = p[2];
		header = 3;
	} else if (size == 0x82) {
		size = p[2] << 8 | p[3];
		header = 4;
	}
	if (conn->input->used < header + size)
		return 0;
	p += header;
	i_assert(p[0] == 2 && p[1] <= 4);
	*msgid_r = 0;
	for (i = 0; i < p[1]; i++)
		*msgid_r = *msgid_r << 8 | p[2 + i];
	*tag_r = p[2 + i];
	return header + size;
}

static void conn_input(struct test_ldap_server_conn *conn)
{
	unsigned char buf[4096], tag;
	ssize_t ret = read(conn->fd, buf, sizeof(buf));
	uint32_t msgid;
	size_t size;

	if (ret <= 0) {
		conn_close(conn);
		return;
	}
	buffer_append(conn->input, buf, ret);
	while ((size = conn_parse(conn, &msgid, &tag)) > 0) {
		buffer_delete(conn->input, 0, size);
		if (tag == TAG_BIND_REQUEST)
			conn_answer_bind(conn, msgid);
		else if (tag == TAG_SEARCH_REQUEST)
			conn_search(conn, msgid);
	}
}

static void server_accept(struct test_ldap_server *server)
{
	struct test_ldap_server_conn *conn;
	int fd = net_accept(server->fd, NULL, NULL);

	if (fd < 0)
		return;
	net_set_nonblock(fd, TRUE);
	conn = i_new(struct test_ldap_server_conn, 1);
	conn->server = server;
	conn->number = ++server->connections;
	conn->fd = fd;
	conn->input = buffer_create_dynamic(default_pool, 1024);
	conn->output = buffer_create_dynamic(default_pool, 1024);
	conn->held = buffer_create_dynamic(default_pool, 64);
	conn->io = io_add(fd, IO_READ, conn_input, conn);
	DLLIST_PREPEND(&server->conns, conn);
}

struct test_ldap_server *test_ldap_server_init(void)
{
	struct test_ldap_server *server;
	struct ip_addr ip;

	server = i_new(struct test_ldap_server, 1);
	if (net_addr2ip("127.0.0.1", &ip) < 0)
		i_unreached();
	server->fd = net_listen(&ip, &server->port, 128);
	if (server->fd == -1)
		i_fatal("net_listen() failed: %m");
	server->answer = buffer_create_dynamic(default_pool, 256);
	server->io = io_add(server->fd, IO_READ, server_accept, server);
	return server;
}

void test_ldap_server_deinit(struct test_ldap_server **_server)
{
	struct test_ldap_server *server = *_server;

	*_server = NULL;
	test_ldap_server_close(server);
	io_remove(&server->io);
	i_close_fd(&server->fd);
	buffer_free(&server->answer);
	i_free(server);
}

void test_ldap_server_reset(struct test_ldap_server *server)
{
	const struct linger linger = { .l_onoff = 1 };
	struct test_ldap_server_conn *conn;

	test_ldap_server_answer(server);
	while ((conn = server->conns) != NULL) {
		if (write(conn->fd, conn->output->data, conn->output->used) !=
		    (ssize_t)conn->output->used ||
		    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &linger,
			       sizeof(linger)) < 0)
			i_fatal("test_ldap_server_reset() failed: %m");
		conn_close(conn);
	}
}

void test_ldap_server_close(struct test_ldap_server *server)
{
	while (server->conns != NULL)
		conn_close(server->conns);
}

void test_ldap_server_refuse(struct test_ldap_server *server)
{
	io_remove(&server->io);
	i_close_fd(&server->fd);
}

void test_ldap_server_answer(struct test_ldap_server *server)
{
	struct test_ldap_server_conn *conn;
	const uint32_t *msgids;
	size_t i, count;

	for (conn = server->conns; conn != NULL; conn = conn->next) {
		msgids = conn->held->data;
		count = conn->held->used / sizeof(*msgids);
		for (i = 0; i < count; i++) {
			conn_queue(conn, server->answer->data,
				   server->answer->used, msgids[i]);
		}
		server->pending -= count;
		buffer_set_used_size(conn->held, 0);
	}
}
