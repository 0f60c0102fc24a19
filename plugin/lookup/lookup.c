/* One question about one user: answered from the cache, or equal questions
   merged and one LDAP search for them, its result in the plugin's own terms. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "ioloop.h"
#include "lib-event.h"
#include "llist.h"
#include "str.h"
#include "referral-settings.h"
#include "cache.h"
#include "template.h"
#include "keyhash.h"
#include "words.h"
#include "ldap-client.h"
#include "lookup.h"

struct referral_lookup {
	pool_t pool;
	struct event *event;
	/* NULL if referral_ldap_uris is empty */
	struct referral_ldap_client *client;

	struct referral_template *filter, *base;
	int scope;
	/* those of referral_ldap_attributes, then referral_action_attribute
	   if there is one, then NULL */
	const char *const *attributes;
	unsigned int mailhost_attributes_count;
	bool key_has_username, key_has_domain;

	/* scratch: the part of a user name that the answer depends on */
	string_t *key;
	struct referral_cache *cache;
	HASH_TABLE(char *, struct lookup_flight *) flights;
};

/* One LDAP search and everyone who waits for its answer. */
struct lookup_flight {
	struct referral_lookup *lookup;
	char *key;
	struct event *event;
	struct referral_ldap_request *search;
	/* without an LDAP client: the failure, told from the ioloop */
	struct timeout *to;
	struct referral_lookup_request *requests_head, *requests_tail;
};

struct referral_lookup_request {
	struct referral_lookup_request *prev, *next;
	struct lookup_flight *flight;

	referral_lookup_callback_t *callback;
	void *context;
};

/* The index is the scope's number: RFC 4511 section 4.5.1.2, LDAP_SCOPE_*. */
static const char *const lookup_scopes[] = {
	"base", "onelevel", "subtree", NULL
};

static int
lookup_init_templates(struct referral_lookup *lookup,
		      const struct referral_directory_settings *set,
		      const char **error_r)
{
	const char *error;

	if (referral_template_create(lookup->pool, set->referral_ldap_filter,
				     REFERRAL_TEMPLATE_ESCAPE_FILTER,
				     &lookup->filter, &error) < 0) {
		*error_r = t_strdup_printf("referral_ldap_filter: %s", error);
		return -1;
	}
	if (referral_template_create(lookup->pool, set->referral_ldap_base,
				     REFERRAL_TEMPLATE_ESCAPE_DN,
				     &lookup->base, &error) < 0) {
		*error_r = t_strdup_printf("referral_ldap_base: %s", error);
		return -1;
	}
	lookup->key_has_username =
		referral_template_uses_username(lookup->filter) ||
		referral_template_uses_username(lookup->base);
	lookup->key_has_domain =
		referral_template_uses_domain(lookup->filter) ||
		referral_template_uses_domain(lookup->base);
	return 0;
}

static int
lookup_init_attributes(struct referral_lookup *lookup,
		       const struct referral_directory_settings *set,
		       const char **error_r)
{
	ARRAY_TYPE(const_string) attributes;
	const char *const *names, *action;

	names = t_strsplit_spaces(set->referral_ldap_attributes, " ,\t");
	lookup->mailhost_attributes_count = str_array_length(names);
	if (lookup->mailhost_attributes_count == 0) {
		*error_r = "referral_ldap_attributes: no attribute is named";
		return -1;
	}

	p_array_init(&attributes, lookup->pool,
		     lookup->mailhost_attributes_count + 2);
	for (; *names != NULL; names++) {
		const char *name = p_strdup(lookup->pool, *names);
		array_push_back(&attributes, &name);
	}
	if (set->referral_action_attribute[0] != '\0') {
		action = p_strdup(lookup->pool, set->referral_action_attribute);
		array_push_back(&attributes, &action);
	}
	array_append_zero(&attributes);
	lookup->attributes = array_front(&attributes);
	return 0;
}

static int
lookup_init_client(struct referral_lookup *lookup,
		   const struct referral_directory_settings *set,
		   const char *dns_client_socket_path, const char **error_r)
{
	const struct referral_ldap_client_settings client_set = {
		.uris = set->referral_ldap_uris,
		.starttls = set->referral_ldap_starttls,
		.tls_ca_file = set->referral_ldap_tls_ca_file,
		.tls_ca_dir = set->referral_ldap_tls_ca_dir,
		.tls_cert_file = set->referral_ldap_tls_cert_file,
		.tls_key_file = set->referral_ldap_tls_key_file,
		.auth_dn = set->referral_ldap_auth_dn,
		.auth_dn_password = set->referral_ldap_auth_dn_password,
		.sasl_mechanism = set->referral_ldap_sasl_mechanism,
		.timeout_msecs = set->referral_ldap_timeout,
		.connect_timeout_msecs = set->referral_ldap_connect_timeout,
		.dns_client_socket_path = dns_client_socket_path,
	};

	if (*t_strsplit_spaces(set->referral_ldap_uris, " \t") == NULL)
		return 0;
	return referral_ldap_client_init(lookup->event, &client_set,
					 &lookup->client, error_r);
}

static int
lookup_init(struct referral_lookup *lookup,
	    const struct referral_directory_settings *set,
	    const char *dns_client_socket_path, const char **error_r)
{
	if (lookup_init_templates(lookup, set, error_r) < 0 ||
	    lookup_init_attributes(lookup, set, error_r) < 0)
		return -1;

	while (lookup_scopes[lookup->scope] != NULL &&
	       strcmp(lookup_scopes[lookup->scope],
		      set->referral_ldap_scope) != 0)
		lookup->scope++;
	if (lookup_scopes[lookup->scope] == NULL) {
		*error_r = t_strdup_printf("referral_ldap_scope: unknown "
			"scope '%s'", set->referral_ldap_scope);
		return -1;
	}
	return lookup_init_client(lookup, set, dns_client_socket_path, error_r);
}

static void
lookup_init_cache(struct referral_lookup *lookup,
		  const struct referral_directory_settings *set)
{
	const struct referral_cache_settings cache_set = {
		.ttl_secs = set->referral_cache_ttl,
		.negative_ttl_secs = set->referral_cache_negative_ttl,
		.stale_ttl_secs = set->referral_cache_stale_ttl,
		.max_bytes = I_MIN(set->referral_cache_size, SIZE_MAX),
	};

	lookup->cache = referral_cache_create(&cache_set);
}

int referral_lookup_init(struct event *event_parent,
			 const struct referral_directory_settings *set,
			 const char *dns_client_socket_path,
			 struct referral_lookup **lookup_r,
			 const char **error_r)
{
	struct referral_lookup *lookup;
	pool_t pool;

	pool = pool_alloconly_create("referral lookup", 1024);
	lookup = p_new(pool, struct referral_lookup, 1);
	lookup->pool = pool;
	lookup->event = event_create(event_parent);
	lookup->key = str_new(default_pool, 128);
	hash_table_create(&lookup->flights, default_pool, 0,
			  referral_keyhash_str, strcmp);
	lookup_init_cache(lookup, set);

	if (lookup_init(lookup, set, dns_client_socket_path, error_r) < 0) {
		referral_lookup_deinit(&lookup);
		return -1;
	}
	*lookup_r = lookup;
	return 0;
}

/* Tell everyone who waits. A callback may start lookups and cancel others,
   also of this flight. */
static void
lookup_flight_finish(struct lookup_flight *flight,
		     const struct referral_lookup_result *result)
{
	struct referral_lookup_request *request;

	hash_table_remove(flight->lookup->flights, flight->key);
	if (flight->search != NULL)
		referral_ldap_search_cancel(&flight->search);
	timeout_remove(&flight->to);

	while ((request = flight->requests_head) != NULL) {
		referral_lookup_callback_t *callback = request->callback;
		void *context = request->context;

		DLLIST2_REMOVE(&flight->requests_head, &flight->requests_tail,
			       request);
		i_free(request);
		callback(result, context);
	}
	event_unref(&flight->event);
	i_free(flight->key);
	i_free(flight);
}

static void
lookup_flight_fail(struct lookup_flight *flight, const char *error)
{
	const struct referral_lookup_result result = {
		.status = REFERRAL_LOOKUP_UNAVAILABLE,
		.source = REFERRAL_SOURCE_LDAP,
		.error = error,
	};
	lookup_flight_finish(flight, &result);
}

void referral_lookup_deinit(struct referral_lookup **_lookup)
{
	struct referral_lookup *lookup = *_lookup;
	struct hash_iterate_context *iter;
	struct lookup_flight *flight;
	char *key;

	*_lookup = NULL;
	if (lookup == NULL)
		return;
	while (hash_table_count(lookup->flights) > 0) {
		iter = hash_table_iterate_init(lookup->flights);
		if (!hash_table_iterate(iter, lookup->flights, &key, &flight))
			i_unreached();
		hash_table_iterate_deinit(&iter);
		lookup_flight_fail(flight, "lookup aborted: shutting down");
	}
	if (lookup->client != NULL)
		referral_ldap_client_deinit(&lookup->client);
	hash_table_destroy(&lookup->flights);
	referral_cache_destroy(&lookup->cache);
	str_free(&lookup->key);
	event_unref(&lookup->event);
	pool_unref(&lookup->pool);
}

/* Answers are shared by all users for whom the same would be asked. */
static const char *
lookup_get_key(struct referral_lookup *lookup, const char *user)
{
	const char *domain = strchr(user, '@');

	if (domain == NULL)
		domain = user + strlen(user);
	str_truncate(lookup->key, 0);
	if (lookup->key_has_username)
		str_append_data(lookup->key, user, domain - user);
	if (lookup->key_has_domain)
		str_append(lookup->key, domain);
	return str_c(lookup->key);
}

bool referral_lookup_cached(struct referral_lookup *lookup, const char *user,
			    struct referral_lookup_result *result_r)
{
	return referral_cache_lookup(lookup->cache,
				     lookup_get_key(lookup, user),
				     ioloop_time, result_r);
}

const struct referral_cache_stats *
referral_lookup_get_cache_stats(const struct referral_lookup *lookup)
{
	return referral_cache_get_stats(lookup->cache);
}

static void
lookup_result_from_entry(const struct referral_lookup *lookup,
			 const char *const *const *values,
			 struct referral_lookup_result *result_r)
{
	unsigned int i, count = lookup->mailhost_attributes_count;

	result_r->status = REFERRAL_LOOKUP_NO_VALUE;
	for (i = 0; i < count; i++) {
		/* "" is a value, an invalid one: were it none, an empty
		   mailHost could end in a local session */
		if (values[i][0] != NULL) {
			result_r->status = REFERRAL_LOOKUP_HOSTS;
			result_r->mailhosts = values[i];
			break;
		}
	}
	if (lookup->attributes[count] != NULL)
		result_r->action = values[count][0];
}

static void
lookup_flight_send_event(struct lookup_flight *flight,
			 const struct referral_lookup_result *result,
			 const char *error)
{
	const char *status = referral_status_to_string(result->status);
	const char *source = referral_source_to_string(result->source);
	struct event_passthrough *e =
		event_create_passthrough(flight->event)->
		set_name("login_referral_lookup_finished")->
		add_str("result", status)->
		add_str("source", source);

	if (error != NULL)
		e->add_str("error", error);
	e_debug(e->event(), "Lookup finished: %s (%s)%s%s",
		status, source, error == NULL ? "" : ": ",
		error == NULL ? "" : error);
}

static void lookup_search_callback(const struct referral_ldap_result *search,
				   void *context)
{
	struct lookup_flight *flight = context;
	struct referral_cache *cache = flight->lookup->cache;
	struct referral_lookup_result result = {
		.source = REFERRAL_SOURCE_LDAP,
		.error = search->error,
	};

	flight->search = NULL;
	switch (search->status) {
	case REFERRAL_LDAP_ENTRY:
		lookup_result_from_entry(flight->lookup, search->values,
					 &result);
		break;
	case REFERRAL_LDAP_NO_ENTRY:
		result.status = REFERRAL_LOOKUP_NO_ENTRY;
		break;
	case REFERRAL_LDAP_SEVERAL_ENTRIES:
		result.status = REFERRAL_LOOKUP_SEVERAL_ENTRIES;
		break;
	case REFERRAL_LDAP_UNAVAILABLE:
		result.status = REFERRAL_LOOKUP_UNAVAILABLE;
		break;
	}
	if (result.status != REFERRAL_LOOKUP_UNAVAILABLE) {
		referral_cache_update(cache, flight->key, ioloop_time,
				      &result);
	} else {
		/* leaves result as it is if there is nothing */
		(void)referral_cache_lookup_stale(cache, flight->key,
						  ioloop_time, &result);
	}
	lookup_flight_send_event(flight, &result, search->error);
	lookup_flight_finish(flight, &result);
}

static void lookup_no_client_timeout(struct lookup_flight *flight)
{
	lookup_flight_fail(flight, "no directory to ask: referral_ldap_uris "
		"is empty, and no passdb has set the field that "
		"referral_mailhost_field names");
}

static void
lookup_flight_search(struct lookup_flight *flight, const char *user)
{
	struct referral_lookup *lookup = flight->lookup;
	struct referral_ldap_search_params params;
	string_t *base, *filter;

	if (lookup->client == NULL) {
		flight->to = timeout_add_short(0, lookup_no_client_timeout,
					       flight);
		return;
	}

	base = t_str_new(128);
	referral_template_expand(lookup->base, user, base);
	filter = t_str_new(128);
	referral_template_expand(lookup->filter, user, filter);

	i_zero(&params);
	params.base = str_c(base);
	params.scope = lookup->scope;
	params.filter = str_c(filter);
	params.attributes = lookup->attributes;
	flight->search = referral_ldap_search(lookup->client, &params,
					      lookup_search_callback, flight);
}

static struct lookup_flight *
lookup_flight_create(struct referral_lookup *lookup, const char *key,
		     const char *user)
{
	struct lookup_flight *flight;

	flight = i_new(struct lookup_flight, 1);
	flight->lookup = lookup;
	flight->key = i_strdup(key);
	flight->event = event_create(lookup->event);
	hash_table_insert(lookup->flights, flight->key, flight);

	T_BEGIN {
		lookup_flight_search(flight, user);
	} T_END;
	return flight;
}

struct referral_lookup_request *
referral_lookup_start(struct referral_lookup *lookup, const char *user,
		      referral_lookup_callback_t *callback, void *context)
{
	struct referral_lookup_request *request;
	struct lookup_flight *flight;
	const char *key = lookup_get_key(lookup, user);

	flight = hash_table_lookup(lookup->flights, key);
	if (flight == NULL)
		flight = lookup_flight_create(lookup, key, user);

	request = i_new(struct referral_lookup_request, 1);
	request->flight = flight;
	request->callback = callback;
	request->context = context;
	DLLIST2_APPEND(&flight->requests_head, &flight->requests_tail,
		       request);
	return request;
}

void referral_lookup_cancel(struct referral_lookup_request **_request)
{
	struct referral_lookup_request *request = *_request;
	struct lookup_flight *flight;

	*_request = NULL;
	if (request == NULL)
		return;
	flight = request->flight;
	DLLIST2_REMOVE(&flight->requests_head, &flight->requests_tail,
		       request);
	i_free(request);
	/* a search that nobody waits for any more still fills the cache */
}
