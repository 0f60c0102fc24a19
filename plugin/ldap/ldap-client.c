/* Public calls, the queue and deadlines: see ldap-client.h */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "llist.h"
#include "str-sanitize.h"
#include "ldap-client-private.h"
#include "ldap-settings.h"
#include "ldap-stream-private.h"

/* Requests that wait for a connection. */
#define CLIENT_MAX_QUEUED 4096
/* A request is sent again this often. */
#define CLIENT_MAX_RETRIES 3
/* Requests that are finished in one turn of the loop. */
#define CLIENT_TURN_MAX_FINISHED 100

struct referral_ldap_request {
	/* all that have a deadline, by deadline */
	struct referral_ldap_request *prev, *next;
	/* in the queue, or among the finished */
	struct referral_ldap_request *queue_prev, *queue_next;
	pool_t pool;
	struct referral_ldap_client *client;

	struct referral_ldap_search_params params;
	struct referral_ldap_search search;
	uint64_t deadline;
	unsigned int retries;
	bool queued;
	/* the answer of a server that cannot answer this: another one is
	   wanted. NULL otherwise. */
	const char *other_error;

	/* finished: reported from the ioloop */
	bool finished;
	struct referral_ldap_result result;

	referral_ldap_callback_t *callback;
	void *context;
};

static struct event_category event_category_referral = {
	.name = "login_referral"
};

static void client_deadline(struct referral_ldap_client *client);
static void client_report_finished(struct referral_ldap_client *client);

static struct referral_ldap_request *
request_from_search(struct referral_ldap_search *search)
{
	return container_of(search, struct referral_ldap_request, search);
}

static const char *
request_get_operation(const struct referral_ldap_request *request,
		      const struct referral_ldap_conn *conn)
{
	return t_strdup_printf("ldap search under '%s' at %s",
			       request->params.base,
			       referral_ldap_conn_get_name(conn));
}

static void request_unqueue(struct referral_ldap_request *request)
{
	struct referral_ldap_client *client = request->client;

	if (!request->queued)
		return;
	request->queued = FALSE;
	client->queue_count--;
	DLLIST2_REMOVE_FULL(&client->queue_head, &client->queue_tail, request,
			    queue_prev, queue_next);
}

/* Take it out of every list. */
static void request_detach(struct referral_ldap_request *request)
{
	struct referral_ldap_client *client = request->client;

	if (request->search.conn != NULL)
		referral_ldap_conn_forget(&request->search);
	request_unqueue(request);
	if (request->finished) {
		DLLIST2_REMOVE_FULL(&client->finished_head,
				    &client->finished_tail, request,
				    queue_prev, queue_next);
	} else {
		DLLIST2_REMOVE(&client->requests_head, &client->requests_tail,
			       request);
	}
}

static void
request_report(struct referral_ldap_request *request,
	       const struct referral_ldap_result *result)
{
	referral_ldap_callback_t *callback = request->callback;
	void *context = request->context;
	pool_t pool = request->pool;

	/* The values are in the pool. */
	request_detach(request);
	callback(result, context);
	pool_unref(&pool);
}

/* Report it from the ioloop. */
static void
request_fail(struct referral_ldap_request *request, const char *error)
{
	struct referral_ldap_client *client = request->client;

	request_detach(request);
	request->finished = TRUE;
	request->result.status = REFERRAL_LDAP_UNAVAILABLE;
	request->result.error = p_strdup(request->pool, error);
	DLLIST2_APPEND_FULL(&client->finished_head, &client->finished_tail,
			    request, queue_prev, queue_next);
	if (client->to_finished == NULL) {
		client->to_finished = timeout_add_short(0,
			client_report_finished, client);
	}
}

static void client_report_finished(struct referral_ldap_client *client)
{
	struct referral_ldap_request *request;
	unsigned int count = 0;

	timeout_remove(&client->to_finished);
	while ((request = client->finished_head) != NULL &&
	       count++ < CLIENT_TURN_MAX_FINISHED)
		request_report(request, &request->result);
	if (client->finished_head != NULL && client->to_finished == NULL) {
		client->to_finished = timeout_add_short(0,
			client_report_finished, client);
	}
}

static void client_deadline_start(struct referral_ldap_client *client)
{
	uint64_t now = referral_ldap_now(), deadline;

	/* It is left running when requests finish, so that there is at most
	   one for each timeout, not one for each request. */
	if (client->to_deadline != NULL || client->requests_head == NULL)
		return;
	deadline = client->requests_head->deadline;
	client->to_deadline = timeout_add_short(
		deadline > now ? deadline - now : 0, client_deadline, client);
}

static void client_deadline(struct referral_ldap_client *client)
{
	uint64_t now = referral_ldap_now();
	struct referral_ldap_request *request;
	const char *error;

	timeout_remove(&client->to_deadline);
	while ((request = client->requests_head) != NULL &&
	       request->deadline <= now) {
		error = referral_ldap_servers_get_error(client->servers);
		request_fail(request, t_strdup_printf(
			"ldap search under '%s' failed: no answer within "
			"%u ms%s (check referral_ldap_timeout)",
			request->params.base, client->set.timeout_msecs,
			error == NULL ? "" :
			t_strdup_printf("; last error: %s", error)));
	}
	client_deadline_start(client);
}

/* Returns FALSE if the connection broke: another one will come. */
static bool
request_send(struct referral_ldap_request *request,
	     struct referral_ldap_conn *conn)
{
	const char *error;

	switch (referral_ldap_conn_send(conn, &request->search, &error)) {
	case 1:
		request_unqueue(request);
		return TRUE;
	case 0:
		return FALSE;
	default:
		request_fail(request, t_strdup_printf(
			"ldap search for %s failed: %s "
			"(check referral_ldap_filter)",
			str_sanitize(request->params.filter, 200), error));
		return TRUE;
	}
}

/* Send what waits, as far as the connection takes it. */
static void client_send_queued(void *context)
{
	struct referral_ldap_client *client = context;
	struct referral_ldap_request *request, *next;
	struct referral_ldap_conn *conn;
	bool other, other_wanted = FALSE;

	for (request = client->queue_head; request != NULL; request = next) {
		next = request->queue_next;
		other = request->other_error != NULL;
		conn = referral_ldap_servers_get(client->servers, other);
		if (conn != NULL) {
			if (!request_send(request, conn))
				return;
		} else if (!other) {
			return;
		} else {
			other_wanted = TRUE;
		}
	}
	if (!other_wanted)
		referral_ldap_servers_avoid_none(client->servers);
}

static void
request_queue(struct referral_ldap_request *request, bool at_front)
{
	struct referral_ldap_client *client = request->client;

	i_assert(!request->queued);
	request->queued = TRUE;
	client->queue_count++;
	if (at_front) {
		DLLIST2_PREPEND_FULL(&client->queue_head, &client->queue_tail,
				     request, queue_prev, queue_next);
	} else {
		DLLIST2_APPEND_FULL(&client->queue_head, &client->queue_tail,
				    request, queue_prev, queue_next);
	}
}

static void request_retry(struct referral_ldap_request *request,
			  const char *error)
{
	if (request->retries++ < CLIENT_MAX_RETRIES)
		request_queue(request, TRUE);
	else
		request_fail(request, error);
}

static void
client_search_returned(void *context, struct referral_ldap_search *search)
{
	struct referral_ldap_client *client = context;
	const char *error = referral_ldap_servers_get_error(client->servers);

	request_retry(request_from_search(search), error == NULL ?
		      "ldap search failed: no server answers" : error);
}

static bool
client_search_answered(void *context, struct referral_ldap_conn *conn,
		       struct referral_ldap_search *search, int code,
		       const char *diagnostic, const char **error_r)
{
	struct referral_ldap_client *client = context;
	struct referral_ldap_request *request = request_from_search(search);
	struct referral_ldap_result result;
	enum referral_ldap_verdict verdict;

	verdict = referral_ldap_answer_finish(&search->answer,
		request_get_operation(request, conn), code, diagnostic,
		&result);
	switch (verdict) {
	case REFERRAL_LDAP_VERDICT_SERVER_FAILED:
		*error_r = result.error;
		request_retry(request, result.error);
		return FALSE;
	case REFERRAL_LDAP_VERDICT_ELSEWHERE:
		if (request->retries < CLIENT_MAX_RETRIES &&
		    referral_ldap_servers_avoid(client->servers, conn)) {
			request->other_error =
				p_strdup(request->pool, result.error);
			request_retry(request, result.error);
			break;
		}
		/* fall through */
	case REFERRAL_LDAP_VERDICT_FINAL:
		result.server = referral_ldap_conn_get_name(conn);
		request_report(request, &result);
		break;
	}
	return TRUE;
}

static bool client_is_waiting(void *context)
{
	struct referral_ldap_client *client = context;

	return client->queue_count > 0;
}

static void client_all_dead(void *context, const char *error)
{
	struct referral_ldap_client *client = context;

	while (client->queue_head != NULL)
		request_fail(client->queue_head, error);
}

static void client_no_other(void *context)
{
	struct referral_ldap_client *client = context;
	struct referral_ldap_request *request, *next;

	for (request = client->queue_head; request != NULL; request = next) {
		next = request->queue_next;
		if (request->other_error != NULL)
			request_fail(request, request->other_error);
	}
}

static const struct referral_ldap_servers_vfuncs client_servers_vfuncs = {
	.ready = client_send_queued,
	.answered = client_search_answered,
	.returned = client_search_returned,
	.waiting = client_is_waiting,
	.all_dead = client_all_dead,
	.no_other = client_no_other,
};

static int client_init_libldap(const char **error_r)
{
	LDAP *ld;
	int ret;

	/* The first handle reads ldap.conf and resolves the own host name,
	   which may take long: let it do so now. */
	ret = ldap_initialize(&ld, NULL);
	if (ret != LDAP_SUCCESS) {
		*error_r = t_strdup_printf("ldap_initialize() failed: %s",
					   ldap_err2string(ret));
		return -1;
	}
	(void)ldap_unbind_ext(ld, NULL, NULL);
	return 0;
}

static void client_free(struct referral_ldap_client *client)
{
	referral_ldap_settings_deinit(&client->set);
	event_unref(&client->event);
	pool_unref(&client->pool);
}

int referral_ldap_client_init(struct event *event_parent,
			      const struct referral_directory_settings *set,
			      const char *dns_client_socket_path,
			      struct referral_ldap_client **client_r,
			      const char **error_r)
{
	struct referral_ldap_client *client;
	pool_t pool;

	pool = pool_alloconly_create("referral ldap client", 2048);
	client = p_new(pool, struct referral_ldap_client, 1);
	client->pool = pool;
	client->event = event_create(event_parent);
	event_add_category(client->event, &event_category_referral);

	if (client_init_libldap(error_r) < 0 ||
	    referral_ldap_settings_init(pool, set, dns_client_socket_path,
					&client->set, error_r) < 0) {
		client_free(client);
		return -1;
	}
	client->servers = referral_ldap_servers_init(client->event,
		&client->set, &client_servers_vfuncs, client);
	*client_r = client;
	return 0;
}

void referral_ldap_client_deinit(struct referral_ldap_client **_client)
{
	struct referral_ldap_client *client = *_client;

	*_client = NULL;
	client->deinitializing = TRUE;
	while (client->requests_head != NULL) {
		request_fail(client->requests_head,
			     "ldap search aborted: shutting down");
	}
	while (client->finished_head != NULL)
		client_report_finished(client);
	while (client->streams != NULL) {
		referral_ldap_stream_abort(client->streams,
					   "ldap search aborted: shutting down");
	}

	timeout_remove(&client->to_finished);
	timeout_remove(&client->to_deadline);
	referral_ldap_servers_deinit(&client->servers);
	client_free(client);
}

static void
request_copy_params(struct referral_ldap_request *request,
		    const struct referral_ldap_search_params *params)
{
	request->params.base = p_strdup(request->pool, params->base);
	request->params.scope = params->scope;
	request->params.size_limit = params->size_limit;
	request->params.filter = p_strdup(request->pool, params->filter);
	request->params.attributes =
		p_strarray_dup(request->pool, params->attributes);
	request->search.params = &request->params;
	request->search.answer.pool = request->pool;
	request->search.answer.size_limit = params->size_limit > 0 ?
		params->size_limit : REFERRAL_LDAP_SIZE_LIMIT;
}

struct referral_ldap_request *
referral_ldap_search(struct referral_ldap_client *client,
		     const struct referral_ldap_search_params *params,
		     referral_ldap_callback_t *callback, void *context)
{
	struct referral_ldap_request *request;
	const char *error;
	pool_t pool;

	i_assert(!client->deinitializing);

	pool = pool_alloconly_create("referral ldap request", 1024);
	request = p_new(pool, struct referral_ldap_request, 1);
	request->pool = pool;
	request->client = client;
	request_copy_params(request, params);
	request->deadline = referral_ldap_now() + client->set.timeout_msecs;
	request->callback = callback;
	request->context = context;
	DLLIST2_APPEND(&client->requests_head, &client->requests_tail,
		       request);

	if (!referral_ldap_servers_want(client->servers, &error)) {
		request_fail(request, error);
	} else if (client->queue_count >= CLIENT_MAX_QUEUED) {
		request_fail(request, t_strdup_printf(
			"ldap search failed: %u others are waiting already "
			"(check the directory server)", client->queue_count));
	} else {
		request_queue(request, FALSE);
		client_deadline_start(client);
		client_send_queued(client);
	}
	return request;
}

void referral_ldap_search_cancel(struct referral_ldap_request **_request)
{
	struct referral_ldap_request *request = *_request;
	pool_t pool;

	if (request == NULL)
		return;
	*_request = NULL;
	pool = request->pool;
	request_detach(request);
	pool_unref(&pool);
}
