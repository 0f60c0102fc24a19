#ifndef REFERRAL_SERVER_CHOICE_H
#define REFERRAL_SERVER_CHOICE_H

/* Which of several servers is asked, which one is connected to next and when,
   and when all of them are known to be dead. Pure: time (any clock that never
   goes back, in milliseconds) and randomness are arguments. */

/* between two tries at a server: 0.5 s after the first failure, doubled after
   each further one */
#define REFERRAL_SERVER_BACKOFF_MIN_MSECS 500
#define REFERRAL_SERVER_BACKOFF_MAX_MSECS (30*1000)
/* the same while users wait and no server works: somebody who looks must be
   seen to be back within a second */
#define REFERRAL_SERVER_BACKOFF_URGENT_MSECS 250
/* The same after refused credentials. Directories lock an account after so
   many wrong passwords within so many minutes, for an hour or for good, and
   some with the third: one more try soon, since the directory may just have
   been filled, then not within an hour. */
#define REFERRAL_SERVER_CREDENTIALS_FIRST_MSECS (60*1000)
#define REFERRAL_SERVER_CREDENTIALS_MSECS (60*60*1000)
/* A server that has just been working is given this long to come back, before
   it counts as dead: a restart. */
#define REFERRAL_SERVER_GRACE_MSECS 1000
/* How long others are preferred to a server that was too slow, or refused what
   others answered: doubled each time, unless it has been well for twice as
   long as the last time lasted (a minute at least). */
#define REFERRAL_SERVER_DEMOTION_MIN_MSECS 1000
#define REFERRAL_SERVER_DEMOTION_MAX_MSECS (5*60*1000)
#define REFERRAL_SERVER_WELL_MSECS (60*1000)

enum referral_server_state {
	REFERRAL_SERVER_IDLE,
	REFERRAL_SERVER_CONNECTING,
	REFERRAL_SERVER_READY,
};

enum referral_server_failure {
	/* network, protocol, time: anything that may be over soon */
	REFERRAL_SERVER_UNREACHABLE,
	/* it is there, but not as configured (certificate, StartTLS): never
	   tried more often than the backoff says */
	REFERRAL_SERVER_UNUSABLE,
	/* It refused our credentials: tried rarely, and only when somebody
	   waits, since each try may count towards locking the account. */
	REFERRAL_SERVER_CREDENTIALS,
};

/* One server, or one address of it. Fields are read by anyone, changed by the
   functions below. Start with zeroes, a rank and a bit. */
struct referral_server {
	/* 0 is the most preferred; addresses of one server have the same */
	unsigned int rank;
	/* What stands for it in a set of servers, never 0. Two connections to
	   one address have the same. */
	uint64_t bit;

	enum referral_server_state state;
	/* _READY, but an answer is overdue: others are tried meanwhile */
	bool suspect;
	/* in a row, without an answer in between */
	unsigned int failures;
	enum referral_server_failure failure;
	/* _CONNECTING: since when */
	uint64_t connecting_since;
	/* failures > 0: when it may be tried again, also with urgency */
	uint64_t retry_at, urgent_retry_at;
	/* Our binds that it refused, on whatever connection, since one that it
	   took; and when the next may be tried, whatever else happens. */
	unsigned int bind_refusals;
	uint64_t bind_at;

	/* it broke and has given no answer since */
	bool broke;
	/* not known to be dead before this */
	uint64_t grace_until;

	/* Others are preferred until it has answered something again, which
	   it is given to answer from trial_at on. */
	bool demoted, on_trial;
	uint64_t trial_at;
	/* how long the last time was to last; when it was over */
	unsigned int demotion_msecs;
	uint64_t promoted_at;
};

struct referral_server_demand {
	/* somebody waits for a connection */
	bool wanted;
	/* somebody has asked in the last seconds */
	bool urgent;
	/* how long a server has to become ready before the next one is tried
	   as well */
	unsigned int stagger_msecs;
	/* bits of those that have refused to answer: choose as if they were not
	   there */
	uint64_t refused;
};

struct referral_server_choice {
	/* index of the server to ask, -1 if there is none. It may be a suspect
	   one, if there is no other. */
	int active;
	/* index of the server to connect to now, -1 if there is none. After
	   referral_server_connecting() for it, choose again. */
	int connect;
	/* index of a demoted server that may be given a copy of a question now,
	   -1 if there is none */
	int trial;
	/* Every server has failed, and none is to be tried right now or is not
	   silent again: who asks now is told so at once. */
	bool all_dead;
	/* Some connection is being made: who waits already may hope. */
	bool trying;
	/* Choose again after this long, even if nothing happens; UINT_MAX if
	   that would change nothing. */
	unsigned int wait_msecs;
};

void referral_server_connecting(struct referral_server *server, uint64_t now);
/* Connected and authenticated. The failures are forgotten at the first answer
   only: a server that accepts connections and answers nothing has to meet the
   backoff, and nobody is to wait for it while another one answers. */
void referral_server_ready(struct referral_server *server, uint64_t now);
void referral_server_answered(struct referral_server *server, uint64_t now);
/* It said that it cannot answer, which another one could, or that it is too
   busy to answer anything. random: any number, for the jitter. */
void referral_server_refused(struct referral_server *server, uint64_t now,
			     uint32_t random);
/* An answer is overdue. */
void referral_server_suspect(struct referral_server *server, uint64_t now,
			     uint32_t random);
/* It is given the question of choice.trial. */
void referral_server_try(struct referral_server *server);
/* We, or a server with nothing to do for us, closed the connection. */
void referral_server_closed(struct referral_server *server);
/* A connection that was ready broke. The server is tried again at once; if that
   breaks before the first answer, it has failed. */
void referral_server_broke(struct referral_server *server, uint64_t now,
			   uint32_t random);
void referral_server_failed(struct referral_server *server, uint64_t now,
			    enum referral_server_failure failure,
			    uint32_t random);
/* A bind on another connection than the one that is counted here was refused:
   that one stays as it is. */
void referral_server_bind_refused(struct referral_server *server,
				  uint64_t now, uint32_t random);
void referral_server_bind_accepted(struct referral_server *server);

void referral_servers_choose(struct referral_server *const *servers,
			     unsigned int count, uint64_t now,
			     const struct referral_server_demand *demand,
			     struct referral_server_choice *choice_r);

#endif
