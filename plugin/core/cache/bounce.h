#ifndef REFERRAL_BOUNCE_H
#define REFERRAL_BOUNCE_H

/* Who has been sent to another server, and is here again already? Perhaps the
   other one has sent him back, since one of us has an old answer. No clock:
   the time is an argument. The memory is fixed: who is sent when it is full
   takes the place of the one who was sent the longest ago. */

struct referral_bounces;
struct referral_key;

/* What the answer was with which a user was sent elsewhere */
enum referral_bounce_answer {
	/* one that was kept */
	REFERRAL_BOUNCE_ANSWER_KEPT,
	/* of a server that was asked for this login */
	REFERRAL_BOUNCE_ANSWER_FRESH,
	/* all servers agreed */
	REFERRAL_BOUNCE_ANSWER_COMPARED,
};

/* How a user's answer is to be got */
enum referral_bounce {
	/* no matter how: not sent elsewhere lately */
	REFERRAL_BOUNCE_NONE,
	/* from a server: it was an old answer that has sent him elsewhere */
	REFERRAL_BOUNCE_ASK,
	/* from all servers: it was a fresh answer that has sent him elsewhere,
	   and they were not compared lately */
	REFERRAL_BOUNCE_COMPARE,
};

/* secs: how long a user is remembered; 0 = not at all */
struct referral_bounces *
referral_bounces_create(unsigned int secs, unsigned int max_users);
void referral_bounces_destroy(struct referral_bounces **bounces);

enum referral_bounce
referral_bounces_get(const struct referral_bounces *bounces,
		     const struct referral_key *key, time_t now);
void referral_bounces_sent(struct referral_bounces *bounces,
			   const struct referral_key *key, time_t now,
			   enum referral_bounce_answer answer);
/* The servers were compared and did not agree, so that the user was not sent:
   the next time they are compared again. */
void referral_bounces_disagreed(struct referral_bounces *bounces,
				const struct referral_key *key, time_t now);

#endif
