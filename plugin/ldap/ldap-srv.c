/* Questions for SRV records, with c-ares: see ldap-srv.h */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "ioloop.h"
#include "llist.h"
#include "lib-event.h"
#include "ldap-srv.h"

/* what we use of it is the same in all its versions */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <arpa/nameser.h>

/* a try, doubled for each of the next */
#define SRV_TIMEOUT_MSECS 2000
#define SRV_TRIES 2

struct referral_ldap_srv_socket {
	struct referral_ldap_srv_socket *prev, *next;
	struct referral_ldap_srv *srv;
	int fd;
	struct io *io_read, *io_write;
};

struct referral_ldap_srv {
	struct event *event;
	ares_channel channel;
	struct timeout *to_ares;
	struct referral_ldap_srv_socket *sockets;
	struct referral_ldap_srv_question *questions;
};

/* c-ares answers each of its queries, in the end; who asked may have gone */
struct referral_ldap_srv_question {
	struct referral_ldap_srv_question *prev, *next;
	struct referral_ldap_srv *srv;
	/* c-ares has a pointer to it */
	bool pending, aborted;

	/* the answer, told from the ioloop */
	int status;
	buffer_t *message;
	struct timeout *to_answer;

	referral_ldap_srv_callback_t *callback;
	void *context;
};

static void srv_set_timeout(struct referral_ldap_srv *srv);

static void srv_question_free(struct referral_ldap_srv_question *question)
{
	DLLIST_REMOVE(&question->srv->questions, question);
	timeout_remove(&question->to_answer);
	buffer_free(&question->message);
	i_free(question);
}

bool referral_ldap_srv_available(void)
{
	return TRUE;
}

static void srv_readable(struct referral_ldap_srv_socket *sock)
{
	struct referral_ldap_srv *srv = sock->srv;

	/* may free the socket */
	ares_process_fd(srv->channel, sock->fd, ARES_SOCKET_BAD);
	srv_set_timeout(srv);
}

static void srv_writable(struct referral_ldap_srv_socket *sock)
{
	struct referral_ldap_srv *srv = sock->srv;

	ares_process_fd(srv->channel, ARES_SOCKET_BAD, sock->fd);
	srv_set_timeout(srv);
}

static void srv_timeout(struct referral_ldap_srv *srv)
{
	timeout_remove(&srv->to_ares);
	ares_process_fd(srv->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	srv_set_timeout(srv);
}

static void srv_set_timeout(struct referral_ldap_srv *srv)
{
	struct timeval tv;

	timeout_remove(&srv->to_ares);
	if (ares_timeout(srv->channel, NULL, &tv) == NULL)
		return;
	srv->to_ares = timeout_add_short(tv.tv_sec * 1000 +
					 tv.tv_usec / 1000 + 1,
					 srv_timeout, srv);
}

static struct referral_ldap_srv_socket *
srv_socket_find(struct referral_ldap_srv *srv, int fd)
{
	struct referral_ldap_srv_socket *sock;

	for (sock = srv->sockets; sock != NULL; sock = sock->next) {
		if (sock->fd == fd)
			return sock;
	}
	sock = i_new(struct referral_ldap_srv_socket, 1);
	sock->srv = srv;
	sock->fd = fd;
	DLLIST_PREPEND(&srv->sockets, sock);
	return sock;
}

/* c-ares says what it waits for. */
static void
srv_socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
	struct referral_ldap_srv *srv = context;
	struct referral_ldap_srv_socket *sock = srv_socket_find(srv, fd);

	io_remove(&sock->io_read);
	io_remove(&sock->io_write);
	if (readable != 0)
		sock->io_read = io_add(fd, IO_READ, srv_readable, sock);
	if (writable != 0)
		sock->io_write = io_add(fd, IO_WRITE, srv_writable, sock);
	if (readable == 0 && writable == 0) {
		DLLIST_REMOVE(&srv->sockets, sock);
		i_free(sock);
	}
}

int referral_ldap_srv_init(struct event *event_parent,
			   struct referral_ldap_srv **srv_r,
			   const char **error_r)
{
	struct referral_ldap_srv *srv;
	struct ares_options options;
	const int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS |
		ARES_OPT_TRIES;
	int ret;

	srv = i_new(struct referral_ldap_srv, 1);
	i_zero(&options);
	options.sock_state_cb = srv_socket_state;
	options.sock_state_cb_data = srv;
	options.timeout = SRV_TIMEOUT_MSECS;
	options.tries = SRV_TRIES;
	if ((ret = ares_library_init(ARES_LIB_INIT_ALL)) == ARES_SUCCESS &&
	    (ret = ares_init_options(&srv->channel, &options,
				     mask)) != ARES_SUCCESS)
		ares_library_cleanup();
	if (ret != ARES_SUCCESS) {
		*error_r = t_strdup_printf("c-ares can't be used: %s",
					   ares_strerror(ret));
		i_free(srv);
		return -1;
	}
	srv->event = event_create(event_parent);
	*srv_r = srv;
	return 0;
}

void referral_ldap_srv_deinit(struct referral_ldap_srv **_srv)
{
	struct referral_ldap_srv *srv = *_srv;
	struct referral_ldap_srv_question *question;

	if (srv == NULL)
		return;
	*_srv = NULL;
	for (question = srv->questions; question != NULL;
	     question = question->next)
		question->aborted = TRUE;
	/* calls back for each query, and closes the sockets */
	ares_destroy(srv->channel);
	ares_library_cleanup();
	while (srv->questions != NULL)
		srv_question_free(srv->questions);
	i_assert(srv->sockets == NULL);
	timeout_remove(&srv->to_ares);
	event_unref(&srv->event);
	i_free(srv);
}

static void srv_question_answer(struct referral_ldap_srv_question *question)
{
	referral_ldap_srv_callback_t *callback = question->callback;
	void *context = question->context;
	ARRAY_TYPE(referral_srv_record) records;
	const char *error = NULL;
	unsigned int ttl_secs = 0;

	t_array_init(&records, 8);
	if (question->status != ARES_SUCCESS)
		error = ares_strerror(question->status);
	else if (referral_srv_parse(pool_datastack_create(),
				    question->message->data,
				    question->message->used, &records,
				    &ttl_secs, &error) < 0)
		ttl_secs = 0;
	srv_question_free(question);
	callback(&records, ttl_secs, error, context);
}

static void
srv_ares_callback(void *context, int status, int timeouts ATTR_UNUSED,
		  unsigned char *data, int size)
{
	struct referral_ldap_srv_question *question = context;

	question->pending = FALSE;
	if (question->aborted) {
		srv_question_free(question);
		return;
	}
	question->status = status;
	if (status == ARES_SUCCESS && data != NULL) {
		question->message = buffer_create_dynamic(default_pool, size);
		buffer_append(question->message, data, size);
	} else if (status == ARES_SUCCESS)
		question->status = ARES_ENODATA;
	/* c-ares may be in the middle of something */
	question->to_answer = timeout_add_short(0, srv_question_answer,
						question);
}

struct referral_ldap_srv_question *
referral_ldap_srv_ask(struct referral_ldap_srv *srv, const char *name,
		      referral_ldap_srv_callback_t *callback, void *context)
{
	struct referral_ldap_srv_question *question;

	question = i_new(struct referral_ldap_srv_question, 1);
	question->srv = srv;
	question->callback = callback;
	question->context = context;
	question->pending = TRUE;
	DLLIST_PREPEND(&srv->questions, question);
	ares_query(srv->channel, name, ns_c_in, ns_t_srv, srv_ares_callback,
		   question);
	srv_set_timeout(srv);
	return question;
}

void referral_ldap_srv_abort(struct referral_ldap_srv_question **_question)
{
	struct referral_ldap_srv_question *question = *_question;

	if (question == NULL)
		return;
	*_question = NULL;
	if (question->pending) {
		/* c-ares will still call back */
		question->aborted = TRUE;
	} else {
		srv_question_free(question);
	}
}
