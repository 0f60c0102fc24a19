/* Matching of names: see mirror-key.h

   Servers agree about printable ASCII: case as the rule says, spaces at the
   ends mean nothing, several are one. Beyond that (Unicode normalisation, full
   case folding, control characters) they differ from each other and from RFC
   4518. There, only equal octets are sure to match. And only values that
   differ in what is left after all of this has been taken away (the skeleton)
   are sure not to. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "keyhash.h"
#include "mirror-key.h"

#include <ctype.h>

/* sharp s, small and capital, which Unicode folds to "ss" */
#define UNICHAR_SHARP_S 0xdf
#define UNICHAR_CAPITAL_SHARP_S 0x1e9e

bool referral_mirror_rule_find(const char *name,
			       enum referral_mirror_rule *rule_r)
{
	static const struct {
		const char *name, *oid;
		enum referral_mirror_rule rule;
	} rules[] = {
		{ "caseIgnoreMatch", "2.5.13.2",
		  REFERRAL_MIRROR_RULE_CASE_IGNORE },
		{ "caseIgnoreIA5Match", "1.3.6.1.4.1.1466.109.114.2",
		  REFERRAL_MIRROR_RULE_CASE_IGNORE },
		{ "caseExactMatch", "2.5.13.5",
		  REFERRAL_MIRROR_RULE_CASE_EXACT },
		{ "caseExactIA5Match", "1.3.6.1.4.1.1466.109.114.1",
		  REFERRAL_MIRROR_RULE_CASE_EXACT },
	};

	for (unsigned int i = 0; i < N_ELEMENTS(rules); i++) {
		if (strcasecmp(name, rules[i].name) == 0 ||
		    strcmp(name, rules[i].oid) == 0) {
			*rule_r = rules[i].rule;
			return TRUE;
		}
	}
	return FALSE;
}

/* printable ASCII */
static bool value_is_plain(const unsigned char *value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (value[i] < ' ' || value[i] > '~')
			return FALSE;
	}
	return TRUE;
}

bool referral_mirror_key_normalize(enum referral_mirror_rule rule,
				   const void *value, size_t size,
				   string_t *dest)
{
	const unsigned char *data = value;
	/* each login comes here */
	unsigned char key[REFERRAL_MIRROR_KEY_MAX_SIZE + 2];
	bool space = FALSE;
	size_t used = 0;

	if (!value_is_plain(data, size)) {
		if (size > REFERRAL_MIRROR_KEY_MAX_SIZE)
			return FALSE;
		str_append_data(dest, data, size);
		return TRUE;
	}
	for (size_t i = 0; i < size; i++) {
		if (data[i] == ' ') {
			space = used > 0;
			continue;
		}
		if (used >= REFERRAL_MIRROR_KEY_MAX_SIZE)
			return FALSE;
		if (space)
			key[used++] = ' ';
		space = FALSE;
		key[used++] = rule == REFERRAL_MIRROR_RULE_CASE_IGNORE ?
			i_tolower(data[i]) : data[i];
	}
	if (used == 0 || used > REFERRAL_MIRROR_KEY_MAX_SIZE)
		return FALSE;
	str_append_data(dest, key, used);
	return TRUE;
}

/* Letters of scripts that case folding and normalisation leave alone once they
   are decomposed capitals. Without these, all names of a script would look the
   same. */
static bool char_is_kept(unichar_t chr)
{
	static const struct {
		unichar_t first, last;
	} ranges[] = {
		/* Greek without iota, which can be a mark; Cyrillic */
		{ 0x391, 0x398 }, { 0x39a, 0x3a9 }, { 0x410, 0x42f },
		/* Hebrew, Arabic, Thai consonants */
		{ 0x5d0, 0x5ea }, { 0x621, 0x64a }, { 0xe01, 0xe2e },
		/* Hangul, kana without its marks, ideographs */
		{ 0x1100, 0x11ff }, { 0x3041, 0x3096 }, { 0x30a1, 0x30fa },
		{ 0x4e00, 0x9fff },
	};

	for (unsigned int i = 0; i < N_ELEMENTS(ranges); i++) {
		if (chr >= ranges[i].first && chr <= ranges[i].last)
			return TRUE;
	}
	return FALSE;
}

static void skeleton_append_ascii(buffer_t *dest, unsigned char c)
{
	/* no spaces, no controls */
	if (c > ' ' && c <= '~')
		buffer_append_c(dest, i_tolower(c));
}

static void
skeleton_append_decomposed(buffer_t *dest, const buffer_t *decomposed)
{
	const unsigned char *data = decomposed->data;
	size_t size = decomposed->used;
	unichar_t chr;
	int len;

	for (; size > 0; data += len, size -= len) {
		len = uni_utf8_get_char_n(data, size, &chr);
		if (len <= 0)
			return;
		if (len == 1)
			skeleton_append_ascii(dest, *data);
		else if (char_is_kept(chr))
			buffer_append(dest, data, len);
	}
}

static void
skeleton_append_char(buffer_t *dest, const unsigned char *data, size_t size,
		     unichar_t chr)
{
	buffer_t *decomposed = t_buffer_create(32);

	if (chr == UNICHAR_SHARP_S || chr == UNICHAR_CAPITAL_SHARP_S) {
		buffer_append(dest, "ss", 2);
		return;
	}
	(void)uni_utf8_to_decomposed_titlecase(data, size, decomposed);
	skeleton_append_decomposed(dest, decomposed);
}

/* What RFC 4518's string preparation can't take away or change. */
static buffer_t *t_skeleton(const unsigned char *data, size_t size)
{
	buffer_t *dest = t_buffer_create(size + 1);
	unichar_t chr;
	int len;

	for (; size > 0; data += len, size -= len) {
		len = *data < 0x80 ? 0 : uni_utf8_get_char_n(data, size, &chr);
		if (len > 0)
			skeleton_append_char(dest, data, len, chr);
		else {
			/* ASCII, or no UTF-8, which is dropped */
			len = 1;
			skeleton_append_ascii(dest, *data);
		}
	}
	return dest;
}

/* The same without allocations, for what nearly all names are. dest has room
   for size bytes. Returns FALSE if it takes more. */
static bool
plain_skeleton(const unsigned char *data, size_t size, unsigned char *dest,
	       size_t *size_r)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] < ' ' || data[i] > '~')
			return FALSE;
		if (data[i] != ' ')
			dest[used++] = i_tolower(data[i]);
	}
	*size_r = used;
	return TRUE;
}

uint64_t referral_mirror_key_hash(const void *key, size_t size)
{
	unsigned char plain[REFERRAL_MIRROR_KEY_MAX_SIZE];
	uint64_t hash;

	i_assert(size <= sizeof(plain));

	if (plain_skeleton(key, size, plain, &size))
		return referral_keyhash_own(plain, size);
	T_BEGIN {
		const buffer_t *skeleton = t_skeleton(key, size);

		hash = referral_keyhash_own(skeleton->data, skeleton->used);
	} T_END;
	return hash;
}

static bool
skeletons_equal(const void *key1, size_t size1, const void *key2, size_t size2)
{
	bool ret;

	T_BEGIN {
		ret = buffer_cmp(t_skeleton(key1, size1),
				 t_skeleton(key2, size2));
	} T_END;
	return ret;
}

enum referral_mirror_match
referral_mirror_key_match(enum referral_mirror_rule rule,
			  const void *key1, size_t size1,
			  const void *key2, size_t size2)
{
	if (size1 == size2 && memcmp(key1, key2, size1) == 0) {
		/* it may have been a NUL in the directory */
		return memchr(key1, '\001', size1) == NULL ?
			REFERRAL_MIRROR_MATCH_YES :
			REFERRAL_MIRROR_MATCH_UNSURE;
	}
	if (rule != REFERRAL_MIRROR_RULE_UNKNOWN &&
	    value_is_plain(key1, size1) && value_is_plain(key2, size2))
		return REFERRAL_MIRROR_MATCH_NO;
	return skeletons_equal(key1, size1, key2, size2) ?
		REFERRAL_MIRROR_MATCH_UNSURE : REFERRAL_MIRROR_MATCH_NO;
}
