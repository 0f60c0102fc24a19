/* Ask every server: see lookup-compare.h */

#include "lib.h"
#include "ioloop.h"
#include "str.h"
#include "referral-settings.h"
#include "mailhost.h"
#include "words.h"
#include "ldap-client.h"
#include "lookup-ask.h"
#include "lookup.h"
#include "question.h"
#include "lookup-compare.h"

/* A server that is down must not hold up a login for long, and only one. */
#define COMPARE_PATIENCE_MSECS 1000
#define COMPARE_SILENT_SECS 30

/* When an entry was changed, of which a copy has the provider's time: that of
   OpenLDAP to the microsecond, that of the others (RFC 4512 section 3.4.2) to
   the second. The first that both entries have counts. */
static const char *const compare_stamps[] = { "entryCSN", "modifyTimestamp" };

struct lookup_server {
	/* NULL-terminated */
	const char *uri[2];
	struct referral_ldap_client *client;
	/* it has kept others waiting, and is not asked until then */
	time_t silent_until;
};

struct lookup_servers {
	pool_t pool;
	struct lookup_server *servers;
	unsigned int count;
};

struct compare_search {
	struct lookup_compare *compare;
	struct lookup_server *server;
	/* NULL when it has ended */
	struct lookup_ask *ask;
	struct referral_lookup_result result;
	/* compare_stamps of the entry; NULL where it has none */
	const char *stamps[N_ELEMENTS(compare_stamps)];
};

struct lookup_compare {
	pool_t pool;
	/* those of the question, and compare_stamps */
	const char **attributes;
	unsigned int question_attributes_count;
	struct compare_search *searches;
	unsigned int count, pending;
	struct timeout *to;
	/* the first answer is enough */
	bool impatient;

	lookup_compare_callback_t *callback;
	void *context;
};

int referral_lookup_servers_init(struct event *event_parent,
				 const struct referral_directory_settings *set,
				 const char *dns_client_socket_path,
				 struct lookup_servers **servers_r,
				 const char **error_r)
{
	const char *const *uris =
		t_strsplit_spaces(set->referral_ldap_uris, " \t");
	unsigned int i, count = str_array_length(uris);
	struct referral_directory_settings one = *set;
	struct lookup_servers *servers;
	pool_t pool;

	*servers_r = NULL;
	if (count < 2)
		return 0;
	pool = pool_alloconly_create("referral lookup servers", 256);
	servers = p_new(pool, struct lookup_servers, 1);
	servers->pool = pool;
	servers->servers = p_new(pool, struct lookup_server, count);
	for (i = 0; i < count; i++) {
		servers->servers[i].uri[0] = p_strdup(pool, uris[i]);
		one.referral_ldap_uris = servers->servers[i].uri[0];
		if (referral_ldap_client_init(event_parent, &one,
					      dns_client_socket_path,
					      &servers->servers[i].client,
					      error_r) < 0) {
			referral_lookup_servers_deinit(&servers);
			return -1;
		}
		servers->count++;
	}
	*servers_r = servers;
	return 0;
}

void referral_lookup_servers_deinit(struct lookup_servers **_servers)
{
	struct lookup_servers *servers = *_servers;
	unsigned int i;

	*_servers = NULL;
	if (servers == NULL)
		return;
	for (i = 0; i < servers->count; i++)
		referral_ldap_client_deinit(&servers->servers[i].client);
	pool_unref(&servers->pool);
}

static bool compare_is_in(const char *const *values, const char *wanted)
{
	return str_array_icase_find(values, wanted);
}

/* The order of values is the server's own affair. */
static bool
compare_values_equal(const char *const *values1, const char *const *values2)
{
	const char *const *value;

	if (values1 == NULL || values2 == NULL)
		return values1 == values2;
	for (value = values1; *value != NULL; value++) {
		if (!compare_is_in(values2, *value))
			return FALSE;
	}
	for (value = values2; *value != NULL; value++) {
		if (!compare_is_in(values1, *value))
			return FALSE;
	}
	return TRUE;
}

static bool
compare_results_equal(const struct referral_lookup_result *result1,
		      const struct referral_lookup_result *result2)
{
	return result1->status == result2->status &&
		null_strcmp(result1->action, result2->action) == 0 &&
		compare_values_equal(result1->mailhosts, result2->mailhosts);
}

static const char *compare_words(const struct compare_search *search)
{
	const struct referral_lookup_result *result = &search->result;
	const char *const *value;
	string_t *str = t_str_new(128);

	str_printfa(str, "%s says ", search->server->uri[0]);
	if (result->mailhosts == NULL)
		str_append(str, referral_status_to_string(result->status));
	for (value = result->mailhosts; value != NULL && *value != NULL;
	     value++) {
		str_printfa(str, "%s\"%s\"",
			    value == result->mailhosts ? "" : " ",
			    referral_mailhost_sanitize(*value));
	}
	if (result->action != NULL) {
		str_printfa(str, " (%s)",
			    referral_mailhost_sanitize(result->action));
	}
	return str_c(str);
}

static bool compare_is_answered(const struct compare_search *search)
{
	return search->ask == NULL &&
		search->result.status != REFERRAL_LOOKUP_UNAVAILABLE;
}

/* Returns < 0 if search1's entry is the older one, 0 if that can't be told. */
static int compare_ages(const struct compare_search *search1,
			const struct compare_search *search2)
{
	const char *stamp1, *stamp2;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(compare_stamps); i++) {
		stamp1 = search1->stamps[i];
		stamp2 = search2->stamps[i];
		/* digits, from the year on */
		if (stamp1 != NULL && stamp2 != NULL)
			return strlen(stamp1) == strlen(stamp2) ?
				strcmp(stamp1, stamp2) : 0;
	}
	return 0;
}

static void
compare_set_disagree(const struct compare_search *search1,
		     const struct compare_search *search2,
		     struct referral_lookup_result *result_r)
{
	i_zero(result_r);
	result_r->status = REFERRAL_LOOKUP_DISAGREE;
	result_r->source = REFERRAL_SOURCE_LDAP;
	result_r->error = t_strdup_printf(
		"the directory servers disagree: %s, %s",
		compare_words(search1), compare_words(search2));
}

/* A copy that is late has what another server had before. */
static void
compare_get_result(struct lookup_compare *compare,
		   struct referral_lookup_result *result_r)
{
	const struct compare_search *search, *newest = NULL, *older = NULL;
	unsigned int i;
	int ret;

	for (i = 0; i < compare->count; i++) {
		search = &compare->searches[i];
		if (!compare_is_answered(search))
			continue;
		if (newest == NULL) {
			newest = search;
			continue;
		}
		ret = compare_ages(newest, search);
		if (!compare_results_equal(&newest->result, &search->result)) {
			if (ret == 0) {
				compare_set_disagree(newest, search, result_r);
				return;
			}
			older = ret < 0 ? newest : search;
		}
		if (ret < 0)
			newest = search;
	}
	if (newest == NULL)
		newest = &compare->searches[0];
	*result_r = newest->result;
	if (older != NULL) {
		result_r->late = t_strdup_printf("%s, but an older entry of %s",
			compare_words(newest), compare_words(older));
	}
}

static void compare_free(struct lookup_compare *compare)
{
	unsigned int i;

	timeout_remove(&compare->to);
	for (i = 0; i < compare->count; i++)
		referral_lookup_ask_cancel(&compare->searches[i].ask);
	pool_unref(&compare->pool);
}

static void compare_finish(struct lookup_compare *compare)
{
	lookup_compare_callback_t *callback = compare->callback;
	void *context = compare->context;
	struct referral_lookup_result result;
	pool_t pool = compare->pool;

	/* the result is in the pool */
	pool_ref(pool);
	compare_get_result(compare, &result);
	compare_free(compare);
	callback(&result, context);
	pool_unref(&pool);
}

static bool compare_has_answer(const struct lookup_compare *compare)
{
	const struct compare_search *search;
	unsigned int i;

	for (i = 0; i < compare->count; i++) {
		search = &compare->searches[i];
		if (compare_is_answered(search))
			return TRUE;
	}
	return FALSE;
}

static void compare_timeout(struct lookup_compare *compare)
{
	struct compare_search *search;
	unsigned int i;

	for (i = 0; i < compare->count; i++) {
		search = &compare->searches[i];
		if (search->ask != NULL) {
			search->server->silent_until =
				ioloop_time + COMPARE_SILENT_SECS;
		}
	}
	timeout_remove(&compare->to);
	compare->impatient = TRUE;
	if (compare_has_answer(compare))
		compare_finish(compare);
}

static void compare_get_stamps(struct compare_search *search,
			       const struct referral_ldap_result *ldap)
{
	const char *const *values;
	unsigned int i;

	if (ldap->status != REFERRAL_LDAP_ENTRY)
		return;
	for (i = 0; i < N_ELEMENTS(compare_stamps); i++) {
		values = ldap->values[
			search->compare->question_attributes_count + i];
		search->stamps[i] = p_strdup(search->compare->pool, values[0]);
	}
}

static void
compare_search_callback(struct referral_lookup_result *result,
			const struct referral_ldap_result *ldap, void *context)
{
	struct compare_search *search = context;
	struct lookup_compare *compare = search->compare;

	search->ask = NULL;
	referral_lookup_result_dup(compare->pool, result, &search->result);
	search->result.server = search->server->uri[0];
	compare_get_stamps(search, ldap);
	compare->pending--;
	if (compare->pending == 0 ||
	    (compare->impatient && compare_has_answer(compare)))
		compare_finish(compare);
}

static void compare_set_attributes(struct lookup_compare *compare,
				   const char *const *attributes)
{
	unsigned int count = str_array_length(attributes);

	compare->question_attributes_count = count;
	compare->attributes = p_new(compare->pool, const char *,
				    count + N_ELEMENTS(compare_stamps) + 1);
	memcpy(compare->attributes, attributes, count * sizeof(*attributes));
	memcpy(compare->attributes + count, compare_stamps,
	       sizeof(compare_stamps));
}

static void compare_search(struct lookup_compare *compare,
			   struct lookup_servers *servers,
			   const struct referral_question *question,
			   const struct referral_user *user, bool silent)
{
	struct lookup_ask_params params = {
		.question = question,
		.user = user,
		.attributes = compare->attributes,
	};
	struct compare_search *search;
	unsigned int i;

	for (i = 0; i < servers->count; i++) {
		if (!silent && ioloop_time < servers->servers[i].silent_until)
			continue;
		search = &compare->searches[compare->count++];
		search->compare = compare;
		search->server = &servers->servers[i];
		search->result.status = REFERRAL_LOOKUP_UNAVAILABLE;
		params.client = search->server->client;
		params.uris = search->server->uri;
		search->ask = referral_lookup_ask_start(&params,
			compare_search_callback, search);
	}
	compare->pending = compare->count;
}

struct lookup_compare *
referral_lookup_compare_start(struct lookup_servers *servers,
			      const struct referral_question *question,
			      const struct referral_user *user,
			      lookup_compare_callback_t *callback,
			      void *context)
{
	struct lookup_compare *compare;
	pool_t pool;

	pool = pool_alloconly_create("referral lookup compare", 1024);
	compare = p_new(pool, struct lookup_compare, 1);
	compare->pool = pool;
	compare->searches = p_new(pool, struct compare_search, servers->count);
	compare->callback = callback;
	compare->context = context;
	compare_set_attributes(compare,
		referral_question_get_attributes(question));
	compare_search(compare, servers, question, user, FALSE);
	if (compare->count == 0) {
		/* somebody has to say something */
		compare_search(compare, servers, question, user, TRUE);
	}
	compare->to = timeout_add(COMPARE_PATIENCE_MSECS, compare_timeout,
				  compare);
	return compare;
}

void referral_lookup_compare_cancel(struct lookup_compare **_compare)
{
	struct lookup_compare *compare = *_compare;

	*_compare = NULL;
	if (compare != NULL)
		compare_free(compare);
}
