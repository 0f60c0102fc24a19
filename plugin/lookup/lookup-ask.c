/* Base after base: see lookup-ask.h */

#include "lib.h"
#include "ioloop.h"
#include "dn.h"
#include "ldap-client.h"
#include "question.h"
#include "lookup-ask.h"

/* LDAP_SCOPE_BASE */
#define SCOPE_BASE 0

struct lookup_ask {
	pool_t pool;
	struct referral_ldap_client *client;
	const struct referral_question *question;
	struct referral_user user;
	const char *key;
	/* NULL: the question's */
	const char *const *attributes;
	/* the next base */
	unsigned int base_idx;
	/* of the one that is asked, what depends on the user; NULL: see
	   struct referral_ldap_search_params */
	const char *tree;
	struct referral_ldap_request *request;
	struct timeout *to;

	/* all servers, and who is the next one to be asked for its trees */
	const char *const *uris, *const *trees_uris;
	/* why the base could not be searched */
	const char *error, *server;

	lookup_ask_callback_t *callback;
	void *context;
};

static void ask_free(struct lookup_ask *ask)
{
	timeout_remove(&ask->to);
	if (ask->request != NULL)
		referral_ldap_search_cancel(&ask->request);
	pool_unref(&ask->pool);
}

static void
ask_finish(struct lookup_ask *ask, const struct referral_ldap_result *search)
{
	lookup_ask_callback_t *callback = ask->callback;
	void *context = ask->context;
	struct referral_lookup_result result;
	pool_t pool = ask->pool;

	referral_question_get_result(ask->question, &ask->user, search,
				     &result);
	/* the result may be in the pool */
	pool_ref(pool);
	ask_free(ask);
	callback(&result, search, context);
	pool_unref(&pool);
}

static void
ask_finish_without(struct lookup_ask *ask, enum referral_ldap_status status,
		   const char *error, const char *server)
{
	const struct referral_ldap_result result = {
		.status = status,
		.error = error,
		.server = server,
	};
	ask_finish(ask, &result);
}

static void ask_base_callback(const struct referral_ldap_result *result,
			      void *context);

/* Returns FALSE if there is no other base. */
static bool ask_next_base(struct lookup_ask *ask)
{
	struct referral_ldap_search_params params;

	if (!referral_question_get_search(ask->question, &ask->user,
					  &ask->base_idx, &params))
		return FALSE;
	ask->base_idx++;
	ask->tree = p_strdup(ask->pool, params.base_tree);
	params.key = ask->key;
	if (ask->attributes != NULL)
		params.attributes = ask->attributes;
	ask->request = referral_ldap_search(ask->client, &params,
					    ask_base_callback, ask);
	return TRUE;
}

static void ask_trees_callback(const struct referral_ldap_result *result,
			       void *context);

/* Returns FALSE if all servers were asked. */
static bool ask_next_trees(struct lookup_ask *ask)
{
	static const char *const attributes[] = { "namingContexts", NULL };
	const struct referral_ldap_search_params params = {
		.base = "",
		.scope = SCOPE_BASE,
		.filter = "(objectClass=*)",
		.attributes = attributes,
		.server = *ask->trees_uris,
	};

	if (*ask->trees_uris == NULL)
		return FALSE;
	ask->trees_uris++;
	ask->request = referral_ldap_search(ask->client, &params,
					    ask_trees_callback, ask);
	return TRUE;
}

static void
ask_trees_callback(const struct referral_ldap_result *result, void *context)
{
	struct lookup_ask *ask = context;

	ask->request = NULL;
	if (result->status != REFERRAL_LDAP_ENTRY ||
	    !referral_dn_is_elsewhere(ask->tree, result->values[0])) {
		ask_finish_without(ask, REFERRAL_LDAP_UNAVAILABLE, ask->error,
				   ask->server);
	} else if (!ask_next_trees(ask) && !ask_next_base(ask)) {
		ask_finish_without(ask, REFERRAL_LDAP_NO_ENTRY, NULL,
				   ask->server);
	}
}

static void
ask_base_callback(const struct referral_ldap_result *result, void *context)
{
	struct lookup_ask *ask = context;

	ask->request = NULL;
	if (result->status == REFERRAL_LDAP_NO_ENTRY) {
		if (!ask_next_base(ask))
			ask_finish(ask, result);
	} else if (result->nothing_there && ask->tree != NULL) {
		ask->error = p_strdup(ask->pool, result->error);
		ask->server = p_strdup(ask->pool, result->server);
		ask->trees_uris = ask->uris;
		if (!ask_next_trees(ask))
			i_unreached();
	} else {
		ask_finish(ask, result);
	}
}

static void ask_nowhere(struct lookup_ask *ask)
{
	timeout_remove(&ask->to);
	ask_finish_without(ask, REFERRAL_LDAP_UNAVAILABLE,
		"the user has no domain, which referral_ldap_base needs", NULL);
}

struct lookup_ask *
referral_lookup_ask_start(const struct lookup_ask_params *params,
			  lookup_ask_callback_t *callback, void *context)
{
	struct lookup_ask *ask;
	pool_t pool;

	pool = pool_alloconly_create("referral lookup ask", 512);
	ask = p_new(pool, struct lookup_ask, 1);
	ask->pool = pool;
	ask->client = params->client;
	ask->uris = params->uris;
	ask->question = params->question;
	ask->user.name = p_strdup(pool, params->user->name);
	ask->user.original = p_strdup(pool, params->user->original);
	ask->user.protocol = p_strdup(pool, params->user->protocol);
	ask->key = p_strdup(pool, params->key);
	ask->attributes = params->attributes;
	ask->callback = callback;
	ask->context = context;
	if (!ask_next_base(ask))
		ask->to = timeout_add_short(0, ask_nowhere, ask);
	return ask;
}

void referral_lookup_ask_cancel(struct lookup_ask **_ask)
{
	struct lookup_ask *ask = *_ask;

	*_ask = NULL;
	if (ask != NULL)
		ask_free(ask);
}
