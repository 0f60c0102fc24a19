/* One question about one request's user. */

#include "auth-common.h"
#include "ioloop.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "policy.h"
#include "resolve.h"
#include "referral-settings.h"
#include "auth-config.h"
#include "auth-directories.h"
#include "auth-outcome-fields.h"
#include "auth-query.h"

struct referral_auth_query {
	const struct referral_auth_config *config;
	const struct referral_auth_protocol *protocol;
	struct auth_request *request;
	struct referral_auth_answer answer;

	referral_auth_query_callback_t *callback;
	void *context;
};

/* Where an earlier passdb has said it all, nobody needs to be asked. */
static bool
referral_auth_query_field(const struct referral_auth_protocol *protocol,
			  struct auth_request *request,
			  struct referral_lookup_result *lookup_r)
{
	const char *key = protocol->set->referral_mailhost_field;
	const char *value = NULL;
	const char **values;

	if (*key != '\0') {
		value = auth_fields_find(request->fields.extra_fields, key);
		if (value == NULL &&
		    request->fields.userdb_reply != NULL &&
		    strncmp(key, "userdb_", 7) == 0) {
			value = auth_fields_find(request->fields.userdb_reply,
						 key + 7);
		}
	}
	if (value == NULL)
		return FALSE;

	values = p_new(request->pool, const char *, 2);
	values[0] = value;
	i_zero(lookup_r);
	lookup_r->source = REFERRAL_SOURCE_FIELD;
	lookup_r->status = REFERRAL_LOOKUP_HOSTS;
	lookup_r->mailhosts = values;
	return TRUE;
}

void referral_auth_lookup_result_dup(pool_t pool,
				     const struct referral_lookup_result *src,
				     struct referral_lookup_result *dest_r)
{
	*dest_r = *src;
	if (src->mailhosts != NULL)
		dest_r->mailhosts = p_strarray_dup(pool, src->mailhosts);
	dest_r->action = p_strdup(pool, src->action);
	dest_r->error = p_strdup(pool, src->error);
	dest_r->server = p_strdup(pool, src->server);
}

void referral_auth_answer_to_input(const struct auth_request *request,
				   const struct referral_auth_protocol *protocol,
				   const struct referral_auth_answer *answer,
				   struct referral_policy_input *input_r)
{
	i_zero(input_r);
	input_r->lookup = &answer->lookup;
	input_r->remote_ip = request->fields.remote_ip;
	input_r->local_port = request->fields.local_port;
	input_r->home_ips = answer->home_ips;
	input_r->home_ips_count = answer->home_ips_count;
	input_r->can_proxy = referral_outcome_can_proxy(request, protocol);
}

static void referral_auth_query_finish(struct referral_auth_query *query)
{
	struct auth_request *request = query->request;

	query->callback(request, &query->answer, query->context);
	event_unref(&query->answer.event);
	/* query is in the request's pool */
	auth_request_unref(&request);
}

static void
referral_auth_query_resolved(const struct ip_addr *ips, unsigned int ips_count,
			     const char *error ATTR_UNUSED, void *context)
{
	struct referral_auth_query *query = context;

	/* A name that does not resolve is no match, and no failure either:
	   clients may know names that we don't. */
	query->answer.home_ips = ips;
	query->answer.home_ips_count = ips_count;
	referral_auth_query_finish(query);
}

/* Returns TRUE if the answer is complete, with the addresses of the home
   server if they matter; else host_r is the name to resolve. */
static bool
referral_auth_query_complete(const struct referral_auth_config *config,
			     const struct referral_auth_protocol *protocol,
			     struct auth_request *request,
			     struct referral_auth_answer *answer,
			     struct referral_host *host_r)
{
	struct referral_policy_input input;

	referral_auth_answer_to_input(request, protocol, answer, &input);
	return !referral_policy_first_foreign(protocol->policy, request->pool,
					      &input, host_r) ||
		referral_resolve_cached(config->resolver, host_r->name,
					&answer->home_ips,
					&answer->home_ips_count);
}

static void
referral_auth_query_looked_up(const struct referral_lookup_result *lookup,
			      void *context)
{
	struct referral_auth_query *query = context;
	struct referral_host host;

	query->answer.lookup = *lookup;
	if (referral_auth_query_complete(query->config, query->protocol,
					 query->request, &query->answer,
					 &host)) {
		referral_auth_query_finish(query);
		return;
	}
	referral_auth_lookup_result_dup(query->request->pool, lookup,
					&query->answer.lookup);
	(void)referral_resolve_start(query->config->resolver, host.name,
				     referral_auth_query_resolved, query);
}

/* What is known of a user without a directory. */
static void
referral_auth_query_nobody(const struct referral_auth_config *config,
			   struct referral_lookup_result *lookup_r)
{
	i_zero(lookup_r);
	if (referral_auth_directories_count(config->directories) > 0) {
		lookup_r->source = REFERRAL_SOURCE_LDAP;
		lookup_r->status = REFERRAL_LOOKUP_NO_ENTRY;
	} else {
		/* the field was to say it all */
		lookup_r->source = REFERRAL_SOURCE_FIELD;
		lookup_r->status = REFERRAL_LOOKUP_NO_VALUE;
	}
}

bool referral_auth_query(const struct referral_auth_config *config,
			 const struct referral_auth_protocol *protocol,
			 struct auth_request *request,
			 enum referral_lookup_flags flags,
			 referral_auth_query_callback_t *callback,
			 void *context, struct referral_auth_answer *answer_r)
{
	struct referral_lookup *lookup =
		referral_auth_directories_find(config->directories,
					       request->fields.user);
	struct referral_auth_query *query;
	struct referral_host host;
	bool looked_up;

	i_zero(answer_r);
	answer_r->started = ioloop_timeval;
	looked_up = referral_auth_query_field(protocol, request,
					      &answer_r->lookup);
	if (!looked_up && lookup != NULL) {
		looked_up = referral_lookup_cached(lookup, request->fields.user,
						   flags, &answer_r->lookup);
	} else if (!looked_up) {
		referral_auth_query_nobody(config, &answer_r->lookup);
		looked_up = TRUE;
	}
	if (looked_up &&
	    referral_auth_query_complete(config, protocol, request,
					 answer_r, &host))
		return TRUE;

	query = p_new(request->pool, struct referral_auth_query, 1);
	query->config = config;
	query->protocol = protocol;
	query->request = request;
	query->answer = *answer_r;
	query->answer.event = event_create(request->event);
	query->callback = callback;
	query->context = context;
	auth_request_ref(request);
	if (looked_up) {
		referral_auth_lookup_result_dup(request->pool,
						&answer_r->lookup,
						&query->answer.lookup);
		(void)referral_resolve_start(config->resolver, host.name,
					     referral_auth_query_resolved,
					     query);
	} else {
		(void)referral_lookup_start(lookup, request->fields.user, flags,
					    referral_auth_query_looked_up,
					    query);
	}
	return FALSE;
}
