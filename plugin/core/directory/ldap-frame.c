/* Outer shape of LDAP messages: see ldap-frame.h */

#include "lib.h"
#include "ldap-frame.h"

#define TAG_MESSAGE 0x30
#define TAG_INTEGER 0x02
/* operations are of this class */
#define TAG_CLASS 0xc0
#define TAG_APPLICATION 0x40
#define TAG_EXTENDED_RESPONSE 0x78
#define TAG_RESPONSE_NAME 0x8a
/* the rest of the number is in further bytes: no operation of LDAP has that */
#define TAG_LONG 0x1f

#define NOTICE_OF_DISCONNECTION "1.3.6.1.4.1.1466.20036"
/* A longer notification is none that we could skip. It has to fit into the
   caller's buffer. */
#define NOTIFICATION_MAX_SIZE 4096

enum frame_kind {
	FRAME_MESSAGE,
	FRAME_NOTIFICATION,
};

/* Reads the beginning of a message. Functions return 1, 0 if it is too short
   yet, -1 if it is wrong. */
struct header {
	const unsigned char *data;
	size_t size, pos;
	/* of what contains this element, counted from the beginning */
	size_t end;
};

static int header_read_byte(struct header *header, unsigned char *byte_r)
{
	if (header->pos >= header->end)
		return -1;
	if (header->pos >= header->size)
		return 0;
	*byte_r = header->data[header->pos++];
	return 1;
}

/* The element's contents end inside of what contains it. */
static int
header_read_element(struct header *header, unsigned char *tag_r,
		    size_t *len_r)
{
	unsigned char byte;
	unsigned int count;
	int ret;

	if ((ret = header_read_byte(header, tag_r)) <= 0 ||
	    (ret = header_read_byte(header, &byte)) <= 0)
		return ret;
	*len_r = byte;
	if (byte >= 0x80) {
		count = byte & 0x7f;
		if (count == 0 || count > 4)
			return -1;
		for (*len_r = 0; count > 0; count--) {
			if ((ret = header_read_byte(header, &byte)) <= 0)
				return ret;
			*len_r = *len_r << 8 | byte;
		}
	}
	return *len_r <= header->end - header->pos ? 1 : -1;
}

static int header_read_id(struct header *header, uint32_t *id_r)
{
	unsigned char tag, byte;
	size_t i, len;
	int ret;

	if ((ret = header_read_element(header, &tag, &len)) <= 0)
		return ret;
	if (tag != TAG_INTEGER || len == 0 || len > sizeof(*id_r))
		return -1;
	for (*id_r = 0, i = 0; i < len; i++) {
		if ((ret = header_read_byte(header, &byte)) <= 0)
			return ret;
		if (i == 0 && byte >= 0x80) {
			/* negative */
			return -1;
		}
		*id_r = *id_r << 8 | byte;
	}
	return 1;
}

/* Returns 1 if the notification, which header has come to the contents of, has
   another name than that of disconnection; all of it is there. */
static bool notification_is_harmless(struct header *header)
{
	const size_t oid_len = strlen(NOTICE_OF_DISCONNECTION);
	unsigned char tag;
	size_t len;

	while (header_read_element(header, &tag, &len) > 0) {
		if (tag == TAG_RESPONSE_NAME) {
			return len != oid_len ||
				memcmp(header->data + header->pos,
				       NOTICE_OF_DISCONNECTION, len) != 0;
		}
		header->pos += len;
	}
	return FALSE;
}

/* The message at the beginning of data; size_r is that of the whole message.
   Returns as above. */
static int
frame_parse(const unsigned char *data, size_t size, enum frame_kind *kind_r,
	    size_t *size_r, enum referral_ldap_frame_end *end_r)
{
	struct header header = { .data = data, .size = size, .end = SIZE_MAX };
	unsigned char tag;
	uint32_t id;
	size_t len;
	int ret;

	*kind_r = FRAME_MESSAGE;
	*end_r = REFERRAL_LDAP_FRAME_END_INVALID;
	if ((ret = header_read_element(&header, &tag, &len)) <= 0)
		return ret;
	if (tag != TAG_MESSAGE || len > REFERRAL_LDAP_MAX_MESSAGE_SIZE)
		return -1;
	*size_r = header.end = header.pos + len;

	if ((ret = header_read_id(&header, &id)) <= 0 ||
	    (ret = header_read_element(&header, &tag, &len)) <= 0)
		return ret;
	if ((tag & TAG_CLASS) != TAG_APPLICATION ||
	    (tag & TAG_LONG) == TAG_LONG)
		return -1;
	if (id > 0)
		return 1;
	if (tag != TAG_EXTENDED_RESPONSE)
		return -1;
	*kind_r = FRAME_NOTIFICATION;
	*end_r = REFERRAL_LDAP_FRAME_END_NOTICE;
	if (*size_r > NOTIFICATION_MAX_SIZE)
		return -1;
	if (*size_r > size)
		return 0;
	header.end = header.pos + len;
	return notification_is_harmless(&header) ? 1 : -1;
}

size_t referral_ldap_frame_scan(struct referral_ldap_frame *frame,
				const unsigned char *data, size_t size,
				size_t *skip_r)
{
	enum referral_ldap_frame_end end;
	enum frame_kind kind;
	size_t len;
	int ret;

	*skip_r = 0;
	while (frame->left == 0) {
		if (frame->end != REFERRAL_LDAP_FRAME_END_NONE)
			return 0;
		ret = frame_parse(data + *skip_r, size - *skip_r, &kind, &len,
				  &end);
		if (ret < 0)
			frame->end = end;
		if (ret <= 0)
			return 0;
		if (kind == FRAME_NOTIFICATION)
			*skip_r += len;
		else
			frame->left = len;
	}
	return I_MIN(frame->left, size - *skip_r);
}

void referral_ldap_frame_take(struct referral_ldap_frame *frame, size_t size)
{
	i_assert(size <= frame->left);
	frame->left -= size;
}
