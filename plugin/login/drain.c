/* Draining: BYE with a referral in place of the greeting (RFC 2221 section
   4.2). */

#include "login-private.h"
#include "mailhost.h"
#include "text.h"
#include "referral-fields.h"
#include "compat-login.h"
#include "compat-login-settings.h"

#include <unistd.h>
#include <fcntl.h>

/* a host, a port, and room for white space */
#define REFERRAL_DRAIN_FILE_MAX_SIZE (REFERRAL_HOST_MAX_LEN + 64)

/* Returns 1 and the file's first line, 0 if there is no file. */
static int drain_file_read(const char **line_r, const char **error_r)
{
	char buf[REFERRAL_DRAIN_FILE_MAX_SIZE];
	ssize_t ret;
	int fd;

	/* a fifo must not stop the login process */
	fd = open(REFERRAL_DRAIN_FILE, O_RDONLY | O_NONBLOCK);
	if (fd == -1) {
		if (errno == ENOENT)
			return 0;
		*error_r = t_strdup_printf("open("REFERRAL_DRAIN_FILE") "
					   "failed: %m");
		return -1;
	}
	ret = read(fd, buf, sizeof(buf));
	if (ret < 0)
		*error_r = t_strdup_printf("read("REFERRAL_DRAIN_FILE") "
					   "failed: %m");
	i_close_fd(&fd);
	if (ret < 0)
		return -1;
	*line_r = t_str_trim(t_strcut(t_strndup(buf, ret), '\n'), " \t\r");
	return 1;
}

/* Returns 1 if new clients are sent to host_r, 0 if they are served here. */
static int
drain_get_host(const struct referral_login_settings *set,
	       struct referral_host *host_r, const char **error_r)
{
	const char *error, *value = "", *source = REFERRAL_DRAIN_FILE;
	int ret;

	if ((ret = drain_file_read(&value, error_r)) < 0)
		return -1;
	if (*value == '\0') {
		value = set->referral_drain_host;
		source = "referral_drain_host";
		if (*value == '\0' && ret == 0)
			return 0;
		if (*value == '\0') {
			*error_r = REFERRAL_DRAIN_FILE" names no host, "
				"and referral_drain_host is empty";
			return -1;
		}
		ret = 0;
	}
	if (referral_mailhost_parse(pool_datastack_create(), value, host_r,
				    &error) < 0) {
		*error_r = t_strdup_printf("%s: Invalid host %s: %s", source,
			referral_mailhost_sanitize(value), error);
		return -1;
	}
	/* one file for all protocols: its port is IMAP's */
	if (ret > 0 && referral_login_protocol != &referral_login_imap)
		host_r->port = 0;
	return 1;
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
	const char *url = referral_login_url(client, set, NULL, host);
	const char *text = referral_text_expand(set->referral_text, "",
						host->name);

	client_send_raw(client, referral_login_protocol->reply(client,
		REFERRAL_REPLY_BYE, url, text));
	referral_login_close(client, t_strdup_printf("Draining: referred to %s",
		referral_host_to_string(host, 0)));
}

bool referral_login_drain(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);
	const struct referral_login_settings *set;
	struct referral_host host;
	const char *error;
	int ret;

	/* a proxy takes a BYE for a broken server */
	if (rclient->close_reason != NULL ||
	    referral_compat_client_is_trusted(client))
		return rclient->close_reason != NULL;
	if (referral_compat_login_settings_get(client->event, &set,
					       &error) < 0) {
		drain_log_error(client, error);
		return FALSE;
	}
	if ((ret = drain_get_host(set, &host, &error)) < 0)
		drain_log_error(client, error);
	else if (ret > 0)
		drain_client(client, set, &host);
	referral_compat_login_settings_free(&set);
	return ret > 0;
}

void referral_login_notify_auth_ready(struct client *client)
{
	struct referral_login_client *rclient = REFERRAL_LOGIN_CONTEXT(client);

	if (referral_login_drain(client))
		return;
	if (referral_compat_client_is_trusted(client)) {
		client_add_forward_field(client, REFERRAL_FORWARD_TRUSTED,
					 "yes");
	}
	rclient->module_ctx.super.notify_auth_ready(client);
}
