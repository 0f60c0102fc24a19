/* Questions under way: see window.h */

#include "lib.h"
#include "window.h"

void referral_window_init(struct referral_window *window, unsigned int max,
			  unsigned int timeout_msecs)
{
	i_zero(window);
	window->limit = I_MIN(REFERRAL_WINDOW_START, max);
	window->max = max;
	window->timeout_msecs = timeout_msecs;
}

/* How long answers may take longer than they have to: a quarter of the time
   there is, less where the server is slow by itself. */
static unsigned int window_get_spare(const struct referral_window *window)
{
	if (window->base_msecs >= window->timeout_msecs)
		return 0;
	return I_MIN(window->timeout_msecs / 4,
		     (window->timeout_msecs - window->base_msecs) / 2);
}

static void
window_shrink(struct referral_window *window, unsigned int limit, uint64_t now)
{
	window->limit = I_MAX(limit, 1);
	window->shrunk_at = now;
}

void referral_window_answered(struct referral_window *window, uint64_t sent_at,
			      uint64_t now, bool alone, bool full)
{
	unsigned int msecs = I_MIN(now - sent_at, INT_MAX), spare, good_msecs;

	if (!window->have_base || alone || msecs < window->base_msecs) {
		window->have_base = TRUE;
		window->base_msecs = msecs;
	}
	if (sent_at < window->shrunk_at)
		return;
	spare = window_get_spare(window);
	good_msecs = window->base_msecs + spare;
	if (msecs > good_msecs) {
		window_shrink(window, (uint64_t)window->limit * good_msecs /
			      msecs, now);
	} else if (full && (!alone || window->limit == 1) &&
		   msecs <= window->base_msecs + spare / 2 &&
		   window->limit < window->max) {
		/* One that had the server to itself tells nothing of two. */
		window->limit++;
	}
}

void referral_window_refused(struct referral_window *window, uint64_t now)
{
	window_shrink(window, window->limit / 2, now);
}
