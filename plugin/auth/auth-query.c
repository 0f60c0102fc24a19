/* One question about one request's user. */

#include "auth-common.h"
#include "ioloop.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "lookup.h"
#include "policy.h"
#include "referral-settings.h"
#include "auth-config.h"
#include "auth-query.h"

struct referral_auth_query {
	struct auth_request *request;
	struct timeval started;

	referral_auth_query_callback_t *callback;
	void *context;
};

/* Where an earlier passdb has said it all, nobody needs to be asked. */
static bool
referral_auth_query_field(const struct referral_auth_config *config,
			  const struct referral_auth_protocol *protocol,
			  struct auth_request *request,
			  struct referral_lookup_result *lookup_r)
{
	const char *key = protocol->set->referral_mailhost_field;
	const char *value = NULL;
	const char **values;

	i_zero(lookup_r);
	lookup_r->source = REFERRAL_SOURCE_FIELD;
	lookup_r->status = REFERRAL_LOOKUP_NO_VALUE;
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
		return config->lookup == NULL;

	values = p_new(request->pool, const char *, 2);
	values[0] = value;
	lookup_r->status = REFERRAL_LOOKUP_HOSTS;
	lookup_r->mailhosts = values;
	return TRUE;
}

static void
referral_auth_query_done(const struct referral_lookup_result *lookup,
			 void *context)
{
	struct referral_auth_query *query = context;
	struct auth_request *request = query->request;
	struct referral_auth_answer answer;

	i_zero(&answer);
	answer.lookup = *lookup;
	answer.started = query->started;
	query->callback(request, &answer, query->context);
	/* query is in the request's pool */
	auth_request_unref(&request);
}

bool referral_auth_query(const struct referral_auth_config *config,
			 const struct referral_auth_protocol *protocol,
			 struct auth_request *request,
			 referral_auth_query_callback_t *callback,
			 void *context, struct referral_auth_answer *answer_r)
{
	struct referral_auth_query *query;

	i_zero(answer_r);
	answer_r->started = ioloop_timeval;
	if (referral_auth_query_field(config, protocol, request,
				      &answer_r->lookup) ||
	    referral_lookup_cached(config->lookup, request->fields.user,
				   &answer_r->lookup))
		return TRUE;

	query = p_new(request->pool, struct referral_auth_query, 1);
	query->request = request;
	query->started = ioloop_timeval;
	query->callback = callback;
	query->context = context;
	auth_request_ref(request);
	(void)referral_lookup_start(config->lookup, request->fields.user,
				    referral_auth_query_done, query);
	return FALSE;
}
