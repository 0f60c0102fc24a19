/* Reading away what a client sends after the last line for it, so that the
   kernel doesn't answer it with a reset, which can take that line back. */

#include "login-private.h"
#include "ioloop.h"
#include "llist.h"
#include "istream.h"
#include "master-service.h"

#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* how long a client may take to notice that we have closed */
#define REFERRAL_LINGER_MSECS 1000

/* A connection whose output side is shut down */
struct referral_linger {
	struct referral_linger *prev, *next;

	/* destroyed, but referenced: it counts as a connection of this
	   process, which must not end before */
	struct client *client;
	int fd;
	struct io *io;
	struct timeout *to;
};

/* the oldest first */
static struct referral_linger *lingers, *lingers_tail;

/* Returns TRUE if that has made a place for another client. */
static bool linger_free(struct referral_linger *linger)
{
	bool referenced;

	DLLIST2_REMOVE(&lingers, &lingers_tail, linger);
	io_remove(&linger->io);
	timeout_remove(&linger->to);
	i_close_fd(&linger->fd);
	referenced = client_unref(&linger->client);
	i_free(linger);
	return !referenced;
}

static void linger_end(struct referral_linger *linger)
{
	(void)linger_free(linger);
}

static void linger_input(struct referral_linger *linger)
{
	unsigned char buf[IO_BLOCK_SIZE];
	ssize_t ret = read(linger->fd, buf, sizeof(buf));

	if (ret == 0 || (ret < 0 && errno != EAGAIN && errno != EINTR))
		linger_end(linger);
}

/* Dovecot wants a place for a new client: see client_destroy_oldest(), which
   doesn't know of these. */
static bool linger_destroy_oldest(bool kill, struct timeval *created_r)
{
	if (lingers == NULL)
		return client_destroy_oldest(kill, created_r);
	*created_r = lingers->client->created;
	return kill ? linger_free(lingers) : TRUE;
}

/* Has the client sent what nobody has read? */
static bool linger_is_needed(struct client *client)
{
	int unread;

	return i_stream_get_data_size(client->input) > 0 ||
		(ioctl(client->fd, FIONREAD, &unread) == 0 && unread > 0);
}

static void linger_start(struct client *client, const char *reason)
{
	struct referral_linger *linger;

	linger = i_new(struct referral_linger, 1);
	linger->client = client;
	linger->fd = client->fd;
	DLLIST2_APPEND(&lingers, &lingers_tail, linger);
	master_service_set_avail_overflow_callback(master_service,
						   linger_destroy_oldest);

	/* With TLS this sends the close notification. Dovecot would also shut
	   down both directions, after which the kernel answers input with a
	   reset. */
	client->fd = -1;
	client_ref(client);
	client_destroy(client, reason);
	(void)shutdown(linger->fd, SHUT_WR);

	linger->io = io_add(linger->fd, IO_READ, linger_input, linger);
	linger->to = timeout_add(REFERRAL_LINGER_MSECS, linger_end, linger);
}

void referral_login_linger(struct client *client, bool had_input,
			   const char *reason)
{
	if (had_input || linger_is_needed(client))
		linger_start(client, reason);
	else
		client_destroy(client, reason);
}

void referral_login_linger_deinit(void)
{
	while (lingers != NULL)
		linger_end(lingers);
	master_service_set_avail_overflow_callback(master_service,
						   client_destroy_oldest);
}
