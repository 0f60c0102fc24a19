/* From settings and a user to an LDAP search, from its result to an answer. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "referral-settings.h"
#include "dn.h"
#include "hostformat.h"
#include "mailhost.h"
#include "template.h"
#include "ldap-client.h"
#include "question.h"

#include <ctype.h>

struct referral_question {
	struct referral_template *filter;
	struct referral_template **bases;
	unsigned int bases_count;
	/* NULL: they are plain hosts, or invalid */
	struct referral_hostformat *format;
	int scope;
	/* those of referral_ldap_attributes, then referral_action_attribute
	   if there is one, then NULL */
	const char *const *attributes;
	unsigned int mailhost_attributes_count;
	/* what the key has to hold, and of that what in capitals is another */
	enum referral_template_uses key_uses, key_exact;
	/* hosts depend on the user's domain */
	bool format_has_domain;
	/* scratch */
	string_t *key;
};

/* The index is the scope's number: RFC 4511 section 4.5.1.2, LDAP_SCOPE_*. */
static const char *const question_scopes[] = {
	"base", "onelevel", "subtree", NULL
};

static void
question_add_uses(struct referral_question *question,
		  const struct referral_template *template)
{
	enum referral_template_uses exact;

	question->key_uses |= referral_template_get_uses(template, &exact);
	question->key_exact |= exact;
}

static int
question_init_bases(struct referral_question *question, pool_t pool,
		    const char *setting, const char **error_r)
{
	const char *const *bases = referral_dn_list_split(setting), *error;
	unsigned int i, count = str_array_length(bases);

	question->bases = p_new(pool, struct referral_template *, count);
	for (i = 0; i < count; i++) {
		if (referral_template_create(pool, bases[i],
					     REFERRAL_TEMPLATE_ESCAPE_DN,
					     &question->bases[i],
					     &error) < 0) {
			*error_r = t_strdup_printf("referral_ldap_base: %s",
						   error);
			return -1;
		}
		question_add_uses(question, question->bases[i]);
	}
	question->bases_count = count;
	return 0;
}

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
	question_add_uses(question, question->filter);
	return question_init_bases(question, pool, set->referral_ldap_base,
				   error_r);
}

static int
question_init_format(struct referral_question *question, pool_t pool,
		     const char *setting, const char **error_r)
{
	const char *error;

	if (strcmp(setting, "host") == 0)
		return 0;
	if (referral_hostformat_create(pool, setting, &question->format,
				       &error) < 0) {
		*error_r = t_strdup_printf("referral_mailhost_format: %s",
					   error);
		return -1;
	}
	question->format_has_domain =
		referral_hostformat_uses_domain(question->format);
	if (question->format_has_domain)
		question->key_uses |= REFERRAL_TEMPLATE_DOMAIN;
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

	question = p_new(pool, struct referral_question, 1);
	if (question_init_templates(question, pool, set, error_r) < 0 ||
	    question_init_attributes(question, pool, set, error_r) < 0 ||
	    question_init_scope(question, set->referral_ldap_scope,
				error_r) < 0 ||
	    question_init_format(question, pool, set->referral_mailhost_format,
				 error_r) < 0)
		return -1;
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

static void
question_append_key(const struct referral_question *question, string_t *key,
		    enum referral_template_uses use, const char *value,
		    size_t len)
{
	size_t i;

	if ((question->key_exact & use) != 0)
		str_append_data(key, value, len);
	else for (i = 0; i < len; i++)
		str_append_c(key, i_tolower(value[i]));
}

/* What comes before the user's name: whatever is in a name, two keys of
   different users must not be the same. */
static void
question_append_others(const struct referral_question *question, string_t *key,
		       const struct referral_user *user)
{
	const char *original =
		user->original == NULL ? user->name : user->original;

	if ((question->key_uses & REFERRAL_TEMPLATE_PROTOCOL) != 0) {
		if (user->protocol != NULL)
			str_append(key, user->protocol);
		str_append_c(key, '\n');
	}
	if ((question->key_uses & REFERRAL_TEMPLATE_ORIGINAL) != 0) {
		str_printfa(key, "%zu:", strlen(original));
		question_append_key(question, key, REFERRAL_TEMPLATE_ORIGINAL,
				    original, strlen(original));
	}
}

const char *referral_question_get_key(struct referral_question *question,
				      const struct referral_user *user)
{
	size_t name_len = strcspn(user->name, "@");

	str_truncate(question->key, 0);
	question_append_others(question, question->key, user);
	if ((question->key_uses & REFERRAL_TEMPLATE_USERNAME) != 0) {
		question_append_key(question, question->key,
				    REFERRAL_TEMPLATE_USERNAME, user->name,
				    name_len);
	}
	if ((question->key_uses & REFERRAL_TEMPLATE_DOMAIN) != 0) {
		question_append_key(question, question->key,
				    REFERRAL_TEMPLATE_DOMAIN,
				    user->name + name_len,
				    strlen(user->name + name_len));
	}
	return str_c(question->key);
}

bool referral_question_key_is_name(const struct referral_question *question)
{
	return (question->key_uses & (REFERRAL_TEMPLATE_ORIGINAL |
				      REFERRAL_TEMPLATE_PROTOCOL)) == 0;
}

bool referral_question_is_answer(const struct referral_question *question,
				 const struct referral_ldap_result *search)
{
	return !question->format_has_domain &&
		(search->status != REFERRAL_LDAP_NO_ENTRY ||
		 question->bases_count == 1);
}

bool referral_question_get_search(const struct referral_question *question,
				  const struct referral_user *user,
				  unsigned int *idx,
				  struct referral_ldap_search_params *params_r)
{
	const struct referral_template *template;
	string_t *base, *filter, *tree;

	while (*idx < question->bases_count &&
	       referral_template_lacks_domain(question->bases[*idx], user))
		*idx += 1;
	if (*idx == question->bases_count)
		return FALSE;
	template = question->bases[*idx];
	base = t_str_new(128);
	referral_template_expand(template, user, base);
	filter = t_str_new(128);
	referral_template_expand(question->filter, user, filter);

	i_zero(params_r);
	params_r->base = str_c(base);
	params_r->base_tail = referral_template_get_constant_tail(template);
	if (*params_r->base_tail == '\0') {
		tree = t_str_new(128);
		referral_template_expand_tree(template, user, tree);
		if (str_len(tree) > 0)
			params_r->base_tree = str_c(tree);
	}
	params_r->scope = question->scope;
	params_r->filter = str_c(filter);
	params_r->attributes = question->attributes;
	return TRUE;
}

const char *const *
referral_question_get_attributes(const struct referral_question *question)
{
	return question->attributes;
}

unsigned int
referral_question_get_bases_count(const struct referral_question *question)
{
	return question->bases_count;
}

bool referral_question_get_probe(const struct referral_question *question,
				 unsigned int idx,
				 struct referral_ldap_search_params *params_r)
{
	unsigned int i, count = question->mailhost_attributes_count;
	string_t *filter = t_str_new(64);

	i_zero(params_r);
	params_r->base =
		referral_template_get_constant_tail(question->bases[idx]);
	if (*params_r->base == '\0' &&
	    referral_template_get_uses(question->bases[idx], NULL) != 0)
		return FALSE;
	if (count > 1)
		str_append(filter, "(|");
	for (i = 0; i < count; i++)
		str_printfa(filter, "(%s=*)", question->attributes[i]);
	if (count > 1)
		str_append_c(filter, ')');
	params_r->filter = str_c(filter);
	params_r->scope = 2; /* subtree */
	/* so that it is seen that the server has other names for them */
	params_r->attributes = question->attributes;
	params_r->size_limit = 1;
	return TRUE;
}

/* For the log: a value that fits no format must not be taken for the plain host
   that it may look like. */
static const char *question_no_host(const char *value)
{
	struct referral_host host;
	const char *error;

	if (referral_mailhost_parse(pool_datastack_create(), value, &host,
				    &error) < 0)
		return value;
	return t_strconcat(value, " (fits no referral_mailhost_format)", NULL);
}

/* What the values mean; one that means none is no host. */
static const char *const *
question_get_hosts(const struct referral_question *question,
		   const struct referral_user *user, const char *const *values)
{
	unsigned int i, count = str_array_length(values);
	const char **hosts, *host, *domain;

	if (question->format == NULL)
		return values;
	domain = user == NULL ? NULL : strchr(user->name, '@');
	if (domain != NULL)
		domain++;
	hosts = t_new(const char *, count + 1);
	for (i = 0; i < count; i++) {
		host = referral_hostformat_apply(question->format, values[i],
						 domain);
		hosts[i] = host != NULL ? host :
			question_no_host(values[i]);
	}
	return hosts;
}

static void
question_get_values(const struct referral_question *question,
		    const struct referral_user *user,
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
				question_get_hosts(question, user, values[i]);
			break;
		}
	}
	if (question->attributes[count] != NULL)
		result_r->action = values[count][0];
}

void referral_question_get_result(const struct referral_question *question,
				  const struct referral_user *user,
				  const struct referral_ldap_result *search,
				  struct referral_lookup_result *result_r)
{
	i_zero(result_r);
	result_r->source = REFERRAL_SOURCE_LDAP;
	result_r->error = search->error;
	result_r->server = search->server;
	switch (search->status) {
	case REFERRAL_LDAP_ENTRY:
		question_get_values(question, user, search->values, result_r);
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
