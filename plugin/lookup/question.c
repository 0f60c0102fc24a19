/* From settings and a user to an LDAP search, from its result to an answer. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "referral-settings.h"
#include "hostformat.h"
#include "template.h"
#include "ldap-client.h"
#include "question.h"

struct referral_question {
	struct referral_template *filter, *base;
	/* NULL: they are plain hosts, or invalid */
	struct referral_hostformat *format;
	int scope;
	/* those of referral_ldap_attributes, then referral_action_attribute
	   if there is one, then NULL */
	const char *const *attributes;
	unsigned int mailhost_attributes_count;
	bool key_has_username, key_has_domain;
	/* scratch */
	string_t *key;
};

/* The index is the scope's number: RFC 4511 section 4.5.1.2, LDAP_SCOPE_*. */
static const char *const question_scopes[] = {
	"base", "onelevel", "subtree", NULL
};

static int
question_init_templates(struct referral_question *question, pool_t pool,
			const struct referral_directory_settings *set,
			const char **error_r)
{
	const char *error;

	if (referral_template_create(pool, set->referral_ldap_filter,
				     REFERRAL_TEMPLATE_ESCAPE_FILTER,
				     &question->filter, &error) < 0) {
		*error_r = t_strdup_printf("referral_ldap_filter: %s", error);
		return -1;
	}
	if (referral_template_create(pool, set->referral_ldap_base,
				     REFERRAL_TEMPLATE_ESCAPE_DN,
				     &question->base, &error) < 0) {
		*error_r = t_strdup_printf("referral_ldap_base: %s", error);
		return -1;
	}
	question->key_has_username =
		referral_template_uses_username(question->filter) ||
		referral_template_uses_username(question->base);
	question->key_has_domain =
		referral_template_uses_domain(question->filter) ||
		referral_template_uses_domain(question->base);
	return 0;
}

static int
question_init_attributes(struct referral_question *question, pool_t pool,
			 const struct referral_directory_settings *set,
			 const char **error_r)
{
	ARRAY_TYPE(const_string) attributes;
	const char *const *names, *action;

	names = t_strsplit_spaces(set->referral_ldap_attributes, " ,\t");
	question->mailhost_attributes_count = str_array_length(names);
	if (question->mailhost_attributes_count == 0) {
		*error_r = "referral_ldap_attributes: no attribute is named";
		return -1;
	}

	p_array_init(&attributes, pool,
		     question->mailhost_attributes_count + 2);
	for (; *names != NULL; names++) {
		const char *name = p_strdup(pool, *names);
		array_push_back(&attributes, &name);
	}
	if (set->referral_action_attribute[0] != '\0') {
		action = p_strdup(pool, set->referral_action_attribute);
		array_push_back(&attributes, &action);
	}
	array_append_zero(&attributes);
	question->attributes = array_front(&attributes);
	return 0;
}

static int
question_init_scope(struct referral_question *question, const char *scope,
		    const char **error_r)
{
	unsigned int i;

	for (i = 0; question_scopes[i] != NULL; i++) {
		if (strcmp(question_scopes[i], scope) == 0) {
			question->scope = i;
			return 0;
		}
	}
	*error_r = t_strdup_printf("referral_ldap_scope: unknown scope '%s'",
				   scope);
	return -1;
}

int referral_question_create(pool_t pool,
			     const struct referral_directory_settings *set,
			     struct referral_question **question_r,
			     const char **error_r)
{
	struct referral_question *question;
	const char *error;

	question = p_new(pool, struct referral_question, 1);
	if (question_init_templates(question, pool, set, error_r) < 0 ||
	    question_init_attributes(question, pool, set, error_r) < 0 ||
	    question_init_scope(question, set->referral_ldap_scope,
				error_r) < 0)
		return -1;
	if (strcmp(set->referral_mailhost_format, "host") != 0 &&
	    referral_hostformat_create(pool, set->referral_mailhost_format,
				       &question->format, &error) < 0) {
		*error_r = t_strdup_printf("referral_mailhost_format: %s",
					   error);
		return -1;
	}
	question->key = str_new(default_pool, 128);
	*question_r = question;
	return 0;
}

void referral_question_deinit(struct referral_question **_question)
{
	struct referral_question *question = *_question;

	*_question = NULL;
	if (question == NULL)
		return;
	referral_hostformat_free(&question->format);
	str_free(&question->key);
}

const char *referral_question_get_key(struct referral_question *question,
				      const char *user)
{
	const char *domain = strchr(user, '@');

	if (domain == NULL)
		domain = user + strlen(user);
	str_truncate(question->key, 0);
	if (question->key_has_username)
		str_append_data(question->key, user, domain - user);
	if (question->key_has_domain)
		str_append(question->key, domain);
	return str_c(question->key);
}

void referral_question_get_search(const struct referral_question *question,
				  const char *user,
				  struct referral_ldap_search_params *params_r)
{
	string_t *base, *filter;

	base = t_str_new(128);
	referral_template_expand(question->base, user, base);
	filter = t_str_new(128);
	referral_template_expand(question->filter, user, filter);

	i_zero(params_r);
	params_r->base = str_c(base);
	params_r->base_tail =
		referral_template_get_constant_tail(question->base);
	params_r->scope = question->scope;
	params_r->filter = str_c(filter);
	params_r->attributes = question->attributes;
}

bool referral_question_get_probe(const struct referral_question *question,
				 struct referral_ldap_search_params *params_r)
{
	static const char *const no_attributes[] = { "1.1", NULL };
	unsigned int i, count = question->mailhost_attributes_count;
	string_t *filter = t_str_new(64);

	i_zero(params_r);
	params_r->base = referral_template_get_constant_tail(question->base);
	if (*params_r->base == '\0' &&
	    (referral_template_uses_username(question->base) ||
	     referral_template_uses_domain(question->base)))
		return FALSE;
	if (count > 1)
		str_append(filter, "(|");
	for (i = 0; i < count; i++)
		str_printfa(filter, "(%s=*)", question->attributes[i]);
	if (count > 1)
		str_append_c(filter, ')');
	params_r->filter = str_c(filter);
	params_r->scope = 2; /* subtree */
	params_r->attributes = no_attributes;
	params_r->size_limit = 1;
	return TRUE;
}

/* What the values mean; one that means no host stays as it is. */
static const char *const *
question_get_hosts(const struct referral_question *question,
		   const char *const *values)
{
	unsigned int i, count = str_array_length(values);
	const char **hosts, *host;

	if (question->format == NULL)
		return values;
	hosts = t_new(const char *, count + 1);
	for (i = 0; i < count; i++) {
		host = referral_hostformat_apply(question->format, values[i]);
		hosts[i] = host == NULL ? values[i] : host;
	}
	return hosts;
}

static void
question_get_values(const struct referral_question *question,
		    const char *const *const *values,
		    struct referral_lookup_result *result_r)
{
	unsigned int i, count = question->mailhost_attributes_count;

	result_r->status = REFERRAL_LOOKUP_NO_VALUE;
	for (i = 0; i < count; i++) {
		/* "" is a value, an invalid one: were it none, an empty
		   mailHost could end in a local session */
		if (values[i][0] != NULL) {
			result_r->status = REFERRAL_LOOKUP_HOSTS;
			result_r->mailhosts =
				question_get_hosts(question, values[i]);
			break;
		}
	}
	if (question->attributes[count] != NULL)
		result_r->action = values[count][0];
}

void referral_question_get_result(const struct referral_question *question,
				  const struct referral_ldap_result *search,
				  struct referral_lookup_result *result_r)
{
	i_zero(result_r);
	result_r->source = REFERRAL_SOURCE_LDAP;
	result_r->error = search->error;
	result_r->server = search->server;
	switch (search->status) {
	case REFERRAL_LDAP_ENTRY:
		question_get_values(question, search->values, result_r);
		break;
	case REFERRAL_LDAP_NO_ENTRY:
		result_r->status = REFERRAL_LOOKUP_NO_ENTRY;
		break;
	case REFERRAL_LDAP_SEVERAL_ENTRIES:
		result_r->status = REFERRAL_LOOKUP_SEVERAL_ENTRIES;
		break;
	case REFERRAL_LDAP_UNAVAILABLE:
		result_r->status = REFERRAL_LOOKUP_UNAVAILABLE;
		break;
	}
}
