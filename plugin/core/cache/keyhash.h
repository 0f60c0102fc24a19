#ifndef REFERRAL_KEYHASH_H
#define REFERRAL_KEYHASH_H

/* A hash for tables whose keys strangers choose. libdovecot's str_hash() has
   no key, so that user names can be made up that all collide. */

#define REFERRAL_KEYHASH_KEY_SIZE 16

/* SipHash-2-4 (Aumasson, Bernstein 2012) */
uint64_t referral_keyhash(const unsigned char key[REFERRAL_KEYHASH_KEY_SIZE],
			  const void *data, size_t size);
/* The same with a key that is random in each process. */
uint64_t referral_keyhash_own(const void *data, size_t size);
/* A key and its hash, which is looked for in more than one place */
struct referral_key {
	const char *str;
	uint32_t hash;
};

/* str is kept by reference. */
struct referral_key referral_key(const char *str);
/* For HASH_TABLE(char *, ...), with the same key. */
unsigned int referral_keyhash_str(const char *str);
unsigned int referral_keyhash_data(const void *data, size_t size);

#endif
