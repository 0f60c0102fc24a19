/* Dovecot 2.4: anvil knows all sessions, and how to end most of them. */

#include "lib.h"
#include "array.h"
#include "istream.h"
#include "str.h"
#include "strescape.h"
#include "compat-sessions-private.h"

#define ANVIL_HELLO "VERSION\tanvil-client\t2\t0\n\n"
#define ANVIL_VERSION "VERSION\tanvil-server\t2\t"

static int
anvil_ask(const char *base_dir, const char *question, struct istream **input_r,
	  const char **error_r)
{
	const char *line;

	if (referral_sessions_ask(base_dir, "anvil",
			t_strconcat(ANVIL_HELLO, question, "\n", NULL),
			input_r, error_r) < 0)
		return -1;
	line = referral_sessions_read(*input_r, error_r);
	if (line != NULL &&
	    strncmp(line, ANVIL_VERSION, strlen(ANVIL_VERSION)) == 0)
		return 0;
	if (line != NULL)
		*error_r = "anvil speaks another version";
	i_stream_destroy(input_r);
	return -1;
}

/* pid, user, service, ip, GUID, destination, more names of the user */
static int
anvil_parse_line(pool_t pool, const char *line,
		 struct referral_session *session_r)
{
	const char *const *words = t_strsplit_tabescaped(line);

	i_zero(session_r);
	if (str_array_length(words) < 6 ||
	    str_to_pid(words[0], &session_r->pid) < 0)
		return -1;
	session_r->user = p_strdup(pool, words[1]);
	session_r->protocol = referral_session_protocol(words[2]);
	session_r->count = 1;
	(void)net_addr2ip(words[3], &session_r->client_ip);
	if (guid_128_from_string(words[4], session_r->guid) < 0)
		return -1;
	session_r->proxied = net_addr2ip(words[5], &session_r->dest_ip) == 0;
	return 0;
}

int referral_compat_sessions_get(const char *base_dir, pool_t pool,
				 ARRAY_TYPE(referral_session) *sessions_r,
				 const char **error_r)
{
	struct referral_session session;
	struct istream *input;
	const char *line;
	int ret = 1;

	p_array_init(sessions_r, pool, 128);
	if (anvil_ask(base_dir, "CONNECT-DUMP", &input, error_r) < 0)
		return -1;
	/* the names of what comes after the six */
	if (referral_sessions_read(input, error_r) == NULL)
		ret = -1;
	while (ret > 0) {
		line = referral_sessions_read(input, error_r);
		if (line == NULL)
			ret = -1;
		else if (*line == '\0')
			ret = 0;
		else T_BEGIN {
			if (anvil_parse_line(pool, line, &session) == 0 &&
			    session.protocol != NULL)
				array_push_back(sessions_r, &session);
		} T_END;
	}
	i_stream_destroy(&input);
	return ret;
}

static int
anvil_kick(const char *base_dir, const struct referral_session *session,
	   const char **error_r)
{
	string_t *question = t_str_new(128);
	struct istream *input;
	int ret;

	str_append(question, "KICK-USER\t");
	str_append_tabescaped(question, session->user);
	if (!guid_128_is_empty(session->guid)) {
		str_append_c(question, '\t');
		str_append(question, guid_128_to_string(session->guid));
	}
	if (anvil_ask(base_dir, str_c(question), &input, error_r) < 0)
		return -1;
	/* Its count is not to be believed: whoever asked looks again. */
	ret = referral_sessions_read(input, error_r) == NULL ? -1 : 0;
	i_stream_destroy(&input);
	return ret;
}

static bool session_is_in_login_process(const struct referral_session *session)
{
	const char *name = referral_session_process(session->pid);
	const char *suffix = "-login";

	return strlen(name) > strlen(suffix) &&
		strcmp(name + strlen(name) - strlen(suffix), suffix) == 0;
}

int referral_compat_session_end(const char *base_dir,
				const struct referral_session *session,
				bool alone, bool retry, const char **error_r)
{
	/* 2.4.1 does not tell login processes that serve one client each
	   (service_count = 1). */
	if (retry && session->proxied && alone &&
	    session_is_in_login_process(session))
		return referral_session_terminate(session->pid, error_r);
	return anvil_kick(base_dir, session, error_r);
}
