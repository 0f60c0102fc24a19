/* Messages of a synchronisation: see mirror-copy.h */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "mirror-copy.h"

/* A refresh may show a third fewer entries than there were, and in a small
   directory so many fewer. */
#define SHRUNK_MIN_ENTRIES 10

/* OpenLDAP's cookies: "rid=000,csn=...". Others are not for us to resume with:
   389 Directory Server takes its own, changenumbers, after it has lost the
   changes, without a word. */
#define COOKIE_PREFIX "rid="

#define COPY_NEVER_SENT \
	"an entry that was never sent is said to be unchanged"

struct referral_mirror_copy {
	enum referral_mirror_rule rules[REFERRAL_MIRROR_MAX_ATTRIBUTES];
	unsigned int attributes_count;
	struct referral_mirror_table *table;
	enum referral_mirror_copy_state state;

	/* what the copy is good for: empty if there is none */
	buffer_t *cookie;
	struct referral_sync_cookie request_cookie;
	/* of the refresh: becomes the cookie when it ends */
	buffer_t *new_cookie;

	/* what was not seen by the end of the refresh is gone */
	bool sweep;
	/* entries that a refresh should show, more or less */
	unsigned int expected;
	/* entries that the last complete refresh has shown */
	unsigned int shown;
};

struct referral_mirror_copy *
referral_mirror_copy_create(const enum referral_mirror_rule *rules,
			    unsigned int attributes_count,
			    referral_mirror_changed_t *changed, void *context)
{
	struct referral_mirror_copy *copy;

	copy = i_new(struct referral_mirror_copy, 1);
	memcpy(copy->rules, rules, sizeof(*rules) * attributes_count);
	copy->attributes_count = attributes_count;
	copy->table = referral_mirror_table_create(rules, attributes_count,
						   changed, context);
	copy->cookie = buffer_create_dynamic(default_pool, 128);
	copy->new_cookie = buffer_create_dynamic(default_pool, 128);
	return copy;
}

void referral_mirror_copy_destroy(struct referral_mirror_copy **_copy)
{
	struct referral_mirror_copy *copy = *_copy;

	*_copy = NULL;
	if (copy == NULL)
		return;
	referral_mirror_table_destroy(&copy->table);
	buffer_free(&copy->cookie);
	buffer_free(&copy->new_cookie);
	i_free(copy);
}

static unsigned int copy_get_entries(const struct referral_mirror_copy *copy)
{
	return referral_mirror_table_get_stats(copy->table)->entries;
}

static unsigned int copy_get_seen(const struct referral_mirror_copy *copy)
{
	return referral_mirror_table_get_stats(copy->table)->seen;
}

const struct referral_sync_cookie *
referral_mirror_copy_begin(struct referral_mirror_copy *copy)
{
	i_assert(copy->state == REFERRAL_MIRROR_COPY_INCOMPLETE);

	i_zero(&copy->request_cookie);
	if (copy->cookie->used > 0) {
		copy->request_cookie.data = copy->cookie->data;
		copy->request_cookie.size = copy->cookie->used;
	}
	buffer_set_used_size(copy->new_cookie, 0);
	copy->sweep = copy->cookie->used == 0;
	referral_mirror_table_new_round(copy->table);
	return &copy->request_cookie;
}

void referral_mirror_copy_end(struct referral_mirror_copy *copy)
{
	switch (copy->state) {
	case REFERRAL_MIRROR_COPY_INCOMPLETE:
		break;
	case REFERRAL_MIRROR_COPY_IN_SYNC:
		copy->expected = copy_get_entries(copy);
		break;
	case REFERRAL_MIRROR_COPY_DOUBTFUL:
		/* Another refresh that shows the same is believed. */
	case REFERRAL_MIRROR_COPY_SWEEPING:
		/* What is gone is still there. */
		copy->expected = copy->shown;
		referral_mirror_copy_forget_cookie(copy);
		break;
	}
	copy->state = REFERRAL_MIRROR_COPY_INCOMPLETE;
}

void referral_mirror_copy_forget_cookie(struct referral_mirror_copy *copy)
{
	buffer_set_used_size(copy->cookie, 0);
	buffer_set_used_size(copy->new_cookie, 0);
}

static void copy_keep_cookie(struct referral_mirror_copy *copy,
			     const struct referral_sync_cookie *cookie)
{
	/* In a refresh, the copy is not worth the new one before its end. */
	buffer_t *dest = copy->state == REFERRAL_MIRROR_COPY_INCOMPLETE ?
		copy->new_cookie : copy->cookie;

	if (cookie->size <= strlen(COOKIE_PREFIX) ||
	    memcmp(cookie->data, COOKIE_PREFIX, strlen(COOKIE_PREFIX)) != 0)
		return;
	buffer_set_used_size(dest, 0);
	buffer_append(dest, cookie->data, cookie->size);
}

static void
copy_add_keys(const struct referral_mirror_copy *copy, unsigned int attribute,
	      const char *const *values,
	      ARRAY_TYPE(referral_mirror_key) *keys)
{
	struct referral_mirror_key key = { .attribute = attribute };
	string_t *str;

	for (; *values != NULL; values++) {
		str = t_str_new(64);
		/* by one that is too long nobody is found */
		if (!referral_mirror_key_normalize(copy->rules[attribute],
						   *values, strlen(*values),
						   str))
			continue;
		key.data = str_data(str);
		key.size = str_len(str);
		array_push_back(keys, &key);
	}
}

static int
copy_set_entry(struct referral_mirror_copy *copy, const unsigned char *uuid,
	       const char *const *const *values,
	       const struct referral_lookup_result *answer,
	       const char **error_r)
{
	const struct referral_mirror_key *keys;
	ARRAY_TYPE(referral_mirror_key) keys_array;
	unsigned int count;
	bool have_values = FALSE;

	t_array_init(&keys_array, 4);
	for (unsigned int i = 0; i < copy->attributes_count; i++) {
		have_values = have_values || values[i][0] != NULL;
		copy_add_keys(copy, i, values[i], &keys_array);
	}
	if (!have_values) {
		*error_r = "an entry came without a value of the attributes "
			"in the filter (check that referral_ldap_auth_dn may "
			"read them, and that referral_ldap_filter names them "
			"as the directory does)";
		return -1;
	}
	keys = array_get(&keys_array, &count);
	return referral_mirror_table_set(copy->table, uuid, keys, count,
					 answer, error_r);
}

int referral_mirror_copy_entry(struct referral_mirror_copy *copy,
			       const struct referral_sync_entry *entry,
			       const char *const *const *values,
			       const struct referral_lookup_result *answer,
			       const char **error_r)
{
	switch (entry->state) {
	case REFERRAL_SYNC_STATE_PRESENT:
		if (!referral_mirror_table_see(copy->table, entry->uuid)) {
			*error_r = COPY_NEVER_SENT;
			return -1;
		}
		break;
	case REFERRAL_SYNC_STATE_ADD:
	case REFERRAL_SYNC_STATE_MODIFY:
		if (copy_set_entry(copy, entry->uuid, values, answer,
				   error_r) < 0)
			return -1;
		break;
	case REFERRAL_SYNC_STATE_DELETE:
		/* also of entries that never matched the filter */
		(void)referral_mirror_table_delete(copy->table, entry->uuid);
		break;
	}
	copy_keep_cookie(copy, &entry->cookie);
	return 0;
}

static int copy_id_set(struct referral_mirror_copy *copy,
		       struct referral_sync_info *info, const char **error_r)
{
	const unsigned char *uuid;

	while (referral_sync_uuid_next(info, &uuid)) {
		if (info->refresh_deletes)
			(void)referral_mirror_table_delete(copy->table, uuid);
		else if (!referral_mirror_table_see(copy->table, uuid)) {
			*error_r = COPY_NEVER_SENT;
			return -1;
		}
	}
	return 0;
}

static bool copy_has_shrunk(const struct referral_mirror_copy *copy)
{
	unsigned int seen = copy_get_seen(copy);

	return copy->sweep && seen < copy->expected &&
		copy->expected - seen >= SHRUNK_MIN_ENTRIES &&
		seen < copy->expected - copy->expected / 3;
}

static int copy_refresh_done(struct referral_mirror_copy *copy,
			     const char **error_r)
{
	if (copy->state != REFERRAL_MIRROR_COPY_INCOMPLETE) {
		*error_r = "the refresh has ended a second time";
		return -1;
	}
	buffer_set_used_size(copy->cookie, 0);
	buffer_append_buf(copy->cookie, copy->new_cookie, 0, SIZE_MAX);
	copy->shown = copy_get_seen(copy);
	if (copy_has_shrunk(copy))
		copy->state = REFERRAL_MIRROR_COPY_DOUBTFUL;
	else if (copy->sweep)
		copy->state = REFERRAL_MIRROR_COPY_SWEEPING;
	else
		copy->state = REFERRAL_MIRROR_COPY_IN_SYNC;
	return 0;
}

int referral_mirror_copy_info(struct referral_mirror_copy *copy,
			      struct referral_sync_info *info,
			      const char **error_r)
{
	copy_keep_cookie(copy, &info->cookie);
	switch (info->type) {
	case REFERRAL_SYNC_INFO_NEW_COOKIE:
		return 0;
	case REFERRAL_SYNC_INFO_ID_SET:
		return copy_id_set(copy, info, error_r);
	case REFERRAL_SYNC_INFO_REFRESH_PRESENT:
		copy->sweep = TRUE;
		break;
	case REFERRAL_SYNC_INFO_REFRESH_DELETE:
		break;
	}
	return info->refresh_done ? copy_refresh_done(copy, error_r) : 0;
}

bool referral_mirror_copy_work(struct referral_mirror_copy *copy)
{
	if (copy->state != REFERRAL_MIRROR_COPY_SWEEPING)
		return FALSE;
	if (referral_mirror_table_sweep(copy->table))
		return TRUE;
	copy->state = REFERRAL_MIRROR_COPY_IN_SYNC;
	return FALSE;
}

enum referral_mirror_copy_state
referral_mirror_copy_get_state(const struct referral_mirror_copy *copy)
{
	return copy->state;
}

void referral_mirror_copy_get_shrunk(const struct referral_mirror_copy *copy,
				     unsigned int *seen_r,
				     unsigned int *expected_r)
{
	*seen_r = copy->shown;
	*expected_r = copy->expected;
}

const struct referral_mirror_table *
referral_mirror_copy_get_table(const struct referral_mirror_copy *copy)
{
	return copy->table;
}
