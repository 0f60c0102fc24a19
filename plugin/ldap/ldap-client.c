/* Public calls, deadlines and what is sent when: see ldap-client.h */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "referral-settings.h"
#include "ldap-client-private.h"
#include "ldap-names.h"
#include "ldap-settings.h"
#include "ldap-stream-private.h"

/* Requests that are finished in one turn of the loop. */
#define CLIENT_TURN_MAX_FINISHED 100
/* Deadlines are looked at no more often than this. */
#define CLIENT_DEADLINE_MIN_MSECS 10

static struct event_category event_category_referral = {
	.name = "login_referral"
};

static void client_deadline(struct referral_ldap_client *client);

static struct referral_ldap_list *
client_get_list(struct referral_ldap_client *client,
		enum referral_ldap_request_state state)
{
	return &client->requests[state];
}

static void client_report_finished(struct referral_ldap_client *client)
{
	struct referral_ldap_list *list =
		client_get_list(client, REFERRAL_LDAP_REQUEST_FINISHED);
	unsigned int count = 0;

	timeout_remove(&client->to_finished);
	while (list->head != NULL && count++ < CLIENT_TURN_MAX_FINISHED) {
		referral_ldap_request_report(list->head,
					     &list->head->result);
	}
	if (list->head != NULL)
		referral_ldap_client_report_later(client);
}

void referral_ldap_client_report_later(struct referral_ldap_client *client)
{
	if (client->to_finished == NULL) {
		client->to_finished = timeout_add_short(0,
			client_report_finished, client);
	}
}

static uint64_t request_get_deadline(const struct referral_ldap_request *request)
{
	const struct referral_ldap_client *client = request->client;

	return referral_patience_until(&client->patience, request->started_at,
				       request->sent_at, client->progress_at);
}

/* Those that have been sent are few; those that wait are in the order of their
   deadlines. Returns the earliest that is left. */
static uint64_t
client_expire(struct referral_ldap_client *client, uint64_t now)
{
	struct referral_ldap_list *begun =
		client_get_list(client, REFERRAL_LDAP_REQUEST_BEGUN);
	struct referral_ldap_list *waiting =
		client_get_list(client, REFERRAL_LDAP_REQUEST_WAITING);
	struct referral_ldap_request *request, *next;
	uint64_t deadline, earliest = UINT64_MAX;

	for (request = begun->head; request != NULL; request = next) {
		next = request->next;
		deadline = request_get_deadline(request);
		if (deadline <= now) {
			referral_ldap_request_expire(request);
			/* A callback may have changed anything. */
			next = begun->head;
			earliest = UINT64_MAX;
		} else {
			earliest = I_MIN(earliest, deadline);
		}
	}
	while ((request = waiting->head) != NULL) {
		deadline = request_get_deadline(request);
		if (deadline > now)
			return I_MIN(earliest, deadline);
		referral_ldap_request_expire(request);
	}
	return earliest;
}

void referral_ldap_client_watch_deadlines(struct referral_ldap_client *client)
{
	unsigned int msecs;

	/* It is left running when requests finish, so that there is at most
	   one for each timeout, not one for each request. A new request has
	   the full timeout left. */
	if (client->to_deadline != NULL)
		return;
	msecs = I_MIN(client->patience.timeout_msecs,
		      client->patience.queue_msecs);
	client->to_deadline = timeout_add_short(msecs, client_deadline, client);
}

static void client_deadline(struct referral_ldap_client *client)
{
	uint64_t earliest, now = referral_ldap_now();
	unsigned int msecs;

	timeout_remove(&client->to_deadline);
	T_BEGIN {
		earliest = client_expire(client, now);
	} T_END;
	if (earliest == UINT64_MAX)
		return;
	msecs = earliest > now ? I_MIN(earliest - now, INT_MAX) : 0;
	timeout_remove(&client->to_deadline);
	client->to_deadline = timeout_add_short(
		I_MAX(msecs, CLIENT_DEADLINE_MIN_MSECS), client_deadline,
		client);
}

/* A server that others are preferred to gets the same question: its answer
   tells whether that can end. */
static void
client_send_copy(struct referral_ldap_client *client,
		 const struct referral_ldap_request *request)
{
	struct referral_ldap_request *copy;
	struct referral_ldap_conn *conn;
	const char *error;

	conn = referral_ldap_servers_get_trial(client->servers);
	if (conn == NULL)
		return;
	copy = referral_ldap_request_create(client, &request->params);
	copy->params.key = NULL;
	referral_ldap_request_set_state(copy, REFERRAL_LDAP_REQUEST_LATE);
	if (referral_ldap_conn_send(conn, &copy->search, &error) <= 0)
		referral_ldap_request_free(copy);
}

/* Returns FALSE if there is nobody to send to. */
static bool
client_send_one(struct referral_ldap_client *client,
		struct referral_ldap_group *group)
{
	struct referral_ldap_request *request;
	struct referral_ldap_conn *conn;

	conn = referral_ldap_servers_get(client->servers, group->refused);
	if (conn == NULL)
		return FALSE;
	request = referral_ldap_line_next(client, group);
	if (!referral_ldap_request_send(request, conn))
		return FALSE;
	if (request->search.conn != NULL && request->refused == 0)
		client_send_copy(client, request);
	return TRUE;
}

/* Send what waits, as far as connections take it. */
static void client_send(void *context)
{
	struct referral_ldap_client *client = context;
	struct referral_ldap_group *group, *next;

	for (group = client->groups_head; group != NULL; group = next) {
		next = group->next;
		/* A group is gone with its last request. */
		if (client_send_one(client, group))
			next = client->groups_head;
	}
	if (client_get_list(client, REFERRAL_LDAP_REQUEST_BEGUN)->head != NULL)
		referral_ldap_client_watch_deadlines(client);
}

void referral_ldap_client_names_known(struct referral_ldap_client *client)
{
	struct referral_ldap_request *request;

	if (client->deinitializing)
		return;
	request = client_get_list(client, REFERRAL_LDAP_REQUEST_BEGUN)->head;
	for (; request != NULL; request = request->next) {
		if (request->for_names) {
			request->for_names = FALSE;
			referral_ldap_line_add(request);
		}
	}
	client_send(client);
}

void referral_ldap_client_learn_names(struct referral_ldap_client *client,
				      const char *const *attributes,
				      const char *const *attribute_types)
{
	referral_ldap_names_learn(client->names, attributes, attribute_types);
}

static const struct referral_ldap_servers_vfuncs client_servers_vfuncs = {
	.ready = client_send,
	.answered = referral_ldap_request_answered,
	.returned = referral_ldap_request_returned,
	.get_waiting = referral_ldap_line_get_waiting,
	.hopeless = referral_ldap_line_hopeless,
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
	referral_ldap_names_deinit(&client->names);
	referral_ldap_settings_deinit(&client->set);
	event_unref(&client->event);
	pool_unref(&client->pool);
}

static void
client_servers_found(const ARRAY_TYPE(referral_ldap_uri_ptr) *uris,
		     const char *error, void *context)
{
	struct referral_ldap_client *client = context;

	referral_ldap_servers_set(client->servers, uris,
		referral_ldap_discover_is_asking(client->discover), error);
}

static int
client_init_servers(struct referral_ldap_client *client, const char **error_r)
{
	if (referral_ldap_discover_needed(&client->set.uris) &&
	    referral_ldap_discover_init(client->event, &client->set.uris,
					client_servers_found, client,
					&client->discover, error_r) < 0)
		return -1;
	client->servers = referral_ldap_servers_init(client->event,
		&client->set, &client_servers_vfuncs, client);
	if (client->discover != NULL) {
		client_servers_found(
			referral_ldap_discover_get(client->discover), NULL,
			client);
	}
	return 0;
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
	client->patience.timeout_msecs = set->referral_ldap_timeout;
	client->patience.queue_msecs = set->referral_ldap_queue_timeout;
	client->max_waiting = REFERRAL_LDAP_CLIENT_MAX_WAITING;
	client->names = referral_ldap_names_init(client);
	client->heed_references = set->referral_ldap_heed_references;

	if (client_init_libldap(error_r) < 0 ||
	    referral_ldap_settings_init(pool, set, dns_client_socket_path,
					&client->set, error_r) < 0 ||
	    client_init_servers(client, error_r) < 0) {
		client_free(client);
		return -1;
	}
	*client_r = client;
	return 0;
}

static void client_abort_requests(struct referral_ldap_client *client)
{
	static const enum referral_ldap_request_state states[] = {
		REFERRAL_LDAP_REQUEST_WAITING, REFERRAL_LDAP_REQUEST_BEGUN,
	};
	struct referral_ldap_list *list;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(states); i++) {
		list = client_get_list(client, states[i]);
		while (list->head != NULL) {
			referral_ldap_request_fail(list->head,
				"ldap search aborted: shutting down");
		}
	}
	list = client_get_list(client, REFERRAL_LDAP_REQUEST_FINISHED);
	while (list->head != NULL)
		client_report_finished(client);
	list = client_get_list(client, REFERRAL_LDAP_REQUEST_LATE);
	while (list->head != NULL)
		referral_ldap_request_free(list->head);
}

void referral_ldap_client_deinit(struct referral_ldap_client **_client)
{
	struct referral_ldap_client *client = *_client;

	*_client = NULL;
	client->deinitializing = TRUE;
	client_abort_requests(client);
	while (client->streams != NULL) {
		referral_ldap_stream_abort(client->streams,
					   "ldap search aborted: shutting down");
	}

	timeout_remove(&client->to_finished);
	timeout_remove(&client->to_deadline);
	referral_ldap_discover_deinit(&client->discover);
	referral_ldap_servers_deinit(&client->servers);
	client_free(client);
}

void referral_ldap_client_set_late_callback(
	struct referral_ldap_client *client,
	referral_ldap_late_callback_t *callback, void *context)
{
	client->late_callback = callback;
	client->late_context = context;
}

void referral_ldap_client_limit_waiting(struct referral_ldap_client *client,
					unsigned int limit)
{
	client->max_waiting = I_MIN(limit, REFERRAL_LDAP_CLIENT_MAX_WAITING);
}

/* The oldest has waited in vain for longest, and has the least time left. */
static void client_limit_waiting(struct referral_ldap_client *client)
{
	struct referral_ldap_list *list =
		client_get_list(client, REFERRAL_LDAP_REQUEST_WAITING);

	if (list->count <= client->max_waiting)
		return;
	referral_ldap_request_fail(list->head, t_strdup_printf(
		"ldap search failed: %u others are waiting already (check the "
		"directory server, and vsz_limit of service auth)",
		client->max_waiting));
}

struct referral_ldap_request *
referral_ldap_search(struct referral_ldap_client *client,
		     const struct referral_ldap_search_params *params,
		     referral_ldap_callback_t *callback, void *context)
{
	struct referral_ldap_request *request;
	const char *error;

	i_assert(!client->deinitializing);

	request = referral_ldap_request_create(client, params);
	request->callback = callback;
	request->context = context;
	if (params->server != NULL &&
	    !referral_ldap_servers_get_others(client->servers, params->server,
					      &request->refused)) {
		referral_ldap_request_fail(request, t_strdup_printf(
			"ldap search failed: %s is not in referral_ldap_uris",
			params->server));
	} else if (!referral_ldap_servers_want(client->servers,
					       request->refused, &error)) {
		referral_ldap_request_fail(request, error != NULL ? error :
			"ldap search failed: no server answers");
	} else {
		referral_ldap_line_add(request);
		referral_ldap_client_watch_deadlines(client);
		client_limit_waiting(client);
		client_send(client);
	}
	return request;
}

void referral_ldap_search_cancel(struct referral_ldap_request **_request)
{
	struct referral_ldap_request *request = *_request;

	if (request == NULL)
		return;
	*_request = NULL;
	referral_ldap_request_free(request);
}

void referral_ldap_client_get_status(
	const struct referral_ldap_client *client,
	struct referral_ldap_client_status *status_r)
{
	ARRAY_TYPE(referral_ldap_server_status) servers;

	i_zero(status_r);
	status_r->waiting =
		client->requests[REFERRAL_LDAP_REQUEST_WAITING].count;
	status_r->begun = client->requests[REFERRAL_LDAP_REQUEST_BEGUN].count;
	t_array_init(&servers, 8);
	referral_ldap_servers_get_status(client->servers, &servers);
	status_r->servers = array_get(&servers, &status_r->servers_count);
}
