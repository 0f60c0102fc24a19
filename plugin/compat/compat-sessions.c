/* What the generations have in common. */

#include "lib.h"
#include "istream.h"
#include "net.h"
#include "write-full.h"
#include "compat-sessions-private.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* above anvil's own timeout for its processes */
#define SESSIONS_TIMEOUT_SECS 30

static int
sessions_connect(const char *path, const char *question, const char **error_r)
{
	const struct timeval timeout = { .tv_sec = SESSIONS_TIMEOUT_SECS };
	int fd = net_connect_unix(path);

	if (fd == -1) {
		*error_r = t_strdup_printf("connect(%s) failed: %m%s", path,
			errno == ENOENT || errno == ECONNREFUSED ?
			" (Dovecot is not running)" : "");
		return -1;
	}
	net_set_nonblock(fd, FALSE);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0 ||
	    write_full(fd, question, strlen(question)) < 0) {
		*error_r = t_strdup_printf("write(%s) failed: %m", path);
		i_close_fd(&fd);
		return -1;
	}
	return fd;
}

int referral_sessions_ask(const char *base_dir, const char *name,
			  const char *question, struct istream **input_r,
			  const char **error_r)
{
	const char *path = t_strdup_printf("%s/%s", base_dir, name);
	int fd = sessions_connect(path, question, error_r);

	if (fd == -1)
		return -1;
	*input_r = i_stream_create_fd_autoclose(&fd, SIZE_MAX);
	i_stream_set_name(*input_r, path);
	return 0;
}

const char *referral_sessions_read(struct istream *input, const char **error_r)
{
	const char *line = i_stream_read_next_line(input);

	if (line == NULL) {
		*error_r = t_strdup_printf("read(%s) failed: %s",
			i_stream_get_name(input), input->stream_errno == 0 ?
			"unexpected end" : i_stream_get_error(input));
	}
	return line;
}

const char *referral_session_protocol(const char *service)
{
	static const struct {
		const char *service, *protocol;
	} services[] = {
		{ "imap", "imap" },
		{ "imap-hibernate", "imap" },
		{ "imap-login", "imap" },
		{ "pop3", "pop3" },
		{ "pop3-login", "pop3" },
		{ "sieve", "sieve" },
		{ "managesieve", "sieve" },
		{ "managesieve-login", "sieve" },
		{ "submission", "submission" },
		{ "submission-login", "submission" },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(services); i++) {
		if (strcmp(services[i].service, service) == 0)
			return services[i].protocol;
	}
	return NULL;
}

const char *referral_session_process(pid_t pid)
{
	char name[64];
	ssize_t ret;
	int fd;

	fd = open(t_strdup_printf("/proc/%s/comm", dec2str(pid)), O_RDONLY);
	if (fd == -1)
		return "";
	ret = read(fd, name, sizeof(name));
	i_close_fd(&fd);
	return ret <= 0 ? "" : t_strcut(t_strndup(name, ret), '\n');
}

int referral_session_terminate(pid_t pid, const char **error_r)
{
	if (kill(pid, SIGTERM) == 0 || errno == ESRCH)
		return 0;
	*error_r = t_strdup_printf("kill(%s) failed: %m", dec2str(pid));
	return -1;
}
