/* Outer shape of LDAP messages: see ldap-frame.h */

#include "lib.h"
#include "ldap-frame.h"

#define TAG_MESSAGE 0x30
#define TAG_INTEGER 0x02
/* operations are of this class */
#define TAG_CLASS 0xc0
#define TAG_APPLICATION 0x40
#define TAG_EXTENDED_RESPONSE 0x78
/* the rest of the number is in further bytes: no operation of LDAP has that */
#define TAG_LONG 0x1f

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

/* size_r is that of the whole message. */
static int
header_parse(struct referral_ldap_frame *frame, size_t *size_r)
{
	struct header header = {
		.data = frame->header,
		.size = frame->header_size,
		.end = SIZE_MAX,
	};
	unsigned char tag;
	uint32_t id;
	size_t len;
	int ret;

	if ((ret = header_read_element(&header, &tag, &len)) <= 0)
		return ret;
	if (tag != TAG_MESSAGE)
		return -1;
	*size_r = header.end = header.pos + len;

	if ((ret = header_read_id(&header, &id)) <= 0 ||
	    (ret = header_read_element(&header, &tag, &len)) <= 0)
		return ret;
	if ((tag & TAG_CLASS) != TAG_APPLICATION ||
	    (tag & TAG_LONG) == TAG_LONG)
		return -1;
	if (id == 0 && tag == TAG_EXTENDED_RESPONSE) {
		frame->end = REFERRAL_LDAP_FRAME_END_NOTICE;
		return -1;
	}
	return id > 0 ? 1 : -1;
}

size_t referral_ldap_frame_scan(struct referral_ldap_frame *frame,
				const unsigned char *data, size_t size)
{
	size_t pos = 0, start = 0, len;

	if (frame->end != REFERRAL_LDAP_FRAME_END_NONE)
		return 0;
	while (pos < size) {
		if (frame->left > 0) {
			len = I_MIN(frame->left, size - pos);
			frame->left -= len;
			pos += len;
			start = pos;
			continue;
		}
		i_assert(frame->header_size < sizeof(frame->header));
		frame->header[frame->header_size++] = data[pos++];
		switch (header_parse(frame, &len)) {
		case 1:
			frame->left = len - frame->header_size;
			frame->header_size = 0;
			if (frame->left == 0)
				start = pos;
			break;
		case 0:
			break;
		default:
			if (frame->end == REFERRAL_LDAP_FRAME_END_NONE)
				frame->end = REFERRAL_LDAP_FRAME_END_INVALID;
			return start;
		}
	}
	return size;
}
