#ifndef REFERRAL_MEMORY_H
#define REFERRAL_MEMORY_H

/* How the auth process' memory (vsz_limit) is shared out: an auth process that
   wants more than it may have ends, and every login with it. A quarter is for
   Dovecot itself. Half of it may be the cache's; or the mirror's, which sees to
   that, and leaves the cache an eighth. Those who wait for the directory get
   what is left, an eighth at least. */

/* A login that waits for its answer, Dovecot's own request included: see
   doc/MEASUREMENTS. */
#define REFERRAL_MEMORY_WAITING_BYTES (14*1024)

struct referral_memory {
	/* in bytes; 0 = none */
	uint64_t limit;
	/* that share it, at least 1 */
	unsigned int directories;
	/* of one directory: what the setting says */
	uint64_t cache_size;
	bool mirror;
};

/* of one directory */
struct referral_memory_share {
	/* no more than cache_size */
	size_t cache_bytes;
	/* logins that may wait at a time; UINT_MAX if memory is no limit */
	unsigned int waiting;
};

void referral_memory_share_out(const struct referral_memory *memory,
			       struct referral_memory_share *share_r);

#endif
