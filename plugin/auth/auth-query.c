/* One question about one request's user. */

#include "auth-common.h"
#include "ioloop.h"
#include "auth-fields.h"
#include "auth-request.h"
#include "resolve.h"
#include "referral-settings.h"
#include "auth-config.h"
#include "auth-directories.h"
#include "auth-loop.h"
#include "auth-outcome-fields.h"
#include "auth-query.h"

enum query_step {
	QUERY_DONE,
	/* the directory has to be asked */
	QUERY_ASK,
	/* the same, but if it takes long, the answer that is kept will do */
	QUERY_ASK_FOR_A_WHILE,
	/* the home server's name has to be resolved */
	QUERY_RESOLVE,
};

struct referral_auth_query {
	const struct referral_auth_config *config;
	const struct referral_auth_protocol *protocol;
	/* the user's directory; NULL if there is none */
	struct referral_lookup *lookup;
	struct auth_request *request;
	struct referral_user user;
	enum referral_auth_query_flags flags;
	/* the directory, even if it was for a while only */
	bool asked;
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

void referral_auth_answer_to_input(const struct auth_request *request,
				   const struct referral_auth_protocol *protocol,
				   const struct referral_auth_answer *answer,
				   struct referral_policy_input *input_r)
{
	i_zero(input_r);
	input_r->lookup = &answer->lookup;
	input_r->home = answer->home;
	input_r->remote_ip = request->fields.remote_ip;
	input_r->local_port = request->fields.local_port;
	input_r->can_proxy = referral_outcome_can_proxy(request, protocol);
}

/* No server can be asked, and what is known is too old to begin a session
   with. */
static void query_set_unavailable(struct auth_request *request,
				  struct referral_auth_answer *answer)
{
	struct referral_lookup_result *lookup = &answer->lookup;

	lookup->error = p_strdup_printf(request->pool,
		"%s; the last answer is %u s old "
		"(see referral_cache_stale_home_ttl)",
		lookup->error == NULL ? "the directory can't be asked" :
		lookup->error, lookup->age_secs);
	lookup->status = REFERRAL_LOOKUP_UNAVAILABLE;
	lookup->source = REFERRAL_SOURCE_LDAP;
	i_zero(&answer->home);
}

/* Is the answer good for this login? */
static enum query_step
query_check_age(const struct referral_auth_query *query,
		struct referral_auth_answer *answer)
{
	const struct referral_policy *policy = query->protocol->policy;
	bool kept = answer->lookup.source == REFERRAL_SOURCE_CACHE;
	bool good_here, good_away;
	struct referral_policy_input input;

	if (query->lookup == NULL)
		return QUERY_DONE;
	good_here = referral_lookup_is_fresh(query->lookup, &answer->lookup,
					     FALSE);
	good_away = query->asked ||
		referral_lookup_is_fresh(query->lookup, &answer->lookup, TRUE);
	if (good_here && good_away)
		return QUERY_DONE;
	referral_auth_answer_to_input(query->request, query->protocol, answer,
				      &input);
	if (referral_policy_wants_fresh(policy, &input)) {
		if (good_here)
			return QUERY_DONE;
		if (kept)
			return QUERY_ASK;
		query_set_unavailable(query->request, answer);
		return QUERY_DONE;
	}
	if (!good_away && referral_policy_sends_away(policy, &input))
		return QUERY_ASK_FOR_A_WHILE;
	return kept && referral_auth_loop_is_back(query->request, answer,
						  query->protocol) ?
		QUERY_ASK : QUERY_DONE;
}

/* A login ends with this answer. */
static void query_note_use(const struct referral_auth_query *query,
			   const struct referral_auth_answer *answer)
{
	struct referral_policy_input input;

	if (query->lookup == NULL ||
	    answer->lookup.source == REFERRAL_SOURCE_FIELD ||
	    (query->flags & REFERRAL_AUTH_QUERY_FLAG_EXPLAIN) != 0)
		return;
	referral_auth_answer_to_input(query->request, query->protocol, answer,
				      &input);
	referral_lookup_used(query->lookup, &query->user, &answer->lookup,
		/* a dry run sends nobody */
		!query->protocol->set->referral_dry_run &&
		referral_policy_sends_away(query->protocol->policy, &input));
}

static enum query_step query_check(const struct referral_auth_query *query,
				   struct referral_auth_answer *answer)
{
	enum query_step step;

	answer->changing = query->lookup != NULL &&
		referral_lookup_is_changing(query->lookup);
	step = query_check_age(query, answer);
	if (step == QUERY_DONE)
		query_note_use(query, answer);
	return step;
}

/* There is an answer: what does it mean, and is it enough? */
static enum query_step query_answered(const struct referral_auth_query *query,
				      struct referral_auth_answer *answer)
{
	const struct referral_policy *policy = query->protocol->policy;
	struct auth_request *request = query->request;
	struct referral_policy_input input;

	referral_policy_find_home(policy, request->pool, &answer->lookup,
				  request->fields.local_port, &answer->home);
	referral_auth_answer_to_input(request, query->protocol, answer,
				      &input);
	if (referral_policy_wants_addresses(policy, &input)) {
		if (!referral_resolve_cached(query->config->resolver,
					     answer->home.host.name,
					     &answer->home_ips,
					     &answer->home_ips_count))
			return QUERY_RESOLVE;
		referral_policy_add_addresses(policy, answer->home_ips,
					      answer->home_ips_count,
					      request->fields.local_port,
					      &answer->home);
	}
	return query_check(query, answer);
}

static void query_go_on(struct referral_auth_query *query,
			enum query_step step);

static void
query_looked_up(const struct referral_lookup_result *lookup, void *context)
{
	struct referral_auth_query *query = context;

	query->answer.lookup = *lookup;
	query_go_on(query, query_answered(query, &query->answer));
}

static void
query_resolved(const struct ip_addr *ips, unsigned int ips_count,
	       const char *error ATTR_UNUSED, void *context)
{
	struct referral_auth_query *query = context;

	/* A name that does not resolve is no match, and no failure either:
	   clients may know names that we don't. */
	query->answer.home_ips = ips;
	query->answer.home_ips_count = ips_count;
	referral_policy_add_addresses(query->protocol->policy, ips, ips_count,
				      query->request->fields.local_port,
				      &query->answer.home);
	query_go_on(query, query_check(query, &query->answer));
}

/* The answer is to outlive the cache's. */
static void query_keep_answer(struct referral_auth_query *query)
{
	struct auth_request *request = query->request;
	struct referral_auth_answer *answer = &query->answer;

	referral_lookup_result_dup(request->pool, &answer->lookup,
				   &answer->lookup);
	referral_policy_find_home(query->protocol->policy, request->pool,
				  &answer->lookup, request->fields.local_port,
				  &answer->home);
}

static void query_go_on(struct referral_auth_query *query, enum query_step step)
{
	struct auth_request *request = query->request;

	switch (step) {
	case QUERY_ASK:
	case QUERY_ASK_FOR_A_WHILE:
		query->asked = TRUE;
		i_zero(&query->answer.home);
		query->answer.home_ips = NULL;
		query->answer.home_ips_count = 0;
		(void)referral_lookup_start(query->lookup, &query->user,
					    step == QUERY_ASK_FOR_A_WHILE,
					    query_looked_up, query);
		break;
	case QUERY_RESOLVE:
		query_keep_answer(query);
		(void)referral_resolve_start(query->config->resolver,
					     query->answer.home.host.name,
					     query_resolved, query);
		break;
	case QUERY_DONE:
		query->callback(request, &query->answer, query->context);
		event_unref(&query->answer.event);
		/* query is in the request's pool */
		auth_request_unref(&request);
		break;
	}
}

/* What is known of a user without a directory. */
static void
query_set_nobody(const struct referral_auth_config *config,
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

/* Nobody can be asked, since the configuration does not work. */
static const char *query_get_error(const struct referral_auth_query *query)
{
	if (query->config->error != NULL)
		return query->config->error;
	if (query->protocol->error != NULL)
		return query->protocol->error;
	return referral_auth_directories_find_error(query->config->directories,
		query->request->fields.user);
}

static void
query_set_error(struct referral_auth_answer *answer, const char *error)
{
	answer->lookup.source = REFERRAL_SOURCE_LDAP;
	answer->lookup.status = REFERRAL_LOOKUP_UNAVAILABLE;
	answer->lookup.error = error;
}

/* Who need not be waited for? */
static enum query_step query_start(const struct referral_auth_query *query,
				   struct referral_auth_answer *answer)
{
	struct auth_request *request = query->request;
	const char *error = query_get_error(query);

	if (error != NULL) {
		query_set_error(answer, error);
		return QUERY_DONE;
	}
	if (referral_auth_query_field(query->protocol, request,
				      &answer->lookup))
		return query_answered(query, answer);
	if (query->lookup == NULL) {
		query_set_nobody(query->config, &answer->lookup);
		return query_answered(query, answer);
	}
	if (referral_lookup_cached(query->lookup, &query->user,
				   &answer->again, &answer->lookup))
		return query_answered(query, answer);
	return QUERY_ASK;
}

bool referral_auth_query(const struct referral_auth_config *config,
			 const struct referral_auth_protocol *protocol,
			 struct auth_request *request,
			 enum referral_auth_query_flags flags,
			 referral_auth_query_callback_t *callback,
			 void *context, struct referral_auth_answer *answer_r)
{
	struct referral_auth_query *query, start = {
		.config = config,
		.protocol = protocol,
		.lookup = referral_auth_directories_find(config->directories,
							 request->fields.user),
		.request = request,
		.flags = flags,
		.callback = callback,
		.context = context,
	};
	enum query_step step;

	referral_request_get_user(request, &start.user);
	i_zero(answer_r);
	answer_r->started = ioloop_timeval;
	step = query_start(&start, answer_r);
	if (step == QUERY_DONE)
		return TRUE;

	query = p_new(request->pool, struct referral_auth_query, 1);
	*query = start;
	query->answer = *answer_r;
	query->answer.event = event_create(request->event);
	auth_request_ref(request);
	query_go_on(query, step);
	return FALSE;
}
