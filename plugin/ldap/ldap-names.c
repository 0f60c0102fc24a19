/* An attribute's names: see ldap-names.h. RFC 4512 sections 4.2 and 5.1 say
   where they stand. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "schema.h"
#include "ldap-client-private.h"
#include "ldap-names.h"

/* A schema is large, and rarely changes. */
#define NAMES_ASK_AGAIN_MSECS (60*1000)

static const char *const root_attributes[] = { "subschemaSubentry", NULL };
static const char *const schema_attributes[] = { "attributeTypes", NULL };

struct referral_ldap_names {
	struct referral_ldap_client *client;
	pool_t pool;
	/* of each attribute that was asked about and has several */
	ARRAY(const char *const *) all;

	/* NULL: nobody is being asked */
	pool_t asking_pool;
	const char *const *attributes;
	struct referral_ldap_request *request;
	struct timeout *to;
	/* 0 = never */
	uint64_t asked_at;
};

struct referral_ldap_names *
referral_ldap_names_init(struct referral_ldap_client *client)
{
	struct referral_ldap_names *names;

	names = p_new(client->pool, struct referral_ldap_names, 1);
	names->client = client;
	names->pool = client->pool;
	p_array_init(&names->all, names->pool, 2);
	return names;
}

static void names_asked(struct referral_ldap_names *names)
{
	names->attributes = NULL;
	pool_unref(&names->asking_pool);
	names->asked_at = referral_ldap_now();
	referral_ldap_client_names_known(names->client);
}

void referral_ldap_names_deinit(struct referral_ldap_names **_names)
{
	struct referral_ldap_names *names = *_names;

	*_names = NULL;
	timeout_remove(&names->to);
	pool_unref(&names->asking_pool);
}

bool referral_ldap_names_is_own(const struct referral_ldap_names *names,
				const struct referral_ldap_request *request)
{
	return names->request == request;
}

const char *const *
referral_ldap_names_find(const struct referral_ldap_names *names,
			 const char *asked)
{
	const char *const *const *list, *const *name;
	size_t len = strcspn(asked, ";");

	array_foreach(&names->all, list) {
		for (name = *list; *name != NULL; name++) {
			if (strncasecmp(*name, asked, len) == 0 &&
			    (*name)[len] == '\0')
				return *list;
		}
	}
	return NULL;
}

void referral_ldap_names_learn(struct referral_ldap_names *names,
			       const char *const *attributes,
			       const char *const *attribute_types)
{
	const char *const *attribute, *const *list;

	for (attribute = attributes; *attribute != NULL; attribute++) {
		if (referral_ldap_names_find(names, *attribute) != NULL)
			continue;
		list = referral_schema_get_names(attribute_types,
			t_strcut(*attribute, ';'));
		if (list == NULL)
			continue;
		list = p_strarray_dup(names->pool, list);
		array_push_back(&names->all, &list);
		e_debug(names->client->event, "ldap attribute %s is: %s",
			*attribute, t_strarray_join(list, " "));
	}
}

static void
names_schema_answered(const struct referral_ldap_result *result, void *context)
{
	struct referral_ldap_names *names = context;

	names->request = NULL;
	if (result->status == REFERRAL_LDAP_ENTRY)
		referral_ldap_names_learn(names, names->attributes,
					  result->values[0]);
	names_asked(names);
}

static void
names_root_answered(const struct referral_ldap_result *result, void *context)
{
	struct referral_ldap_names *names = context;
	struct referral_ldap_search_params params = {
		.scope = LDAP_SCOPE_BASE,
		.filter = "(objectClass=subschema)",
		.attributes = schema_attributes,
	};

	names->request = NULL;
	if (result->status != REFERRAL_LDAP_ENTRY ||
	    result->values[0][0] == NULL ||
	    names->client->deinitializing) {
		names_asked(names);
		return;
	}
	params.base = result->values[0][0];
	names->request = referral_ldap_search(names->client, &params,
					      names_schema_answered, names);
}

static void names_ask_root(struct referral_ldap_names *names)
{
	const struct referral_ldap_search_params params = {
		.base = "",
		.scope = LDAP_SCOPE_BASE,
		.filter = "(objectClass=*)",
		.attributes = root_attributes,
	};

	timeout_remove(&names->to);
	names->request = referral_ldap_search(names->client, &params,
					      names_root_answered, names);
}

bool referral_ldap_names_ask(struct referral_ldap_names *names,
			     const char *const *attributes)
{
	if (names->attributes != NULL)
		return TRUE;
	if (names->asked_at > 0 &&
	    referral_ldap_now() - names->asked_at < NAMES_ASK_AGAIN_MSECS)
		return FALSE;
	names->asking_pool = pool_alloconly_create("referral ldap names", 256);
	names->attributes = p_strarray_dup(names->asking_pool, attributes);
	/* not from inside an answer */
	names->to = timeout_add_short(0, names_ask_root, names);
	return TRUE;
}
