/* Logins as login processes ask for them: AUTH requests on the auth process'
   login socket, many at a time on each connection. */

#include "lib.h"
#include "array.h"
#include "base64.h"
#include "ioloop.h"
#include "istream.h"
#include "net.h"
#include "ostream.h"
#include "str.h"
#include "strescape.h"
#include "strnum.h"
#include "login-load.h"

#include <unistd.h>

#define AUTH_MAX_LINE 8192

struct auth_connection {
	int fd;
	struct istream *input;
	struct ostream *output;
	struct io *io;
	/* numbers of the logins that wait for an answer */
	ARRAY(unsigned int) pending;
};

static struct auth_connection *connections;

/* Login processes say their pid, and no two may say the same one: these are
   above every pid that Linux gives. */
static unsigned int auth_next_pid(void)
{
	static unsigned int count = 0;

	return (4U << 20) + getpid() % (1U << 20) * 1024 + count++ % 1024;
}

static bool auth_forget(struct auth_connection *conn, unsigned int number)
{
	unsigned int i;

	for (i = 0; i < array_count(&conn->pending); i++) {
		if (*array_idx(&conn->pending, i) == number) {
			array_delete(&conn->pending, i, 1);
			return TRUE;
		}
	}
	return FALSE;
}

static void auth_disconnect(struct auth_connection *conn)
{
	io_remove(&conn->io);
	i_stream_destroy(&conn->input);
	o_stream_destroy(&conn->output);
	net_disconnect(conn->fd);
	conn->fd = -1;
}

/* The answers that do not come. Each may begin another login here. */
static void auth_disconnected(struct auth_connection *conn)
{
	ARRAY(unsigned int) lost;
	const unsigned int *number;

	auth_disconnect(conn);
	t_array_init(&lost, array_count(&conn->pending) + 1);
	array_append_array(&lost, &conn->pending);
	array_clear(&conn->pending);
	array_foreach(&lost, number)
		login_load_finished(*number, "CLOSED");
}

static const char *auth_fail_outcome(const char *const *args)
{
	for (; *args != NULL; args++) {
		if (strncmp(*args, "code=", 5) == 0)
			return *args + 5;
	}
	return "NO";
}

static const char *
auth_outcome(struct auth_connection *conn, const char *const *args)
{
	const char *const *arg;

	if (strcmp(args[0], "FAIL") == 0)
		return auth_fail_outcome(args + 2);
	for (arg = args + 2; *arg != NULL; arg++) {
		if (strcmp(*arg, "nologin") == 0 ||
		    strncmp(*arg, "nologin=", 8) == 0)
			return "REFERRAL";
	}
	/* it now waits for a mail process to claim the login */
	o_stream_nsend_str(conn->output,
			   t_strdup_printf("CANCEL\t%s\n", args[1]));
	return "OK";
}

static void auth_line(struct auth_connection *conn, const char *line)
{
	const char *const *args = t_strsplit_tabescaped(line);
	unsigned int id;

	if (args[0] == NULL || args[1] == NULL ||
	    (strcmp(args[0], "OK") != 0 && strcmp(args[0], "FAIL") != 0))
		return;
	/* Dovecot wants ids that begin with 1 */
	if (str_to_uint(args[1], &id) < 0 || !auth_forget(conn, id - 1))
		i_fatal("auth answered what was not asked: %s", line);
	login_load_finished(id - 1, auth_outcome(conn, args));
}

static void auth_input(struct auth_connection *conn)
{
	const char *line;

	while ((line = i_stream_read_next_line(conn->input)) != NULL) T_BEGIN {
		auth_line(conn, line);
	} T_END;
	if (conn->input->eof || conn->input->stream_errno != 0) T_BEGIN {
		auth_disconnected(conn);
	} T_END;
}

static void auth_connect(struct auth_connection *conn)
{
	conn->fd = net_connect_unix_with_retries(load_set.auth_socket_path,
						 10 * 1000);
	if (conn->fd == -1)
		i_fatal("connect(%s) failed: %m", load_set.auth_socket_path);
	conn->input = i_stream_create_fd(conn->fd, AUTH_MAX_LINE);
	conn->output = o_stream_create_fd(conn->fd, SIZE_MAX);
	o_stream_set_no_error_handling(conn->output, TRUE);
	conn->io = io_add(conn->fd, IO_READ, auth_input, conn);
	o_stream_nsend_str(conn->output, t_strdup_printf(
		"VERSION\t1\t2\nCPID\t%u\n", auth_next_pid()));
}

void auth_logins_init(void)
{
	unsigned int i;

	connections = i_new(struct auth_connection, load_set.auth_connections);
	for (i = 0; i < load_set.auth_connections; i++) T_BEGIN {
		i_array_init(&connections[i].pending, 64);
		auth_connect(&connections[i]);
	} T_END;
}

void auth_logins_deinit(void)
{
	unsigned int i;

	for (i = 0; i < load_set.auth_connections; i++) {
		if (connections[i].fd != -1)
			auth_disconnect(&connections[i]);
		array_free(&connections[i].pending);
	}
	i_free(connections);
}

void auth_login_start(unsigned int number)
{
	struct auth_connection *conn =
		&connections[number % load_set.auth_connections];
	struct ip_addr source = login_load_source(number);
	string_t *plain = t_str_new(64), *line = t_str_new(256);

	if (conn->fd == -1)
		auth_connect(conn);
	/* RFC 4616 */
	str_append_c(plain, '\0');
	str_append(plain, login_load_user(number));
	str_append_c(plain, '\0');
	str_append(plain, load_set.password);

	str_printfa(line, "AUTH\t%u\tPLAIN\tservice=imap\tsecured\t"
		    "session=bench%u\tlip=127.0.0.1\trip=%s\tlport=143\t"
		    "rport=1024\tresp=", number + 1, number,
		    net_ip2addr(&source));
	base64_encode(str_data(plain), str_len(plain), line);
	str_append_c(line, '\n');
	array_push_back(&conn->pending, &number);
	o_stream_nsend(conn->output, str_data(line), str_len(line));
}
