/* Draining: BYE with a referral in place of the greeting (RFC 2221 section
   4.2). */

#include "login-private.h"
#include "mailhost.h"
#include "drain-host.h"
#include "referral-fields.h"
#include "compat-login.h"
#include "compat-login-settings.h"
#include "ioloop.h"

#include <unistd.h>
#include <fcntl.h>

/* a host, a port, and room for white space */
#define REFERRAL_DRAIN_FILE_MAX_SIZE (REFERRAL_HOST_MAX_LEN + 64)
/* a process warns of users who are still here this often at most */
#define REFERRAL_DRAIN_WARN_SECS 60

/* The drain file as this process last saw it. Once a second is seldom enough
   to cost a busy process nothing. Not inotify: Linux gives a user 128 of these,
   and there may be more login processes than that. */
static struct {
	time_t read_at;
	bool exists;
	char text[REFERRAL_DRAIN_FILE_MAX_SIZE];
	/* NULL if there was none */
	char *error;
} drain_file;

/* Returns 1 if there is a file, 0 if not, -1 with errno. */
static int drain_file_read(char *text, size_t size)
{
	ssize_t ret;
	int fd;

	/* a fifo must not stop the login process */
	fd = open(REFERRAL_DRAIN_FILE, O_RDONLY | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	ret = read(fd, text, size - 1);
	i_close_fd(&fd);
	if (ret < 0)
		return -1;
	text[ret] = '\0';
	return 1;
}

static void drain_file_refresh(void)
{
	int ret;

	if (drain_file.read_at == ioloop_time)
		return;
	drain_file.read_at = ioloop_time;
	i_free(drain_file.error);
	ret = drain_file_read(drain_file.text, sizeof(drain_file.text));
	drain_file.exists = ret > 0;
	if (ret < 0) {
		drain_file.error = i_strdup_printf(
			"Reading "REFERRAL_DRAIN_FILE" failed: %m");
	}
}

/* Returns as referral_drain_host_get(). */
static int
drain_get_host(const struct referral_login_settings *set,
	       struct referral_host *host_r, const char **error_r)
{
	drain_file_refresh();
	if (drain_file.error != NULL) {
		*error_r = drain_file.error;
		return -1;
	}
	return referral_drain_host_get(
		drain_file.exists ? drain_file.text : NULL,
		set->referral_drain_host,
		referral_login_protocol == &referral_login_imap,
		host_r, error_r);
}

/* A busy server would say so for each connection. */
static void drain_log_error(struct client *client, const char *error)
{
	static char *logged = NULL;

	if (null_strcmp(logged, error) == 0)
		return;
	i_free(logged);
	logged = i_strdup(error);
	e_error(client->event, "referral: Can't drain this server: %s", error);
}

static void
drain_client(struct client *client, const struct referral_login_settings *set,
	     const struct referral_host *host)
{
	struct referral_login_target target;

	referral_login_target_get(client, set, NULL, host, &target);
	client_send_raw(client, referral_login_protocol->reply(client,
		REFERRAL_REPLY_BYE, target.url, target.text));
	referral_login_close(client, t_strdup_printf("Draining: referred to %s",
		referral_host_to_string(host, 0)));
}

static void
drain_trusted(struct client *client, const struct referral_host *host)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	rclient->drained_to =
		p_strdup(client->pool, referral_host_to_string(host, 0));
}

void referral_login_drain(struct client *client)
{
	const struct referral_login_settings *set;
	struct referral_host host;
	const char *error;
	int ret;

	if (referral_compat_login_settings_get(client->event, &set,
					       &error) < 0) {
		drain_log_error(client, error);
		return;
	}
	if ((ret = drain_get_host(set, &host, &error)) < 0)
		drain_log_error(client, error);
	else if (ret > 0 && referral_compat_client_is_trusted(client))
		drain_trusted(client, &host);
	else if (ret > 0)
		drain_client(client, set, &host);
	referral_compat_login_settings_free(&set);
}

void referral_login_drain_at_home(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);
	static time_t warned = 0;

	/* a busy server would say so for each login */
	if (rclient->drained_to == NULL ||
	    ioloop_time < warned + REFERRAL_DRAIN_WARN_SECS)
		return;
	warned = ioloop_time;
	e_warning(client->event, "referral: This server is being drained to "
		  "%s, but the user is still at home here: whoever follows is "
		  "sent back. Move users first, then drain.",
		  rclient->drained_to);
}

void referral_login_drain_deinit(void)
{
	i_free(drain_file.error);
}
