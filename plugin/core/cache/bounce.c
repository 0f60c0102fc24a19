/* Who has been sent elsewhere: see bounce.h */

#include "lib.h"
#include "bits.h"
#include "keyhash.h"
#include "bounce.h"

/* Slots that a user can be in */
#define BOUNCE_WAYS 4

struct bounce_slot {
	/* of the user; two users with the same one are taken for one, which
	   costs a search */
	uint32_t hash;
	/* truncated; sent is 0 in an empty slot */
	uint32_t sent, compared;
	bool fresh;
};

struct referral_bounces {
	uint32_t secs;
	unsigned int sets_mask;
	struct bounce_slot *slots;
};

struct referral_bounces *
referral_bounces_create(unsigned int secs, unsigned int max_users)
{
	struct referral_bounces *bounces;
	size_t sets = nearest_power(I_MAX(max_users / BOUNCE_WAYS, 1));

	bounces = i_new(struct referral_bounces, 1);
	/* farther apart, the truncated times could not be told from the
	   future */
	bounces->secs = I_MIN(secs, INT32_MAX);
	bounces->sets_mask = sets - 1;
	/* takes no memory until it is used */
	bounces->slots = i_new(struct bounce_slot, sets * BOUNCE_WAYS);
	return bounces;
}

void referral_bounces_destroy(struct referral_bounces **_bounces)
{
	struct referral_bounces *bounces = *_bounces;

	*_bounces = NULL;
	if (bounces == NULL)
		return;
	i_free(bounces->slots);
	i_free(bounces);
}

static struct bounce_slot *
bounce_set(const struct referral_bounces *bounces, uint32_t hash)
{
	return &bounces->slots[(hash & bounces->sets_mask) * BOUNCE_WAYS];
}

/* Is it less than secs seconds ago? The clock may have been set back. */
static bool
bounce_is_recent(const struct referral_bounces *bounces, uint32_t then,
		 time_t now)
{
	return then != 0 && (uint32_t)now - then < bounces->secs;
}

static uint32_t bounce_stamp(time_t now)
{
	return (uint32_t)now == 0 ? 1 : (uint32_t)now;
}

static struct bounce_slot *
bounce_find(const struct referral_bounces *bounces, uint32_t hash, time_t now)
{
	struct bounce_slot *slot = bounce_set(bounces, hash);
	unsigned int i;

	for (i = 0; i < BOUNCE_WAYS; i++, slot++) {
		if (slot->hash == hash &&
		    bounce_is_recent(bounces, slot->sent, now))
			return slot;
	}
	return NULL;
}

static struct bounce_slot *
bounce_get(struct referral_bounces *bounces, uint32_t hash, time_t now)
{
	struct bounce_slot *slot = bounce_find(bounces, hash, now);
	struct bounce_slot *oldest = bounce_set(bounces, hash);
	unsigned int i;

	if (slot != NULL)
		return slot;
	slot = oldest;
	for (i = 1; i < BOUNCE_WAYS; i++) {
		if ((uint32_t)now - slot[i].sent > (uint32_t)now - oldest->sent)
			oldest = &slot[i];
	}
	i_zero(oldest);
	oldest->hash = hash;
	return oldest;
}

enum referral_bounce
referral_bounces_get(const struct referral_bounces *bounces,
		     const struct referral_key *key, time_t now)
{
	const struct bounce_slot *slot;

	slot = bounce_find(bounces, key->hash, now);
	if (slot == NULL)
		return REFERRAL_BOUNCE_NONE;
	if (!slot->fresh || bounce_is_recent(bounces, slot->compared, now))
		return REFERRAL_BOUNCE_ASK;
	return REFERRAL_BOUNCE_COMPARE;
}

void referral_bounces_sent(struct referral_bounces *bounces,
			   const struct referral_key *key, time_t now,
			   enum referral_bounce_answer answer)
{
	struct bounce_slot *slot;

	slot = bounce_get(bounces, key->hash, now);
	slot->sent = bounce_stamp(now);
	slot->fresh = answer != REFERRAL_BOUNCE_ANSWER_KEPT;
	if (answer == REFERRAL_BOUNCE_ANSWER_COMPARED)
		slot->compared = bounce_stamp(now);
}

void referral_bounces_disagreed(struct referral_bounces *bounces,
				const struct referral_key *key, time_t now)
{
	struct bounce_slot *slot;

	slot = bounce_get(bounces, key->hash, now);
	slot->sent = bounce_stamp(now);
	slot->fresh = TRUE;
	slot->compared = 0;
}
