#ifndef REFERRAL_KICK_QUEUE_H
#define REFERRAL_KICK_QUEUE_H

/* Whose sessions are to be ended here: users are collected for a moment, ended
   in one run of a command, and looked at once more in a later one, since a
   login that was just under way may have become a session only then. One run
   at a time. Pure: time (any clock that never goes back, in milliseconds) is an
   argument. */

/* from the first user to the run that ends all who have come meanwhile */
#define REFERRAL_KICK_COLLECT_MSECS 100
/* from one run to the next, at least: a run starts a program */
#define REFERRAL_KICK_PAUSE_MSECS 400
/* from the end of a user's first run to the second */
#define REFERRAL_KICK_AGAIN_MSECS 1500
/* of one run: they are arguments of a command */
#define REFERRAL_KICK_RUN_USERS 1000
/* of all */
#define REFERRAL_KICK_MAX_USERS 50000

struct referral_kick_queue;

enum referral_kick_result {
	/* it will have its run */
	REFERRAL_KICK_QUEUED,
	/* too many wait already: this one is left alone */
	REFERRAL_KICK_FULL,
	/* The command can't be told such a name. */
	REFERRAL_KICK_BAD_NAME,
};

struct referral_kick_queue *referral_kick_queue_create(void);
void referral_kick_queue_destroy(struct referral_kick_queue **queue);

/* A user who waits for a run already is not added twice. One whose run is
   under way, or who waits for the second, gets a new first one. */
enum referral_kick_result
referral_kick_queue_add(struct referral_kick_queue *queue, const char *user,
			uint64_t now);
/* Returns TRUE and in how many milliseconds referral_kick_queue_run() is to be
   called; FALSE if nobody waits, or while a run is under way. */
bool referral_kick_queue_wait(const struct referral_kick_queue *queue,
			      uint64_t now, unsigned int *msecs_r);
/* Begin a run of all who are due. Returns their names, NULL-terminated, which
   are valid until the run is finished, and how many; 0 if nobody is due. Not
   to be called while a run is under way. */
const char *const *
referral_kick_queue_run(struct referral_kick_queue *queue, uint64_t now,
			unsigned int *count_r);
/* The run is over. failed: the command says that sessions may be left, of
   whomever. Returns how many users are given up, after their second failure,
   and in example_r the name of one of them (data stack). */
unsigned int
referral_kick_queue_finish(struct referral_kick_queue *queue, uint64_t now,
			   bool failed, const char **example_r);

#endif
