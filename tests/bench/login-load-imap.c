/* One login over IMAP: connect, greeting, LOGIN, tagged reply, close. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "llist.h"
#include "ostream.h"
#include "login-load.h"

#define IMAP_MAX_LINE 8192

struct imap_login {
	unsigned int number;
	int fd;
	struct istream *input;
	struct ostream *output;
	struct io *io;
	bool greeted;
};

static void imap_login_free(struct imap_login *login)
{
	io_remove(&login->io);
	i_stream_destroy(&login->input);
	o_stream_destroy(&login->output);
	net_disconnect(login->fd);
	i_free(login);
}

static void imap_login_finish(struct imap_login *login, const char *outcome)
{
	unsigned int number = login->number;

	imap_login_free(login);
	login_load_finished(number, outcome);
}

/* "1 NO [REFERRAL imap://...] text" is a REFERRAL */
static const char *imap_reply_outcome(const char *reply)
{
	const char *code = strchr(reply, ' ');

	if (code != NULL && code[1] == '[' &&
	    strncmp(reply, "OK ", 3) != 0)
		return t_strcut(t_strcut(code + 2, ']'), ' ');
	return t_strcut(reply, ' ');
}

static void imap_login_send(struct imap_login *login)
{
	const char *command = t_strdup_printf("1 LOGIN %s %s\r\n",
		login_load_user(login->number), load_set.password);

	login->greeted = TRUE;
	o_stream_nsend_str(login->output, command);
}

/* Returns the outcome if this line tells it. */
static const char *imap_login_line(struct imap_login *login, const char *line)
{
	if (strncmp(line, "1 ", 2) == 0)
		return imap_reply_outcome(line + 2);
	if (strncmp(line, "* BYE", 5) == 0)
		return "BYE";
	if (!login->greeted)
		imap_login_send(login);
	return NULL;
}

static void imap_login_input(struct imap_login *login)
{
	const char *line, *outcome = NULL;

	while (outcome == NULL &&
	       (line = i_stream_read_next_line(login->input)) != NULL)
		outcome = imap_login_line(login, line);
	if (outcome == NULL && (login->input->eof ||
				login->input->stream_errno != 0))
		outcome = login->greeted ? "CLOSED" : "REFUSED";
	if (outcome != NULL)
		imap_login_finish(login, outcome);
}

void imap_login_start(unsigned int number)
{
	struct ip_addr source = login_load_source(number);
	struct imap_login *login;
	int fd;

	fd = net_connect_ip(&load_set.ip, load_set.port, &source);
	if (fd == -1)
		i_fatal("connect() failed: %m");
	login = i_new(struct imap_login, 1);
	login->number = number;
	login->fd = fd;
	login->input = i_stream_create_fd(fd, IMAP_MAX_LINE);
	login->output = o_stream_create_fd(fd, SIZE_MAX);
	o_stream_set_no_error_handling(login->output, TRUE);
	login->io = io_add(fd, IO_READ, imap_login_input, login);
}
