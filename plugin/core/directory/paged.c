/* The value of the paged results control. */

#include "lib.h"
#include "str.h"
#include "paged.h"

#define BER_INTEGER 0x02
#define BER_OCTET_STRING 0x04
#define BER_SEQUENCE 0x30

static void append_length(string_t *dest, size_t length)
{
	if (length < 0x80)
		str_append_c(dest, length);
	else if (length <= 0xff) {
		str_append_c(dest, 0x81);
		str_append_c(dest, length);
	} else {
		i_assert(length <= 0xffff);
		str_append_c(dest, 0x82);
		str_append_c(dest, length >> 8);
		str_append_c(dest, length & 0xff);
	}
}

/* Positive, in as few bytes as it can be */
static void append_integer(string_t *dest, unsigned int value)
{
	unsigned char bytes[sizeof(value) + 1];
	unsigned int pos = sizeof(bytes);

	do {
		bytes[--pos] = value & 0xff;
		value >>= 8;
	} while (value > 0);
	/* the highest bit would be the sign */
	if ((bytes[pos] & 0x80) != 0)
		bytes[--pos] = 0;
	str_append_c(dest, BER_INTEGER);
	append_length(dest, sizeof(bytes) - pos);
	str_append_data(dest, bytes + pos, sizeof(bytes) - pos);
}

void referral_paged_request_append(string_t *dest, unsigned int size,
				   const void *cookie, size_t cookie_size)
{
	string_t *content = t_str_new(cookie_size + 16);

	i_assert(cookie_size <= REFERRAL_PAGED_COOKIE_MAX_SIZE);
	append_integer(content, size);
	str_append_c(content, BER_OCTET_STRING);
	append_length(content, cookie_size);
	str_append_data(content, cookie_size == 0 ? "" : cookie, cookie_size);

	str_append_c(dest, BER_SEQUENCE);
	append_length(dest, str_len(content));
	str_append_str(dest, content);
}

/* Returns 0 and the content of the element of this tag that data begins with,
   which is taken off; -1 if there is none. */
static int
get_element(const unsigned char **data, size_t *size, unsigned char tag,
	    const unsigned char **content_r, size_t *length_r)
{
	size_t length, count, i;

	if (*size < 2 || (*data)[0] != tag)
		return -1;
	length = (*data)[1];
	*data += 2;
	*size -= 2;
	if (length >= 0x80) {
		count = length & 0x7f;
		if (count == 0 || count > 4 || count > *size)
			return -1;
		for (length = 0, i = 0; i < count; i++)
			length = (length << 8) | (*data)[i];
		*data += count;
		*size -= count;
	}
	if (length > *size)
		return -1;
	*content_r = *data;
	*length_r = length;
	*data += length;
	*size -= length;
	return 0;
}

int referral_paged_response_parse(const void *_data, size_t size,
				  const void **cookie_r, size_t *cookie_size_r)
{
	const unsigned char *data = _data, *sequence, *number, *cookie;
	size_t sequence_size, number_size;

	if (get_element(&data, &size, BER_SEQUENCE,
			&sequence, &sequence_size) < 0 || size > 0 ||
	    get_element(&sequence, &sequence_size, BER_INTEGER,
			&number, &number_size) < 0 ||
	    get_element(&sequence, &sequence_size, BER_OCTET_STRING,
			&cookie, cookie_size_r) < 0 || sequence_size > 0 ||
	    *cookie_size_r > REFERRAL_PAGED_COOKIE_MAX_SIZE)
		return -1;
	*cookie_r = cookie;
	return 0;
}
