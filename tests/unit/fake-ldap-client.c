/* A directory without servers: see fake-ldap-client.h. */

#include "lib.h"
#include "fake-ldap-client.h"

struct referral_ldap_client {
	char *uris;
};

/* the contract's request is the fake's search */
struct referral_ldap_request {
	struct fake_ldap_search search;
};

struct fake_ldap_search *fake_ldap_searches;
unsigned int fake_ldap_search_count, fake_ldap_cancel_count;
const char *fake_ldap_init_error;
struct referral_directory_settings fake_ldap_settings;
const char *fake_ldap_dns_client_socket_path;
unsigned int fake_ldap_max_waiting;
bool fake_ldap_is_init;
referral_ldap_late_callback_t *fake_ldap_late_callback;
void *fake_ldap_late_context;

static unsigned int fake_clients_count;

int referral_ldap_client_init(struct event *event_parent ATTR_UNUSED,
			      const struct referral_directory_settings *set,
			      const char *dns_client_socket_path,
			      struct referral_ldap_client **client_r,
			      const char **error_r)
{
	if (fake_clients_count == 0) {
		fake_ldap_settings = *set;
		fake_ldap_dns_client_socket_path = dns_client_socket_path;
		fake_ldap_search_count = fake_ldap_cancel_count = 0;
	}
	if (fake_ldap_init_error != NULL) {
		*error_r = fake_ldap_init_error;
		return -1;
	}
	fake_clients_count++;
	fake_ldap_is_init = TRUE;
	*client_r = i_new(struct referral_ldap_client, 1);
	(*client_r)->uris = i_strdup(set->referral_ldap_uris);
	return 0;
}

void referral_ldap_client_deinit(struct referral_ldap_client **_client)
{
	struct referral_ldap_client *client = *_client;
	struct fake_ldap_search *search;

	*_client = NULL;
	do {
		for (search = fake_ldap_searches; search != NULL;
		     search = search->next) {
			if (search->uris == client->uris) {
				fake_ldap_answer_search(search,
					REFERRAL_LDAP_UNAVAILABLE, NULL);
				break;
			}
		}
	} while (search != NULL);
	i_free(client->uris);
	i_free(client);
	fake_ldap_is_init = --fake_clients_count > 0;
}

void referral_ldap_client_set_late_callback(
	struct referral_ldap_client *client ATTR_UNUSED,
	referral_ldap_late_callback_t *callback, void *context)
{
	fake_ldap_late_callback = callback;
	fake_ldap_late_context = context;
}

void referral_ldap_client_limit_waiting(
	struct referral_ldap_client *client ATTR_UNUSED, unsigned int limit)
{
	fake_ldap_max_waiting = limit;
}

void referral_ldap_client_learn_names(
	struct referral_ldap_client *client ATTR_UNUSED,
	const char *const *attributes ATTR_UNUSED,
	const char *const *attribute_types ATTR_UNUSED)
{
}

struct referral_ldap_request *
referral_ldap_search(struct referral_ldap_client *client,
		     const struct referral_ldap_search_params *params,
		     referral_ldap_callback_t *callback, void *context)
{
	struct referral_ldap_request *request;
	struct fake_ldap_search **tail = &fake_ldap_searches;

	request = i_new(struct referral_ldap_request, 1);
	request->search.uris = client->uris;
	request->search.base = i_strdup(params->base);
	request->search.filter = i_strdup(params->filter);
	request->search.scope = params->scope;
	request->search.attributes =
		i_strdup(t_strarray_join(params->attributes, " "));
	request->search.server = i_strdup(params->server);
	request->search.callback = callback;
	request->search.context = context;

	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = &request->search;
	fake_ldap_search_count++;
	return request;
}

static void fake_ldap_free(struct fake_ldap_search *search)
{
	struct fake_ldap_search **pos = &fake_ldap_searches;

	while (*pos != search)
		pos = &(*pos)->next;
	*pos = search->next;
	i_free(search->base);
	i_free(search->filter);
	i_free(search->attributes);
	i_free(search->server);
	i_free(search);
}

void referral_ldap_search_cancel(struct referral_ldap_request **request)
{
	fake_ldap_free(&(*request)->search);
	fake_ldap_cancel_count++;
	*request = NULL;
}

void fake_ldap_answer(enum referral_ldap_status status,
		      const char *const *const *values)
{
	fake_ldap_answer_search(fake_ldap_searches, status, values);
}

static void
fake_ldap_call(struct fake_ldap_search *search,
	       const struct referral_ldap_result *result)
{
	referral_ldap_callback_t *callback = search->callback;
	void *context = search->context;

	fake_ldap_free(search);
	callback(result, context);
}

void fake_ldap_answer_nothing_there(void)
{
	const struct referral_ldap_result result = {
		.status = REFERRAL_LDAP_UNAVAILABLE,
		.error = "nothing there",
		.server = FAKE_LDAP_SERVER,
		.nothing_there = TRUE,
	};

	i_assert(fake_ldap_searches != NULL);
	fake_ldap_call(fake_ldap_searches, &result);
}

void fake_ldap_answer_search(struct fake_ldap_search *search,
			     enum referral_ldap_status status,
			     const char *const *const *values)
{
	const struct referral_ldap_result result = {
		.status = status,
		.values = values,
		.error = status == REFERRAL_LDAP_UNAVAILABLE ||
			status == REFERRAL_LDAP_SEVERAL_ENTRIES ?
			"fake error" : NULL,
		.server = status == REFERRAL_LDAP_UNAVAILABLE ? NULL :
			FAKE_LDAP_SERVER,
	};

	i_assert(search != NULL);
	fake_ldap_call(search, &result);
}

void referral_ldap_client_get_status(
	const struct referral_ldap_client *client,
	struct referral_ldap_client_status *status_r)
{
	const char *const *uris = t_strsplit_spaces(client->uris, " ");
	struct referral_ldap_server_status *servers;
	unsigned int i, count = str_array_length(uris);

	i_zero(status_r);
	servers = t_new(struct referral_ldap_server_status, count + 1);
	for (i = 0; i < count; i++)
		servers[i].uri = uris[i];
	status_r->servers = servers;
	status_r->servers_count = count;
}
