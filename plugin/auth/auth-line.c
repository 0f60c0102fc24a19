/* Serves the private line. */

#include "auth-common.h"
#include "connection.h"
#include "ioloop.h"
#include "llist.h"
#include "ostream.h"
#include "str.h"
#include "strescape.h"
/* the callback for connections can't be read or set otherwise */
#include "master-service-private.h"
#include "referral-line.h"
#include "auth-config.h"
#include "auth-directories.h"
#include "auth-explain.h"
#include "auth-status.h"
#include "auth-line.h"

#include <sys/stat.h>
#include <sys/un.h>

/* how soon an old auth process notices that it is one */
#define LINE_WATCH_MSECS 1000

struct line_question {
	struct line_question *prev, *next;
	struct line_client *client;
	unsigned int id;
	/* one of them */
	struct referral_explain *explain;
	struct referral_status *status;
};

struct line_client {
	struct connection conn;
	struct line_question *questions;
	unsigned int questions_count;
};

struct line_command {
	const char *name;
	void (*run)(struct line_client *client, unsigned int id,
		    const char *const *args);
};

static struct referral_auth_config *line_config;
static master_service_connection_callback_t *line_next_callback;
static struct connection_list *line_clients;
static struct timeout *line_watch;

static struct line_client *line_client_from(struct connection *conn)
{
	return (struct line_client *)conn;
}

static void
line_send(struct line_client *client, const char *word, unsigned int id,
	  const char *rest)
{
	o_stream_nsend_str(client->conn.output,
		t_strdup_printf("%s\t%u%s\n", word, id, rest));
}

static void
line_fail(struct line_client *client, unsigned int id, const char *text)
{
	line_send(client, "FAIL", id,
		  t_strconcat("\t", str_tabescape(text), NULL));
}

static void line_question_free(struct line_question *question)
{
	struct line_client *client = question->client;

	DLLIST_REMOVE(&client->questions, question);
	client->questions_count--;
	i_free(question);
}

static struct line_question *
line_question_new(struct line_client *client, unsigned int id)
{
	struct line_question *question = i_new(struct line_question, 1);

	question->client = client;
	question->id = id;
	DLLIST_PREPEND(&client->questions, question);
	client->questions_count++;
	return question;
}

static void line_question_cancel(struct line_question *question)
{
	if (question->explain != NULL)
		referral_explain_cancel(&question->explain);
	else
		referral_status_cancel(&question->status);
	line_question_free(question);
}

static void
line_question_answer(struct line_question *question, const char *words)
{
	struct line_client *client = question->client;
	unsigned int id = question->id;

	line_question_free(question);
	T_BEGIN {
		line_send(client, "OK", id, words);
	} T_END;
	/* The time of idling begins now. Halted, there is no timeout. */
	if (client->conn.to != NULL)
		timeout_reset(client->conn.to);
	if (client->questions_count == REFERRAL_LINE_MAX_PENDING - 1)
		connection_input_resume(&client->conn);
}

static void line_explained(const char *answer, void *context)
{
	line_question_answer(context, answer);
}

static void
line_explain(struct line_client *client, unsigned int id,
	     const char *const *args)
{
	struct line_question *question;
	const char *error;

	if (args[0] == NULL) {
		line_fail(client, id, "EXPLAIN needs a user");
		return;
	}
	question = line_question_new(client, id);
	if (referral_explain_start(args[0], args + 1, line_explained, question,
				   &question->explain, &error) < 0) {
		line_question_free(question);
		line_fail(client, id, error);
	}
}

static int
line_flush_user(const char *user, unsigned int *count, const char **error_r)
{
	const char *name;

	if (referral_explain_normalize(user, &name, error_r) < 0) {
		*error_r = t_strdup_printf("%s: %s", user, *error_r);
		return -1;
	}
	*count += referral_auth_directories_flush(line_config->directories,
						  name);
	return 0;
}

static void
line_flush(struct line_client *client, unsigned int id,
	   const char *const *users)
{
	const char *error;
	unsigned int count = 0;

	if (*users == NULL) {
		count = referral_auth_directories_flush(
			line_config->directories, NULL);
	}
	for (; *users != NULL; users++) {
		if (line_flush_user(*users, &count, &error) < 0) {
			line_fail(client, id, error);
			return;
		}
	}
	line_send(client, "OK", id, t_strdup_printf("\tflushed=%u", count));
}

static void
line_status_told(const char *kind, const char *words, void *context)
{
	struct line_question *question = context;

	if (kind == NULL)
		line_question_answer(question, words);
	else T_BEGIN {
		line_send(question->client, "ITEM", question->id,
			  t_strconcat("\t", kind, words, NULL));
	} T_END;
}

static void
line_status(struct line_client *client, unsigned int id,
	    const char *const *args ATTR_UNUSED)
{
	struct line_question *question = line_question_new(client, id);

	question->status = referral_status_start(line_config, line_status_told,
						 question);
}

static const struct line_command line_commands[] = {
	{ "EXPLAIN", line_explain },
	{ "FLUSH", line_flush },
	{ "STATUS", line_status },
};

static void
line_run(struct line_client *client, const char *name, unsigned int id,
	 const char *const *args)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(line_commands); i++) {
		if (strcmp(line_commands[i].name, name) == 0) {
			line_commands[i].run(client, id, args);
			return;
		}
	}
	line_fail(client, id, "unknown question");
}

static int line_input_args(struct connection *conn, const char *const *args)
{
	struct line_client *client = line_client_from(conn);
	unsigned int id;

	if (args[0] == NULL || args[1] == NULL ||
	    str_to_uint(args[1], &id) < 0) {
		e_error(conn->event, "invalid question");
		return -1;
	}
	line_run(client, args[0], id, args + 2);
	if (o_stream_get_buffer_used_size(conn->output) >
	    REFERRAL_LINE_MAX_OUTPUT) {
		e_error(conn->event, "answers are not read");
		return -1;
	}
	if (client->questions_count >= REFERRAL_LINE_MAX_PENDING) {
		connection_input_halt(conn);
		return 0;
	}
	return 1;
}

static void line_destroy(struct connection *conn)
{
	struct line_client *client = line_client_from(conn);

	while (client->questions != NULL)
		line_question_cancel(client->questions);
	connection_deinit(conn);
	i_free(client);
	if (line_clients->connections_count == 0)
		timeout_remove(&line_watch);
	/* last, since it may stop the service */
	master_service_client_connection_destroyed(master_service);
}

static void line_idle_timeout(struct connection *conn)
{
	if (line_client_from(conn)->questions_count == 0)
		line_destroy(conn);
}

/* After a reload the old auth process ends when its last connection does, and
   nobody tells it: auth has no die_with_master. */
static void line_watch_timeout(void *context ATTR_UNUSED)
{
	struct connection *conn, *next;

	if (!master_service->stopping)
		return;
	for (conn = line_clients->connections; conn != NULL; conn = next) {
		next = conn->next;
		line_idle_timeout(conn);
	}
}

static void line_connected(struct master_service_connection *conn)
{
	struct line_client *client;

	if (strcmp(conn->name, REFERRAL_LINE_NAME) != 0) {
		line_next_callback(conn);
		return;
	}
	/* what is not accepted is closed by the caller */
	if (line_clients->connections_count >= REFERRAL_LINE_MAX_CLIENTS)
		return;
	if (conn->remote_ip.family != 0) {
		e_error(line_config->event, "service auth: the "
			"listener "REFERRAL_LINE_NAME" has to be a "
			"unix_listener");
		return;
	}
	master_service_client_connection_accept(conn);
	client = i_new(struct line_client, 1);
	client->conn.event_parent = line_config->event;
	connection_init_server(line_clients, &client->conn, REFERRAL_LINE_NAME,
			       conn->fd, conn->fd);
	if (line_watch == NULL) {
		line_watch = timeout_add(LINE_WATCH_MSECS, line_watch_timeout,
					 (void *)NULL);
	}
}

static const struct connection_settings line_connection_set = {
	.service_name_in = REFERRAL_LINE_NAME,
	.service_name_out = REFERRAL_LINE_NAME,
	.major_version = REFERRAL_LINE_MAJOR,
	.minor_version = REFERRAL_LINE_MINOR,
	.input_max_size = REFERRAL_LINE_MAX_INPUT,
	/* bounded by line_input_args() */
	.output_max_size = SIZE_MAX,
	.input_idle_timeout_secs = REFERRAL_LINE_IDLE_SECS,
};

static const struct connection_vfuncs line_connection_vfuncs = {
	.destroy = line_destroy,
	.input_args = line_input_args,
	.idle_timeout = line_idle_timeout,
};

/* Should the plugin be missing one day, the listener is one to try passwords
   on. */
static void line_check_mode(const struct master_service_listener *listener)
{
	union {
		struct sockaddr sa;
		struct sockaddr_un un;
	} addr;
	socklen_t len = sizeof(addr);
	struct stat st;

	i_zero(&addr);
	if (getsockname(listener->fd, &addr.sa, &len) == 0 &&
	    addr.sa.sa_family == AF_UNIX && stat(addr.un.sun_path, &st) == 0 &&
	    (st.st_mode & 0077) != 0) {
		e_warning(line_config->event, "service auth { "
			"unix_listener "REFERRAL_LINE_NAME" } has mode %04o: "
			"set mode = 0600", (unsigned int)st.st_mode & 07777);
	}
}

static void line_check_listeners(void)
{
	unsigned int i;

	for (i = 0; i < master_service->socket_count; i++) {
		if (strcmp(master_service->listeners[i].name,
			   REFERRAL_LINE_NAME) == 0)
			line_check_mode(&master_service->listeners[i]);
	}
}

void referral_auth_line_init(struct referral_auth_config *config)
{
	i_assert(!worker && master_service->callback != NULL);

	line_config = config;
	line_clients = connection_list_init(&line_connection_set,
					    &line_connection_vfuncs);
	referral_explain_init(config);
	line_next_callback = master_service->callback;
	master_service->callback = line_connected;
	line_check_listeners();
}

void referral_auth_line_deinit(void)
{
	if (line_config == NULL)
		return;
	/* at the end of the process Dovecot has taken it back already */
	if (master_service->callback == line_connected)
		master_service->callback = line_next_callback;
	while (line_clients->connections != NULL)
		line_destroy(line_clients->connections);
	connection_list_deinit(&line_clients);
	referral_explain_deinit();
	line_config = NULL;
}
