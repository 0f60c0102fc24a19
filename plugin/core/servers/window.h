#ifndef REFERRAL_WINDOW_H
#define REFERRAL_WINDOW_H

/* How many questions are under way at one server at a time: few enough that
   each is answered soon after it was sent, however slow the server is, and
   enough to keep it busy. What is more than that waits with us, where it can
   still be sent elsewhere. Pure. */

/* to begin with */
#define REFERRAL_WINDOW_START 2

struct referral_window {
	/* so many may be under way */
	unsigned int limit, max;
	/* an answer has to come within this */
	unsigned int timeout_msecs;
	/* how long the server needs with nothing else to do */
	bool have_base;
	unsigned int base_msecs;
	/* What was sent before this says nothing about the limit. */
	uint64_t shrunk_at;
};

void referral_window_init(struct referral_window *window, unsigned int max,
			  unsigned int timeout_msecs);
/* An answer has come to what was sent at sent_at. alone: nothing else was under
   way then; full: the limit was reached before this answer. */
void referral_window_answered(struct referral_window *window, uint64_t sent_at,
			      uint64_t now, bool alone, bool full);
/* The server says that it has too much to do. */
void referral_window_refused(struct referral_window *window, uint64_t now);

#endif
