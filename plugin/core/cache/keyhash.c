/* SipHash-2-4: a fast keyed hash of short strings. */

#include "lib.h"
#include "bits.h"
#include "randgen.h"
#include "keyhash.h"

#include <endian.h>

struct keyhash_state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t read_le64(const unsigned char *data, size_t size)
{
	uint64_t num = 0;

	while (size > 0)
		num = (num << 8) | data[--size];
	return num;
}

/* one load, for the compiler */
static inline uint64_t read_le64_word(const unsigned char *data)
{
	uint64_t num;

	memcpy(&num, data, sizeof(num));
	return le64toh(num);
}

static inline void ATTR_NO_SANITIZE_INTEGER
keyhash_round(struct keyhash_state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = bits_rotl64(s->v1, 13) ^ s->v0;
	s->v3 = bits_rotl64(s->v3, 16) ^ s->v2;
	s->v0 = bits_rotl64(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = bits_rotl64(s->v1, 17) ^ s->v2;
	s->v3 = bits_rotl64(s->v3, 21) ^ s->v0;
	s->v2 = bits_rotl64(s->v2, 32);
}

static inline void keyhash_word(struct keyhash_state *s, uint64_t word)
{
	s->v3 ^= word;
	keyhash_round(s);
	keyhash_round(s);
	s->v0 ^= word;
}

uint64_t referral_keyhash(const unsigned char key[REFERRAL_KEYHASH_KEY_SIZE],
			  const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t k0 = read_le64_word(key), k1 = read_le64_word(key + 8);
	struct keyhash_state s = {
		.v0 = k0 ^ 0x736f6d6570736575ULL,
		.v1 = k1 ^ 0x646f72616e646f6dULL,
		.v2 = k0 ^ 0x6c7967656e657261ULL,
		.v3 = k1 ^ 0x7465646279746573ULL,
	};
	uint64_t last = (uint64_t)(size & 0xff) << 56;

	for (; size >= 8; p += 8, size -= 8)
		keyhash_word(&s, read_le64_word(p));
	keyhash_word(&s, last | read_le64(p, size));

	s.v2 ^= 0xff;
	for (unsigned int i = 0; i < 4; i++)
		keyhash_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t referral_keyhash_own(const void *data, size_t size)
{
	static unsigned char key[REFERRAL_KEYHASH_KEY_SIZE];
	static bool key_set = FALSE;

	if (!key_set) {
		random_fill(key, sizeof(key));
		key_set = TRUE;
	}
	return referral_keyhash(key, data, size);
}

unsigned int referral_keyhash_data(const void *data, size_t size)
{
	return (unsigned int)referral_keyhash_own(data, size);
}

unsigned int referral_keyhash_str(const char *str)
{
	return referral_keyhash_data(str, strlen(str));
}

struct referral_key referral_key(const char *str)
{
	return (struct referral_key) {
		.str = str,
		.hash = referral_keyhash_str(str),
	};
}
