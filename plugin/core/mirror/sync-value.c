/* Values of RFC 4533: see sync-value.h */

#include "lib.h"
#include "str.h"
#include "sync-value.h"

enum {
	TAG_BOOLEAN = 0x01,
	TAG_OCTET_STRING = 0x04,
	TAG_ENUMERATED = 0x0a,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	/* the alternatives of syncInfoValue, by their numbers */
	TAG_CHOICE_PRIMITIVE = 0x80,
	TAG_CHOICE_CONSTRUCTED = 0xa0,
	TAG_CHOICE_MASK = 0x1f,
};

#define MODE_REFRESH_AND_PERSIST 3
/* a UUID with its tag and length */
#define UUID_ELEMENT_SIZE (2 + REFERRAL_SYNC_UUID_SIZE)

struct ber {
	const unsigned char *p, *end;
};

static int ber_get_length(struct ber *ber, size_t *length_r)
{
	size_t length;
	unsigned int count;

	if (ber->p == ber->end)
		return -1;
	length = *ber->p++;
	if (length >= 0x80) {
		count = length & 0x7f;
		if (count == 0 || count > 4 ||
		    count > (size_t)(ber->end - ber->p))
			return -1;
		for (length = 0; count > 0; count--)
			length = (length << 8) | *ber->p++;
	}
	if (length > (size_t)(ber->end - ber->p))
		return -1;
	*length_r = length;
	return 0;
}

static bool ber_next_is(const struct ber *ber, unsigned char tag)
{
	return ber->p != ber->end && *ber->p == tag;
}

/* Take the next element, which has to have this tag. */
static int ber_get(struct ber *ber, unsigned char tag, struct ber *content_r)
{
	size_t length;

	if (!ber_next_is(ber, tag))
		return -1;
	ber->p++;
	if (ber_get_length(ber, &length) < 0)
		return -1;
	content_r->p = ber->p;
	content_r->end = ber->p + length;
	ber->p += length;
	return 0;
}

static void
ber_to_cookie(const struct ber *content, struct referral_sync_cookie *cookie_r)
{
	size_t size = content->end - content->p;

	if (size > 0 && size <= REFERRAL_SYNC_COOKIE_MAX_SIZE) {
		cookie_r->data = content->p;
		cookie_r->size = size;
	}
}

static int
ber_get_optional_cookie(struct ber *ber, struct referral_sync_cookie *cookie_r)
{
	struct ber content;

	if (!ber_next_is(ber, TAG_OCTET_STRING))
		return 0;
	if (ber_get(ber, TAG_OCTET_STRING, &content) < 0)
		return -1;
	ber_to_cookie(&content, cookie_r);
	return 0;
}

/* value_r is left as it is if there is none */
static int ber_get_optional_bool(struct ber *ber, bool *value_r)
{
	struct ber content;

	if (!ber_next_is(ber, TAG_BOOLEAN))
		return 0;
	if (ber_get(ber, TAG_BOOLEAN, &content) < 0 ||
	    content.end - content.p != 1)
		return -1;
	*value_r = *content.p != 0;
	return 0;
}

static void
append_element(string_t *dest, unsigned char tag, const void *data, size_t size)
{
	str_append_c(dest, tag);
	if (size >= 0x80) {
		i_assert(size <= 0xffff);
		str_append_c(dest, 0x82);
		str_append_c(dest, size >> 8);
	}
	str_append_c(dest, size & 0xff);
	str_append_data(dest, data, size);
}

void referral_sync_request_append(string_t *dest,
				  const struct referral_sync_cookie *cookie)
{
	const unsigned char mode = MODE_REFRESH_AND_PERSIST;
	string_t *content = t_str_new(128);

	append_element(content, TAG_ENUMERATED, &mode, 1);
	if (cookie->data != NULL) {
		append_element(content, TAG_OCTET_STRING,
			       cookie->data, cookie->size);
	}
	append_element(dest, TAG_SEQUENCE, str_data(content), str_len(content));
}

int referral_sync_entry_parse(const unsigned char *data, size_t size,
			      struct referral_sync_entry *entry_r)
{
	struct ber ber = { data, data + size }, seq, state, uuid;

	i_zero(entry_r);
	if (ber_get(&ber, TAG_SEQUENCE, &seq) < 0 || ber.p != ber.end ||
	    ber_get(&seq, TAG_ENUMERATED, &state) < 0 ||
	    state.end - state.p != 1 || *state.p > REFERRAL_SYNC_STATE_DELETE ||
	    ber_get(&seq, TAG_OCTET_STRING, &uuid) < 0 ||
	    uuid.end - uuid.p != REFERRAL_SYNC_UUID_SIZE ||
	    ber_get_optional_cookie(&seq, &entry_r->cookie) < 0 ||
	    seq.p != seq.end)
		return -1;
	entry_r->state = *state.p;
	entry_r->uuid = uuid.p;
	return 0;
}

/* SET OF syncUUID: all are looked at now, so that they can be counted on. */
static int parse_uuids(struct ber *seq, struct referral_sync_info *info)
{
	struct ber set, rest, uuid;

	if (ber_get(seq, TAG_SET, &set) < 0)
		return -1;
	info->uuids = set.p;
	info->uuids_size = set.end - set.p;
	for (rest = set; rest.p != rest.end; ) {
		if (rest.end - rest.p < UUID_ELEMENT_SIZE ||
		    rest.p[1] != REFERRAL_SYNC_UUID_SIZE ||
		    ber_get(&rest, TAG_OCTET_STRING, &uuid) < 0)
			return -1;
	}
	return 0;
}

static int
parse_info_sequence(struct ber *seq, struct referral_sync_info *info)
{
	if (ber_get_optional_cookie(seq, &info->cookie) < 0)
		return -1;
	if (info->type != REFERRAL_SYNC_INFO_ID_SET) {
		info->refresh_done = TRUE;
		return ber_get_optional_bool(seq, &info->refresh_done);
	}
	if (ber_get_optional_bool(seq, &info->refresh_deletes) < 0)
		return -1;
	return parse_uuids(seq, info);
}

int referral_sync_info_parse(const unsigned char *data, size_t size,
			     struct referral_sync_info *info_r)
{
	struct ber ber = { data, data + size }, content;
	unsigned char tag;

	i_zero(info_r);
	if (size == 0)
		return -1;
	tag = *data;
	if (ber_get(&ber, tag, &content) < 0 || ber.p != ber.end)
		return -1;
	info_r->type = tag & TAG_CHOICE_MASK;
	switch (tag) {
	case TAG_CHOICE_PRIMITIVE | REFERRAL_SYNC_INFO_NEW_COOKIE:
		ber_to_cookie(&content, &info_r->cookie);
		return 0;
	case TAG_CHOICE_CONSTRUCTED | REFERRAL_SYNC_INFO_REFRESH_DELETE:
	case TAG_CHOICE_CONSTRUCTED | REFERRAL_SYNC_INFO_REFRESH_PRESENT:
	case TAG_CHOICE_CONSTRUCTED | REFERRAL_SYNC_INFO_ID_SET:
		if (parse_info_sequence(&content, info_r) < 0)
			return -1;
		return content.p == content.end ? 0 : -1;
	default:
		return -1;
	}
}

bool referral_sync_uuid_next(struct referral_sync_info *info,
			     const unsigned char **uuid_r)
{
	if (info->uuids_size < UUID_ELEMENT_SIZE)
		return FALSE;
	*uuid_r = info->uuids + 2;
	info->uuids += UUID_ELEMENT_SIZE;
	info->uuids_size -= UUID_ELEMENT_SIZE;
	return TRUE;
}
