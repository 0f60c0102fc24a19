/* Lookups' answers, and the public calls: see mirror.h */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "str.h"
#include "restrict-process-size.h"
#include "referral-settings.h"
#include "template.h"
#include "lookup.h"
#include "lookup-mirror.h"
#include "question.h"
#include "mirror-private.h"

#include <fcntl.h>
#include <unistd.h>

unsigned int referral_mirrors_count = 0;

static void mirror_init_keys(struct referral_mirror *mirror)
{
	unsigned int count = array_count(&mirror->filter->items);

	mirror->value = str_new(mirror->pool, 128);
	mirror->keys = p_new(mirror->pool, struct referral_mirror_key, count);
	/* keys point into it, and so it must not have to grow */
	mirror->keys_data = str_new(mirror->pool,
				    count * REFERRAL_MIRROR_KEY_MAX_SIZE + 1);
}

/* Keys that a user may be found by. Returns FALSE if that can't be told. */
static bool mirror_set_keys(struct referral_mirror *mirror, const char *user)
{
	const struct referral_user who = { .name = user };
	const struct referral_mirror_item *item;
	struct referral_mirror_key *key = mirror->keys;
	string_t *value = mirror->value, *data = mirror->keys_data;
	size_t begin;

	str_truncate(data, 0);
	array_foreach(&mirror->filter->items, item) {
		str_truncate(value, 0);
		referral_template_expand(item->value, &who, value);
		begin = str_len(data);
		if (!referral_mirror_key_normalize(
			mirror->rules[item->attribute],
			str_data(value), str_len(value), data))
			return FALSE;
		key->attribute = item->attribute;
		key->data = str_data(data) + begin;
		key->size = str_len(data) - begin;
		key++;
	}
	return TRUE;
}

static enum referral_mirror_found
mirror_find(struct referral_mirror *mirror, const char *user,
	    struct referral_lookup_result *result_r)
{
	enum referral_mirror_found found = REFERRAL_MIRROR_FOUND_UNSURE;

	T_BEGIN {
		if (mirror_set_keys(mirror, user)) {
			found = referral_mirror_table_find(
				referral_mirror_copy_get_table(mirror->copy),
				mirror->keys,
				array_count(&mirror->filter->items),
				result_r);
		}
	} T_END;
	return found;
}

static enum referral_mirror_reply
mirror_answer(struct referral_mirror *mirror, const char *user,
	      struct referral_lookup_result *result_r)
{
	struct referral_lookup_result result;

	if (mirror->state != REFERRAL_MIRROR_STATE_FOLLOWING ||
	    referral_mirror_copy_get_state(mirror->copy) !=
	    REFERRAL_MIRROR_COPY_IN_SYNC)
		return REFERRAL_MIRROR_NOT_IN_SYNC;
	switch (mirror_find(mirror, user, &result)) {
	case REFERRAL_MIRROR_FOUND_NONE:
		return REFERRAL_MIRROR_UNKNOWN;
	case REFERRAL_MIRROR_FOUND_UNSURE:
		return REFERRAL_MIRROR_NOT_IN_SYNC;
	case REFERRAL_MIRROR_FOUND_ONE:
		break;
	case REFERRAL_MIRROR_FOUND_SEVERAL:
		i_zero(&result);
		result.status = REFERRAL_LOOKUP_SEVERAL_ENTRIES;
		result.error = "the mirror has several entries "
			"(check referral_ldap_base and referral_ldap_filter)";
		break;
	}
	result.source = REFERRAL_SOURCE_MIRROR;
	result.server = mirror->server;
	*result_r = result;
	return REFERRAL_MIRROR_ANSWER;
}

static enum referral_mirror_reply
mirror_lookup(void *context, const char *user,
	      struct referral_lookup_result *result_r)
{
	struct referral_mirror *mirror = context;
	enum referral_mirror_reply reply =
		mirror_answer(mirror, user, result_r);

	if (reply == REFERRAL_MIRROR_ANSWER)
		mirror->counters.answers++;
	else
		mirror->counters.questions++;
	return reply;
}

bool referral_mirror_get_age(const struct referral_mirror *mirror,
			     unsigned int *secs_r)
{
	*secs_r = 0;
	if (mirror->state == REFERRAL_MIRROR_STATE_FOLLOWING)
		return TRUE;
	if (mirror->contact == 0)
		return FALSE;
	if (ioloop_time > mirror->contact)
		*secs_r = ioloop_time - mirror->contact;
	return TRUE;
}

static bool mirror_lookup_stale(void *context, const char *user,
				struct referral_lookup_result *result_r)
{
	struct referral_mirror *mirror = context;
	struct referral_lookup_result result;
	unsigned int age_secs;

	/* only what was known has a second life: see cache.h */
	if (!mirror->have_copy ||
	    !referral_mirror_get_age(mirror, &age_secs) ||
	    age_secs > mirror->stale_ttl_secs ||
	    mirror_find(mirror, user, &result) != REFERRAL_MIRROR_FOUND_ONE ||
	    result.status != REFERRAL_LOOKUP_HOSTS)
		return FALSE;
	result.source = REFERRAL_SOURCE_STALE;
	result.server = mirror->server;
	result.age_secs = age_secs;
	*result_r = result;
	return TRUE;
}

static const struct referral_mirror_vfuncs mirror_vfuncs = {
	.lookup = mirror_lookup,
	.lookup_stale = mirror_lookup_stale,
};

void referral_mirror_tell_changed(
	struct referral_mirror *mirror, const struct referral_mirror_key *keys,
	unsigned int keys_count,
	const struct referral_lookup_result *old_answer,
	const struct referral_lookup_result *new_answer)
{
	const struct referral_mirror_item *item;
	unsigned int i;

	array_foreach(&mirror->filter->items, item) {
		if (!referral_template_is_name(item->value))
			continue;
		for (i = 0; i < keys_count; i++) {
			if (keys[i].attribute != item->attribute)
				continue;
			referral_lookup_mirror_changed(mirror->lookup,
				t_strndup(keys[i].data, keys[i].size),
				old_answer, new_answer);
		}
	}
}

static int mirror_init_search(struct referral_mirror *mirror,
			      const struct referral_directory_settings *set,
			      const char **error_r)
{
	const struct referral_mirror_attribute *attribute;
	struct referral_ldap_search_params question;
	const struct referral_user nobody = { .name = "" };
	ARRAY_TYPE(const_string) attributes;
	unsigned int idx = 0;
	const char *error;

	if (referral_mirror_filter_create(mirror->pool,
					  set->referral_ldap_filter,
					  &mirror->filter, &error) < 0) {
		*error_r = t_strdup_printf("referral_mirror: "
			"referral_ldap_filter: %s", error);
		return -1;
	}
	mirror_init_keys(mirror);
	if (referral_question_create(mirror->pool, set, &mirror->question,
				     error_r) < 0)
		return -1;
	if (!referral_question_get_search(mirror->question, &nobody, &idx,
					  &question)) {
		*error_r = "referral_mirror: referral_ldap_base depends on "
			"the user";
		return -1;
	}
	mirror->search.base = p_strdup(mirror->pool, question.base);
	mirror->search.scope = question.scope;
	mirror->search.filter = mirror->filter->filter;

	mirror->attributes_count = array_count(&mirror->filter->attributes);
	p_array_init(&attributes, mirror->pool, 8);
	array_foreach(&mirror->filter->attributes, attribute)
		array_push_back(&attributes, &attribute->name);
	array_append(&attributes, question.attributes,
		     str_array_length(question.attributes) + 1);
	mirror->search.attributes = array_front(&attributes);
	return 0;
}

/* What the process has of its address space, libraries and all; 0 if that can't
   be told. */
static size_t mirror_get_process_size(void)
{
	char buf[64];
	unsigned long long pages;
	const char *end;
	ssize_t ret;
	int fd;

	fd = open("/proc/self/statm", O_RDONLY);
	if (fd == -1)
		return 0;
	ret = read(fd, buf, sizeof(buf) - 1);
	i_close_fd(&fd);
	if (ret <= 0)
		return 0;
	buf[ret] = '\0';
	return str_parse_ullong(buf, &pages, &end) < 0 ? 0 :
		pages * getpagesize();
}

/* A process that wants more than it may have ends, and so would the next one.
   Two thirds of what is left: the cache and the logins grow, too. */
static size_t mirror_get_max_bytes(void)
{
	rlim_t limit;
	size_t size;

	if (restrict_get_process_size(&limit) < 0 || limit == RLIM_INFINITY)
		return 0;
	size = mirror_get_process_size();
	if (size == 0)
		size = limit / 4;
	/* 0 means no limit */
	return size >= limit ? 1 : I_MAX((limit - size) / 3 * 2, 1);
}

int referral_mirror_init(struct event *event_parent,
			 const struct referral_directory_settings *set,
			 struct referral_lookup *lookup,
			 struct referral_mirror **mirror_r,
			 const char **error_r)
{
	struct referral_mirror *mirror;
	pool_t pool;

	pool = pool_alloconly_create("referral mirror", 2048);
	mirror = p_new(pool, struct referral_mirror, 1);
	mirror->pool = pool;
	mirror->event = event_create(event_parent);
	mirror->lookup = lookup;
	mirror->client = referral_lookup_get_client(lookup);
	mirror->stale_ttl_secs = set->referral_cache_stale_ttl;
	i_array_init(&mirror->refused_servers, 2);
	mirror->max_bytes = mirror_get_max_bytes();
	referral_mirrors_count++;
	if (mirror_init_search(mirror, set, error_r) < 0) {
		referral_mirror_deinit(&mirror);
		return -1;
	}
	referral_lookup_set_mirror(lookup, &mirror_vfuncs, mirror);
	referral_mirror_sync_schedule(mirror, 0);
	*mirror_r = mirror;
	return 0;
}

void referral_mirror_deinit(struct referral_mirror **_mirror)
{
	struct referral_mirror *mirror = *_mirror;

	*_mirror = NULL;
	if (mirror == NULL)
		return;
	referral_mirrors_count--;
	referral_lookup_set_mirror(mirror->lookup, NULL, NULL);
	referral_mirror_sync_stop(mirror);
	referral_mirror_copy_destroy(&mirror->copy);
	referral_mirror_sync_forgive(mirror);
	array_free(&mirror->refused_servers);
	referral_question_deinit(&mirror->question);
	i_free(mirror->schema_dn);
	i_free(mirror->server);
	i_free(mirror->error);
	event_unref(&mirror->event);
	pool_unref(&mirror->pool);
}

static const char *mirror_get_state(const struct referral_mirror *mirror)
{
	switch (mirror->state) {
	case REFERRAL_MIRROR_STATE_WAITING:
		return mirror->failure == REFERRAL_MIRROR_FAILURE_REFUSED ?
			"refused" : "lost";
	case REFERRAL_MIRROR_STATE_CONNECTING:
		return "connecting";
	case REFERRAL_MIRROR_STATE_REFRESHING:
		return "refreshing";
	case REFERRAL_MIRROR_STATE_FOLLOWING:
		break;
	}
	switch (referral_mirror_copy_get_state(mirror->copy)) {
	case REFERRAL_MIRROR_COPY_IN_SYNC:
		return "in_sync";
	case REFERRAL_MIRROR_COPY_DOUBTFUL:
		return "doubtful";
	default:
		return "refreshing";
	}
}

void referral_mirror_get_status(const struct referral_mirror *mirror,
				struct referral_mirror_status *status_r)
{
	const struct referral_mirror_stats *stats;

	*status_r = mirror->counters;
	status_r->state = mirror_get_state(mirror);
	status_r->server = mirror->server;
	status_r->error = mirror->error;
	status_r->have_contact =
		referral_mirror_get_age(mirror, &status_r->contact_age_secs);
	if (mirror->copy != NULL) {
		stats = referral_mirror_table_get_stats(
			referral_mirror_copy_get_table(mirror->copy));
		status_r->users = stats->entries;
		status_r->bytes = stats->bytes;
	}
}
