/* Ends the sessions of users who have moved away. */

#include "auth-common.h"
#include "ioloop.h"
#include "str-sanitize.h"
#include "time-util.h"
#include "program-client.h"
#include "kick-queue.h"
#include "mailhost.h"
#include "lookup.h"
#include "referral-settings.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-directories.h"
#include "auth-kick.h"

#include <sys/stat.h>

/* A run takes some 100 ms; nothing waits for it but the next one. */
#define KICK_TIMEOUT_MSECS (30*1000)
#define KICK_LOG_USER_LEN 128

static struct referral_auth_config *kick_config;
static struct referral_kick_queue *kick_queue;
static struct timeout *kick_to;

/* the run under way */
static struct program_client *kick_program;
static struct event *kick_event;
static enum program_client_exit_status kick_status;
static unsigned int kick_users;
static uint64_t kick_began;

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
	e_debug(e->event(), "Sessions of %u users ended in %"PRIu64" ms%s",
		kick_users, kick_now() - kick_began, failed ? ": failed" : "");
	event_unref(&kick_event);
	if (left > 0) {
		e_warning(kick_config->event, "Sessions of %u users may be "
			  "left here, though they have moved away "
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
	kick_users = count;
	kick_began = kick_now();
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

static void
kick_user(const char *user, const char *verb, const char *const *hosts)
{
	const char *what = t_strdup_printf("%s %s %s",
		str_sanitize(user, KICK_LOG_USER_LEN), verb,
		referral_mailhost_sanitize(hosts[0]));

	switch (referral_kick_queue_add(kick_queue, user, kick_now())) {
	case REFERRAL_KICK_QUEUED:
		e_info(kick_config->event, "%s: sessions that don't belong "
		       "here any more are ended", what);
		break;
	case REFERRAL_KICK_FULL:
		e_warning(kick_config->event, "%s, but the sessions here go "
			  "on: too many users have moved at once", what);
		break;
	case REFERRAL_KICK_BAD_NAME:
		e_warning(kick_config->event, "%s, but the sessions here go "
			  "on: the command that ends them can't be told such "
			  "a name", what);
		break;
	}
	/* a run under way has its own timer */
	if (kick_program == NULL)
		kick_schedule();
}

static bool
kick_hosts_equal(const char *const *hosts1, const char *const *hosts2)
{
	while (*hosts1 != NULL && null_strcmp(*hosts1, *hosts2) == 0) {
		hosts1++;
		hosts2++;
	}
	return *hosts1 == *hosts2;
}

/* How a user's new home is told of; NULL if nobody moved. An entry that is new
   may have taken the place of one that had a home here. */
static const char *
kick_get_verb(const struct referral_lookup_result *before,
	      const struct referral_lookup_result *after)
{
	if (after->status != REFERRAL_LOOKUP_HOSTS)
		return NULL;
	switch (before->status) {
	case REFERRAL_LOOKUP_HOSTS:
		return kick_hosts_equal(before->mailhosts, after->mailhosts) ?
			NULL : "has moved to";
	case REFERRAL_LOOKUP_NO_ENTRY:
	case REFERRAL_LOOKUP_NO_VALUE:
		return "has a home now,";
	default:
		return NULL;
	}
}

/* Whether a session belongs here is not for us to say: the command asks that
   for each of them, as if it began now. */
static void
kick_answer_changed(const char *user,
		    const struct referral_lookup_result *before,
		    const struct referral_lookup_result *after,
		    void *context ATTR_UNUSED)
{
	const char *verb = kick_get_verb(before, after);

	if (verb != NULL &&
	    !kick_config->others->set->referral_dry_run) T_BEGIN {
		kick_user(user, verb, after->mailhosts);
	} T_END;
}

static void kick_set_changed(referral_lookup_changed_t *callback)
{
	const struct referral_auth_directories *directories =
		kick_config->directories;
	unsigned int i, count = referral_auth_directories_count(directories);
	struct referral_lookup *lookup;
	const char *name;

	for (i = 0; i < count; i++) {
		lookup = referral_auth_directories_get(directories, i, &name);
		if (lookup != NULL)
			referral_lookup_set_changed(lookup, callback, NULL);
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
	timeout_remove(&kick_to);
	if (kick_program != NULL)
		program_client_destroy(&kick_program);
	event_unref(&kick_event);
	referral_kick_queue_destroy(&kick_queue);
	kick_config = NULL;
}
