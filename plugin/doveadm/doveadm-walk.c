/* One directory, page by page (RFC 2696). */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "str.h"
#include "referral-settings.h"
#include "mirror-filter.h"
#include "paged.h"
#include "dn.h"
#include "template.h"
#include "ldap-client.h"
#include "ldap-stream.h"
#include "question.h"
#include "doveadm-walk.h"

/* Servers hand out so many at a time by default, or more. */
#define WALK_PAGE_SIZE 500
#define WALK_IDLE_MSECS (60*1000)

/* RFC 4511 section 4.1.9 */
enum walk_result {
	WALK_RESULT_SUCCESS = 0,
	WALK_RESULT_SIZE_LIMIT_EXCEEDED = 4,
};

struct walk {
	pool_t pool;
	struct referral_ldap_client *client;
	struct referral_question *question;
	struct referral_mirror_filter *filter;
	struct referral_ldap_stream *stream;

	/* the next base */
	unsigned int base_idx;
	struct referral_ldap_stream_search search;
	struct referral_ldap_control control;
	string_t *control_value;
	/* of search's attributes, those that names are in */
	unsigned int names_count;
	ARRAY_TYPE(const_string) names;

	referral_directory_entry_t *callback;
	void *context;
	char *error;
};

static const struct referral_user walk_nobody = { .name = "" };

static bool walk_next_base(struct walk *walk);

static void walk_end(struct walk *walk, const char *error)
{
	walk->error = i_strdup(error);
	io_loop_stop(current_ioloop);
}

static void
walk_get_names(struct walk *walk, const char *const *const *values)
{
	const struct referral_mirror_item *item;
	const char *const *value;

	array_clear(&walk->names);
	array_foreach(&walk->filter->items, item) {
		if (!referral_template_is_name(item->value))
			continue;
		for (value = values[item->attribute]; *value != NULL; value++)
			array_push_back(&walk->names, value);
	}
	array_append_zero(&walk->names);
}

static void
walk_entry(void *context, const struct referral_ldap_stream_entry *ldap_entry)
{
	struct walk *walk = context;
	const struct referral_ldap_result result = {
		.status = REFERRAL_LDAP_ENTRY,
		.values = ldap_entry->values + walk->names_count,
	};
	struct referral_user user = { .name = NULL };
	struct referral_directory_entry entry;

	walk_get_names(walk, ldap_entry->values);
	i_zero(&entry);
	entry.dn = ldap_entry->dn;
	entry.names = array_front(&walk->names);
	user.name = entry.names[0] == NULL ? "" : entry.names[0];
	referral_question_get_result(walk->question, &user, &result,
				     &entry.lookup);
	T_BEGIN {
		walk->callback(&entry, walk->context);
	} T_END;
}

static void
walk_set_cookie(struct walk *walk, const void *cookie, size_t size)
{
	str_truncate(walk->control_value, 0);
	referral_paged_request_append(walk->control_value, WALK_PAGE_SIZE,
				      cookie, size);
	walk->control.value = str_data(walk->control_value);
	walk->control.value_size = str_len(walk->control_value);
}

/* Returns TRUE if there is another page. A server that knows no pages has sent
   everything. */
static bool walk_next_page(struct walk *walk,
			   const struct referral_ldap_stream_done *done)
{
	const struct referral_ldap_control *control;
	const void *cookie;
	size_t size;
	unsigned int i;

	for (i = 0; i < done->controls_count; i++) {
		control = &done->controls[i];
		if (strcmp(control->oid, REFERRAL_PAGED_OID) != 0 ||
		    control->value == NULL ||
		    referral_paged_response_parse(control->value,
						  control->value_size,
						  &cookie, &size) < 0 ||
		    size == 0)
			continue;
		walk_set_cookie(walk, cookie, size);
		return TRUE;
	}
	return FALSE;
}

static void
walk_done(void *context, const struct referral_ldap_stream_done *done)
{
	struct walk *walk = context;

	switch (done->code) {
	case WALK_RESULT_SUCCESS:
		if (walk_next_page(walk, done) || walk_next_base(walk)) {
			referral_ldap_stream_search(walk->stream,
						    &walk->search);
		} else {
			walk_end(walk, NULL);
		}
		break;
	case WALK_RESULT_SIZE_LIMIT_EXCEEDED:
		walk_end(walk, "ldap search: the server hands out no more "
			 "entries: raise its size limit for "
			 "referral_ldap_auth_dn");
		break;
	default:
		walk_end(walk, t_strdup_printf("ldap search under %s failed: "
			"%s", walk->search.params.base, done->text));
		break;
	}
}

static void walk_lost(void *context, const char *error)
{
	struct walk *walk = context;

	walk->stream = NULL;
	walk_end(walk, error);
}

static const struct referral_ldap_stream_vfuncs walk_vfuncs = {
	.entry = walk_entry,
	.done = walk_done,
	.lost = walk_lost,
};

static int
walk_check_bases(struct walk *walk, const char *setting, const char **error_r)
{
	const char *const *bases = referral_dn_list_split(setting);
	struct referral_template *template;

	for (; *bases != NULL; bases++) {
		if (referral_template_create(walk->pool, *bases,
					     REFERRAL_TEMPLATE_ESCAPE_DN,
					     &template, error_r) < 0)
			return -1;
		if (referral_template_get_uses(template, NULL) != 0) {
			*error_r = "referral_ldap_base depends on the user: "
				"nobody can say where all entries are";
			return -1;
		}
	}
	return 0;
}

/* Returns FALSE if all bases were searched. */
static bool walk_next_base(struct walk *walk)
{
	struct referral_ldap_search_params params;

	if (!referral_question_get_search(walk->question, &walk_nobody,
					  &walk->base_idx, &params))
		return FALSE;
	walk->base_idx++;
	walk->search.params.base = p_strdup(walk->pool, params.base);
	walk_set_cookie(walk, NULL, 0);
	return TRUE;
}

/* Attributes: those that names are in, then those of the question. */
static void walk_init_search(struct walk *walk)
{
	const struct referral_mirror_attribute *attribute;
	ARRAY_TYPE(const_string) attributes;
	const char *const *name;
	unsigned int idx = 0;

	if (!referral_question_get_search(walk->question, &walk_nobody, &idx,
					  &walk->search.params))
		i_unreached();
	p_array_init(&attributes, walk->pool, 8);
	array_foreach(&walk->filter->attributes, attribute)
		array_push_back(&attributes, &attribute->name);
	walk->names_count = array_count(&attributes);
	for (name = walk->search.params.attributes; *name != NULL; name++)
		array_push_back(&attributes, name);
	array_append_zero(&attributes);

	walk->search.params.filter = walk->filter->filter;
	walk->search.params.attributes = array_front(&attributes);
	walk->search.controls = &walk->control;
	walk->search.controls_count = 1;
	walk->search.idle_msecs = WALK_IDLE_MSECS;
	walk->control.oid = REFERRAL_PAGED_OID;
	walk->control_value = str_new(walk->pool, 128);
	if (!walk_next_base(walk))
		i_unreached();
}

static bool walk_has_names(const struct walk *walk)
{
	const struct referral_mirror_item *item;

	array_foreach(&walk->filter->items, item) {
		if (referral_template_is_name(item->value))
			return TRUE;
	}
	return FALSE;
}

static int
walk_init(struct walk *walk, struct event *event,
	  const struct referral_directory_settings *set, const char **error_r)
{
	const char *error;

	if (walk_check_bases(walk, set->referral_ldap_base, error_r) < 0 ||
	    referral_question_create(walk->pool, set, &walk->question,
				     error_r) < 0)
		return -1;
	if (referral_mirror_filter_create(walk->pool, set->referral_ldap_filter,
					  &walk->filter, &error) < 0) {
		*error_r = t_strdup_printf("referral_ldap_filter: %s", error);
		return -1;
	}
	if (!walk_has_names(walk)) {
		*error_r = "referral_ldap_filter: no attribute is compared "
			"with %{user} or %{username} alone, so that nobody "
			"can say what users are called";
		return -1;
	}
	p_array_init(&walk->names, walk->pool, 8);
	walk_init_search(walk);
	/* no dns-client: see doveadm-dns.c */
	return referral_ldap_client_init(event, set, "", &walk->client,
					 error_r);
}

static void walk_deinit(struct walk *walk)
{
	if (walk->stream != NULL)
		referral_ldap_stream_stop(&walk->stream);
	if (walk->client != NULL)
		referral_ldap_client_deinit(&walk->client);
	referral_question_deinit(&walk->question);
	i_free(walk->error);
	pool_unref(&walk->pool);
}

int referral_walk(struct event *event,
		  const struct referral_directory_settings *set,
		  referral_directory_entry_t *callback, void *context,
		  const char **error_r)
{
	struct walk walk;
	int ret;

	i_zero(&walk);
	walk.pool = pool_alloconly_create("referral walk", 4096);
	walk.callback = callback;
	walk.context = context;
	ret = walk_init(&walk, event, set, error_r);
	if (ret == 0) {
		walk.stream = referral_ldap_stream_start(walk.client, NULL,
			&walk.search, &walk_vfuncs, &walk);
		io_loop_run(current_ioloop);
		if (walk.error != NULL) {
			*error_r = t_strdup(walk.error);
			ret = -1;
		}
	}
	walk_deinit(&walk);
	return ret;
}
