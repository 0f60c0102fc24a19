/* Ends the sessions of users who have moved away. */

#include "auth-common.h"
#include "ioloop.h"
#include "llist.h"
#include "str.h"
#include "str-sanitize.h"
#include "strescape.h"
#include "time-util.h"
#include "program-client.h"
#include "kick-queue.h"
#include "policy.h"
#include "lookup.h"
#include "resolve.h"
#include "referral-settings.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-directories.h"
#include "auth-query.h"
#include "auth-kick.h"

#include <sys/stat.h>

/* A run takes some 100 ms; nothing waits for it but the next one. */
#define KICK_TIMEOUT_MSECS (30*1000)
/* whose moves are being looked at: they wait for DNS, at most a second */
#define KICK_MAX_MOVES 10000
#define KICK_LOG_USER_LEN 128

/* One of the two answers about a user. */
struct kick_answer {
	struct referral_lookup_result lookup;
	const struct ip_addr *ips;
	unsigned int ips_count;
};

/* An answer that is not what it was. */
struct kick_move {
	struct kick_move *prev, *next;
	pool_t pool;
	const char *user;
	struct kick_answer before, after;
	/* the addresses asked for, and whose */
	struct referral_resolve_request *resolve;
	struct kick_answer *resolving;
};

static struct referral_auth_config *kick_config;
static struct referral_kick_queue *kick_queue;
static struct timeout *kick_to;
static struct kick_move *kick_moves;
static unsigned int kick_moves_count;

/* the run under way */
static struct program_client *kick_program;
static struct event *kick_event;
static enum program_client_exit_status kick_status;

static void kick_schedule(void);

static uint64_t kick_now(void)
{
	return i_nanoseconds() / 1000000;
}

static void kick_finish(void *context ATTR_UNUSED)
{
	bool failed = kick_status != PROGRAM_CLIENT_EXIT_STATUS_SUCCESS;
	unsigned int left;
	const char *example;

	timeout_remove(&kick_to);
	program_client_destroy(&kick_program);
	left = referral_kick_queue_finish(kick_queue, kick_now(), failed,
					  &example);
	struct event_passthrough *e = event_create_passthrough(kick_event)->
		set_name("login_referral_kick_finished")->
		add_int("left", left);
	if (failed)
		e->add_str("error", "failed");
	e_debug(e->event(), "Sessions ended%s", failed ? ": failed" : "");
	event_unref(&kick_event);
	if (left > 0) {
		e_warning(kick_config->event, "Sessions of %u users may be "
			  "left here, though they are at home elsewhere "
			  "(one of them: %s): see what service "
			  REFERRAL_AUTH_KICK_SOCKET" has logged", left,
			  str_sanitize(example, KICK_LOG_USER_LEN));
	}
	kick_schedule();
}

/* possibly from inside program_client_run_async() */
static void kick_finished(enum program_client_exit_status status,
			  void *context ATTR_UNUSED)
{
	kick_status = status;
	kick_to = timeout_add_short(0, kick_finish, (void *)NULL);
}

static void kick_run(void *context ATTR_UNUSED)
{
	const char *const *users, **args;
	unsigned int count;

	timeout_remove(&kick_to);
	users = referral_kick_queue_run(kick_queue, kick_now(), &count);
	if (count == 0) {
		kick_schedule();
		return;
	}
	/* a user's name may begin with "-" */
	args = t_new(const char *, count + 2);
	args[0] = "--";
	memcpy(args + 1, users, count * sizeof(*args));
	kick_event = event_create(kick_config->event);
	event_add_int(kick_event, "users", count);
	kick_program = referral_compat_program_create(kick_event,
		REFERRAL_AUTH_KICK_SOCKET, args, KICK_TIMEOUT_MSECS);
	program_client_run_async(kick_program, kick_finished, (void *)NULL);
}

static void kick_schedule(void)
{
	unsigned int msecs;

	timeout_remove(&kick_to);
	if (referral_kick_queue_wait(kick_queue, kick_now(), &msecs))
		kick_to = timeout_add_short(msecs, kick_run, (void *)NULL);
}

static void kick_user(const char *user)
{
	const char *name = str_sanitize(user, KICK_LOG_USER_LEN);

	switch (referral_kick_queue_add(kick_queue, user, kick_now())) {
	case REFERRAL_KICK_QUEUED:
		e_info(kick_config->event, "%s is at home elsewhere now: "
		       "ending the sessions here", name);
		break;
	case REFERRAL_KICK_FULL:
		e_warning(kick_config->event, "%s is at home elsewhere now, "
			  "but the sessions here go on: too many users have "
			  "moved at once", name);
		break;
	case REFERRAL_KICK_BAD_NAME:
		e_warning(kick_config->event, "%s is at home elsewhere now, "
			  "but the sessions here go on: the command that ends "
			  "them can't be told such a name", name);
		break;
	}
	/* a run under way has its own timer */
	if (kick_program == NULL)
		kick_schedule();
}

static void
kick_input_init(const struct kick_answer *answer,
		struct referral_policy_input *input_r)
{
	i_zero(input_r);
	input_r->lookup = &answer->lookup;
	input_r->home_ips = answer->ips;
	input_r->home_ips_count = answer->ips_count;
	input_r->can_proxy = TRUE;
}

/* Sessions are told apart by their users only: no protocol may have a reason
   to keep them. */
static bool kick_move_is_away(const struct kick_move *move)
{
	struct referral_auth_protocol *protocol;
	struct referral_policy_input before, after;

	kick_input_init(&move->before, &before);
	kick_input_init(&move->after, &after);
	if (kick_config->others->set->referral_dry_run ||
	    !referral_policy_has_left(kick_config->others->policy, move->pool,
				      &before, &after))
		return FALSE;
	array_foreach_elem(&kick_config->protocols, protocol) {
		if (protocol->set->referral_dry_run ||
		    !referral_policy_has_left(protocol->policy, move->pool,
					      &before, &after))
			return FALSE;
	}
	return TRUE;
}

static void kick_move_free(struct kick_move *move)
{
	if (move->resolve != NULL)
		referral_resolve_cancel(&move->resolve);
	DLLIST_REMOVE(&kick_moves, move);
	kick_moves_count--;
	pool_unref(&move->pool);
}

static void
kick_answer_set_ips(struct kick_move *move, struct kick_answer *answer,
		    const struct ip_addr *ips, unsigned int ips_count)
{
	/* a name that can't be resolved has none: it is not us */
	if (ips_count == 0)
		return;
	answer->ips = p_memdup(move->pool, ips, sizeof(*ips) * ips_count);
	answer->ips_count = ips_count;
}

static void kick_move_resolve(struct kick_move *move);

static void
kick_move_resolved(const struct ip_addr *ips, unsigned int ips_count,
		   const char *error ATTR_UNUSED, void *context)
{
	struct kick_move *move = context;

	move->resolve = NULL;
	kick_answer_set_ips(move, move->resolving, ips, ips_count);
	kick_move_resolve(move);
}

/* Returns TRUE if there is something to wait for. */
static bool
kick_answer_resolve(struct kick_move *move, struct kick_answer *answer)
{
	struct referral_policy_input input;
	struct referral_host host;
	const struct ip_addr *ips;
	unsigned int ips_count;

	kick_input_init(answer, &input);
	if (!referral_policy_first_foreign(kick_config->others->policy,
					   move->pool, &input, &host))
		return FALSE;
	if (referral_resolve_cached(kick_config->resolver, host.name,
				    &ips, &ips_count)) {
		kick_answer_set_ips(move, answer, ips, ips_count);
		return FALSE;
	}
	move->resolving = answer;
	move->resolve = referral_resolve_start(kick_config->resolver,
					       host.name, kick_move_resolved,
					       move);
	return TRUE;
}

static void kick_move_resolve(struct kick_move *move)
{
	/* one after the other: resolving is NULL, before, after */
	if (move->resolving == NULL &&
	    kick_answer_resolve(move, &move->before))
		return;
	if (move->resolving != &move->after &&
	    kick_answer_resolve(move, &move->after))
		return;
	T_BEGIN {
		if (kick_move_is_away(move))
			kick_user(move->user);
	} T_END;
	kick_move_free(move);
}

static void
kick_answer_changed(const char *user,
		    const struct referral_lookup_result *before,
		    const struct referral_lookup_result *after,
		    void *context ATTR_UNUSED)
{
	struct kick_move *move;
	pool_t pool;

	if (before->status != REFERRAL_LOOKUP_HOSTS ||
	    after->status != REFERRAL_LOOKUP_HOSTS ||
	    kick_moves_count >= KICK_MAX_MOVES)
		return;
	pool = pool_alloconly_create("referral kick", 512);
	move = p_new(pool, struct kick_move, 1);
	move->pool = pool;
	move->user = p_strdup(pool, user);
	referral_auth_lookup_result_dup(pool, before, &move->before.lookup);
	referral_auth_lookup_result_dup(pool, after, &move->after.lookup);
	DLLIST_PREPEND(&kick_moves, move);
	kick_moves_count++;
	kick_move_resolve(move);
}

static void kick_set_changed(referral_lookup_changed_t *callback)
{
	const struct referral_auth_directories *directories =
		kick_config->directories;
	unsigned int i, count = referral_auth_directories_count(directories);
	const char *name;

	for (i = 0; i < count; i++) {
		referral_lookup_set_changed(
			referral_auth_directories_get(directories, i, &name),
			callback, NULL);
	}
}

void referral_auth_kick_init(struct referral_auth_config *config)
{
	struct stat st;

	if (stat(REFERRAL_AUTH_KICK_SOCKET, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	kick_config = config;
	kick_queue = referral_kick_queue_create();
	kick_set_changed(kick_answer_changed);
}

void referral_auth_kick_deinit(void)
{
	if (kick_config == NULL)
		return;
	kick_set_changed(NULL);
	while (kick_moves != NULL)
		kick_move_free(kick_moves);
	timeout_remove(&kick_to);
	if (kick_program != NULL)
		program_client_destroy(&kick_program);
	event_unref(&kick_event);
	referral_kick_queue_destroy(&kick_queue);
	kick_config = NULL;
}
