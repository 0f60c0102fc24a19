/* The life of one search: see ldap-client-private.h */

#include "lib.h"
#include "array.h"
#include "llist.h"
#include "str-sanitize.h"
#include "ldap-client-private.h"
#include "ldap-names.h"

/* A connection may be lost so often under one request. */
#define REQUEST_MAX_RETURNS 3

static struct referral_ldap_request *
request_from_search(struct referral_ldap_search *search)
{
	return container_of(search, struct referral_ldap_request, search);
}

static void request_unlist(struct referral_ldap_request *request)
{
	struct referral_ldap_list *list =
		&request->client->requests[request->state];

	DLLIST2_REMOVE(&list->head, &list->tail, request);
	list->count--;
}

static void request_enlist(struct referral_ldap_request *request,
			   enum referral_ldap_request_state state)
{
	struct referral_ldap_list *list = &request->client->requests[state];

	request->state = state;
	DLLIST2_APPEND(&list->head, &list->tail, request);
	list->count++;
}

void referral_ldap_request_set_state(struct referral_ldap_request *request,
				     enum referral_ldap_request_state state)
{
	referral_ldap_line_remove(request);
	if (request->state != state) {
		request_unlist(request);
		request_enlist(request, state);
	}
}

struct referral_ldap_request *
referral_ldap_request_create(struct referral_ldap_client *client,
			     const struct referral_ldap_search_params *params)
{
	struct referral_ldap_request *request;
	pool_t pool;

	pool = pool_alloconly_create("referral ldap request", 512);
	request = p_new(pool, struct referral_ldap_request, 1);
	request->pool = pool;
	request->client = client;
	request->params = *params;
	request->params.base = p_strdup(pool, params->base);
	request->params.base_tail = p_strdup(pool, params->base_tail);
	request->params.base_tree = p_strdup(pool, params->base_tree);
	request->params.filter = p_strdup(pool, params->filter);
	request->params.attributes = p_strarray_dup(pool, params->attributes);
	request->params.key = p_strdup(pool, params->key);
	request->params.server = NULL;
	request->search.params = &request->params;
	request->search.answer.pool = pool;
	request->search.answer.names = client->names;
	request->search.answer.heed_references = client->heed_references;
	request->search.answer.size_limit = params->size_limit > 0 ?
		params->size_limit : REFERRAL_LDAP_SIZE_LIMIT;
	request->started_at = referral_ldap_now();
	request_enlist(request, REFERRAL_LDAP_REQUEST_WAITING);
	return request;
}

static void request_remove(struct referral_ldap_request *request)
{
	if (request->search.conn != NULL)
		referral_ldap_conn_forget(&request->search);
	referral_ldap_line_remove(request);
	request_unlist(request);
}

void referral_ldap_request_free(struct referral_ldap_request *request)
{
	pool_t pool = request->pool;

	request_remove(request);
	pool_unref(&pool);
}

void referral_ldap_request_report(struct referral_ldap_request *request,
				  const struct referral_ldap_result *result)
{
	referral_ldap_callback_t *callback = request->callback;
	void *context = request->context;
	pool_t pool = request->pool;

	/* The values are in the pool. */
	request_remove(request);
	callback(result, context);
	pool_unref(&pool);
}

void referral_ldap_request_fail(struct referral_ldap_request *request,
				const char *error)
{
	request->result.status = REFERRAL_LDAP_UNAVAILABLE;
	request->result.error = p_strdup(request->pool, error);
	if (request->search.conn != NULL)
		referral_ldap_conn_forget(&request->search);
	referral_ldap_request_set_state(request,
					REFERRAL_LDAP_REQUEST_FINISHED);
	referral_ldap_client_report_later(request->client);
}

static const char *
request_get_expired_error(const struct referral_ldap_request *request)
{
	const struct referral_ldap_client *client = request->client;
	const char *error = request->refused_error;

	if (request->sent_at == 0 && client->progress_at > request->started_at) {
		return t_strdup_printf("ldap search under '%s' failed: "
			"%u others are waiting, too (check the directory "
			"server, which answers too little, and "
			"referral_ldap_queue_timeout)", request->params.base,
			client->requests[REFERRAL_LDAP_REQUEST_WAITING].count);
	}
	if (error == NULL)
		error = referral_ldap_servers_get_error(client->servers);
	return t_strdup_printf("ldap search under '%s' failed: no answer "
		"within %u ms%s (check referral_ldap_timeout)",
		request->params.base, client->patience.timeout_msecs,
		error == NULL ? "" :
		t_strdup_printf("; last error: %s", error));
}

void referral_ldap_request_expire(struct referral_ldap_request *request)
{
	struct referral_ldap_client *client = request->client;
	const char *error = request_get_expired_error(request);
	const struct referral_ldap_result result = {
		.status = REFERRAL_LDAP_UNAVAILABLE,
		.error = error,
	};
	referral_ldap_callback_t *callback = request->callback;
	void *context = request->context;

	if (request->search.conn == NULL || request->params.key == NULL ||
	    client->late_callback == NULL) {
		referral_ldap_request_fail(request, error);
		return;
	}
	request->callback = NULL;
	referral_ldap_request_set_state(request, REFERRAL_LDAP_REQUEST_LATE);
	callback(&result, context);
}

bool referral_ldap_request_send(struct referral_ldap_request *request,
				struct referral_ldap_conn *conn)
{
	const char *error;

	switch (referral_ldap_conn_send(conn, &request->search, &error)) {
	case 1:
		if (request->sent_at == 0)
			request->sent_at = request->search.sent_at;
		referral_ldap_request_set_state(request,
			request->state == REFERRAL_LDAP_REQUEST_LATE ?
			REFERRAL_LDAP_REQUEST_LATE :
			REFERRAL_LDAP_REQUEST_BEGUN);
		return TRUE;
	case 0:
		return FALSE;
	default:
		referral_ldap_request_fail(request, t_strdup_printf(
			"ldap search for %s failed: %s "
			"(check referral_ldap_filter)",
			str_sanitize(request->params.filter, 200), error));
		return TRUE;
	}
}

/* Nobody waits for it, but the answer is as good as any. */
static void
request_report_late(struct referral_ldap_request *request,
		    const struct referral_ldap_result *result)
{
	struct referral_ldap_client *client = request->client;

	if (request->params.key != NULL && client->late_callback != NULL &&
	    result->status != REFERRAL_LDAP_UNAVAILABLE) {
		client->late_callback(request->params.key, result,
				      client->late_context);
	}
	referral_ldap_request_free(request);
}

static void
request_answered_final(struct referral_ldap_request *request,
		       const struct referral_ldap_result *result)
{
	if (request->refused_error != NULL) {
		/* Somebody could. */
		referral_ldap_servers_refused(request->client->servers,
					      request->refused_by,
					      request->refused_error);
	}
	referral_ldap_request_report(request, result);
}

static void
request_answered_elsewhere(struct referral_ldap_request *request,
			   const struct referral_ldap_reply *reply,
			   const struct referral_ldap_result *result)
{
	const char *error;

	request->refused |= reply->server;
	request->refused_by |= reply->server;
	request->refused_error = p_strdup(request->pool, result->error);
	if (reply->server != 0 &&
	    referral_ldap_servers_want(request->client->servers,
				       request->refused, &error))
		referral_ldap_line_add(request);
	else
		referral_ldap_request_report(request, result);
}

/* The answer can't be understood before the attribute's names are known. */
static bool
request_wait_for_names(struct referral_ldap_request *request,
		       const struct referral_ldap_reply *reply)
{
	struct referral_ldap_names *names = request->client->names;

	request->for_names = request->state == REFERRAL_LDAP_REQUEST_BEGUN &&
		referral_ldap_answer_has_other_name(&request->search.answer,
						    reply) &&
		!referral_ldap_names_is_own(names, request) &&
		referral_ldap_names_ask(names, request->params.attributes);
	return request->for_names;
}

enum referral_ldap_verdict
referral_ldap_request_answered(void *context,
			       struct referral_ldap_search *search,
			       const struct referral_ldap_reply *reply,
			       const char **error_r)
{
	struct referral_ldap_client *client = context;
	struct referral_ldap_request *request = request_from_search(search);
	struct referral_ldap_result result;
	enum referral_ldap_verdict verdict;

	client->progress_at = reply->now;
	if (request_wait_for_names(request, reply)) {
		*error_r = NULL;
		return REFERRAL_LDAP_VERDICT_FINAL;
	}
	verdict = referral_ldap_answer_finish(&search->answer, search->params,
					      reply, &result);
	*error_r = result.error;
	if (request->state == REFERRAL_LDAP_REQUEST_LATE)
		request_report_late(request, &result);
	else if (verdict == REFERRAL_LDAP_VERDICT_FINAL)
		request_answered_final(request, &result);
	else
		request_answered_elsewhere(request, reply, &result);
	return verdict;
}

void referral_ldap_request_returned(void *context,
				    struct referral_ldap_search *search)
{
	struct referral_ldap_client *client = context;
	struct referral_ldap_request *request = request_from_search(search);
	const char *error = referral_ldap_servers_get_error(client->servers);

	if (request->state == REFERRAL_LDAP_REQUEST_LATE)
		referral_ldap_request_free(request);
	else if (request->returns++ < REQUEST_MAX_RETURNS)
		referral_ldap_line_add(request);
	else {
		referral_ldap_request_fail(request, error != NULL ? error :
			"ldap search failed: no server answers");
	}
}
