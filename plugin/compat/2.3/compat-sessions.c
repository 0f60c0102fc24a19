/* Dovecot 2.3: anvil knows the sessions of mail processes, without being able
   to end them; the login processes know those that they proxy. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "strescape.h"
#include "compat-sessions-private.h"

#define ANVIL_QUESTION "VERSION\tanvil\t1\t0\nCONNECT-DUMP\n"
#define PROXY_QUESTION "proxy\t*\t"

/* "service/ip/user" or "service/user"; a user's name may hold anything. */
static bool
anvil_parse_ident(pool_t pool, const char *ident,
		  struct referral_session *session_r)
{
	const char *user = strchr(ident, '/'), *end;

	if (user == NULL)
		return FALSE;
	session_r->protocol =
		referral_session_protocol(t_strdup_until(ident, user));
	user++;
	end = strchr(user, '/');
	if (end != NULL && net_addr2ip(t_strdup_until(user, end),
				       &session_r->client_ip) == 0)
		user = end + 1;
	session_r->user = p_strdup(pool, user);
	return TRUE;
}

static int
anvil_parse_line(pool_t pool, const char *line,
		 struct referral_session *session_r)
{
	const char *const *words = t_strsplit_tabescaped(line);

	i_zero(session_r);
	if (str_array_length(words) < 3 ||
	    !anvil_parse_ident(pool, words[0], session_r) ||
	    str_to_pid(words[1], &session_r->pid) < 0 ||
	    str_to_uint(words[2], &session_r->count) < 0)
		return -1;
	return 0;
}

static int
sessions_get_local(const char *base_dir, pool_t pool,
		   ARRAY_TYPE(referral_session) *sessions,
		   const char **error_r)
{
	struct referral_session session;
	struct istream *input;
	const char *line;
	int ret = 1;

	if (referral_sessions_ask(base_dir, "anvil", ANVIL_QUESTION,
				  &input, error_r) < 0)
		return -1;
	while (ret > 0) {
		line = referral_sessions_read(input, error_r);
		if (line == NULL)
			ret = -1;
		else if (*line == '\0')
			ret = 0;
		else T_BEGIN {
			/* what it can't read was made by others */
			if (anvil_parse_line(pool, line, &session) == 0 &&
			    session.protocol != NULL)
				array_push_back(sessions, &session);
		} T_END;
	}
	i_stream_destroy(&input);
	return ret;
}

/* The header says what the columns are: a site may have more of them. */
static const char *
proxy_value(const char *const *header, const char *const *row, const char *key)
{
	for (; *header != NULL && *row != NULL; header++, row++) {
		if (strcmp(*header, key) == 0)
			return *row;
	}
	return "";
}

static void
proxy_parse_row(pool_t pool, const char *const *header,
		const char *const *row, ARRAY_TYPE(referral_session) *sessions)
{
	struct referral_session session;

	i_zero(&session);
	session.protocol =
		referral_session_protocol(proxy_value(header, row, "service"));
	if (session.protocol == NULL)
		return;
	session.user = p_strdup(pool, proxy_value(header, row, "username"));
	session.proxied = TRUE;
	session.count = 1;
	(void)net_addr2ip(proxy_value(header, row, "src-ip"),
			  &session.client_ip);
	(void)net_addr2ip(proxy_value(header, row, "dest-ip"),
			  &session.dest_ip);
	array_push_back(sessions, &session);
}

/* ":" begins a line of the answer, "+" or "-" the last one. */
static int
sessions_get_proxied(const char *base_dir, pool_t pool,
		     ARRAY_TYPE(referral_session) *sessions,
		     const char **error_r)
{
	const char *const *header = NULL;
	struct istream *input;
	const char *line;
	int ret = 1;

	if (referral_sessions_ask(base_dir, "ipc", PROXY_QUESTION"LIST-FULL\n",
				  &input, error_r) < 0)
		return -1;
	while (ret > 0) {
		line = referral_sessions_read(input, error_r);
		if (line == NULL)
			ret = -1;
		else if (*line != ':')
			/* "-" is said where no login process is there */
			ret = 0;
		else if (header == NULL)
			header = (void *)p_strsplit_tabescaped(pool, line + 1);
		else T_BEGIN {
			proxy_parse_row(pool, header,
					t_strsplit_tabescaped(line + 1),
					sessions);
		} T_END;
	}
	i_stream_destroy(&input);
	return ret;
}

int referral_compat_sessions_get(const char *base_dir, pool_t pool,
				 ARRAY_TYPE(referral_session) *sessions_r,
				 const char **error_r)
{
	p_array_init(sessions_r, pool, 128);
	if (sessions_get_local(base_dir, pool, sessions_r, error_r) < 0 ||
	    sessions_get_proxied(base_dir, pool, sessions_r, error_r) < 0)
		return -1;
	return 0;
}

/* All of the user's proxied sessions, wherever they go: those that were right
   come back. */
static int
session_end_proxied(const char *base_dir,
		    const struct referral_session *session,
		    const char **error_r)
{
	string_t *question = t_str_new(128);
	struct istream *input;
	const char *line;
	int ret = 0;

	str_append(question, PROXY_QUESTION"KICK\t");
	str_append_tabescaped(question, session->user);
	str_append_c(question, '\n');
	if (referral_sessions_ask(base_dir, "ipc", str_c(question),
				  &input, error_r) < 0)
		return -1;
	line = referral_sessions_read(input, error_r);
	if (line == NULL)
		ret = -1;
	else if (*line == '-') {
		*error_r = t_strdup_printf("the login process says: %s",
					   line + 1);
		ret = -1;
	}
	i_stream_destroy(&input);
	return ret;
}

int referral_compat_session_end(const char *base_dir,
				const struct referral_session *session,
				bool alone, bool retry, const char **error_r)
{
	if (session->proxied) {
		/* A login that is still on its way looks the same, and would
		   be closed without a reply: a moment later it is a session,
		   or over. */
		return retry ? session_end_proxied(base_dir, session,
						   error_r) : 0;
	}
	if (strcmp(referral_session_process(session->pid),
		   "imap-hibernate") == 0) {
		*error_r = "it is hibernated, in one process with those of "
			"others: try again when its client says something, or "
			"when new mail has woken it";
		return -1;
	}
	if (!alone) {
		*error_r = "its process serves other users, too";
		return -1;
	}
	return referral_session_terminate(session->pid, error_r);
}
