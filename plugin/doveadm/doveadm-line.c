/* Asks the auth process. */

#include "lib.h"
#include "istream.h"
#include "net.h"
#include "str.h"
#include "str-sanitize.h"
#include "strescape.h"
#include "write-full.h"
#include "doveadm.h"
#include "args.h"
#include "referral-line.h"
#include "compat-doveadm.h"
#include "doveadm-line.h"

#include <sys/socket.h>

/* Above the longest login, so that a stopped auth process is noticed. */
#define LINE_TIMEOUT_SECS 160
/* An answer is longer than its question by the directory's values. */
#define LINE_MAX_ANSWER (64*1024)

struct referral_line {
	struct doveadm_cmd_context *cctx;
	char *path;
	int fd;
	struct istream *input;
	unsigned int last_id;
};

static void ATTR_FORMAT(2, 3)
line_error(struct referral_line *line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	referral_compat_doveadm_error(line->cctx, "%s: %s", line->path,
				      t_strdup_vprintf(fmt, args));
	va_end(args);
	doveadm_exit_code = EX_TEMPFAIL;
}

/* Returns NULL after an error. */
static const char *line_read(struct referral_line *line)
{
	const char *str = i_stream_read_next_line(line->input);

	if (str != NULL)
		return str;
	if (line->input->stream_errno == EAGAIN) {
		line_error(line, "the auth process has not answered for %d "
			   "seconds", LINE_TIMEOUT_SECS);
	} else if (line->input->stream_errno != 0) {
		line_error(line, "read() failed: %s",
			   i_stream_get_error(line->input));
	} else {
		line_error(line, "closed by the auth process: it has been "
			   "reloaded, or %d others are asking already",
			   REFERRAL_LINE_MAX_CLIENTS);
	}
	return NULL;
}

static int line_write(struct referral_line *line, const void *data, size_t size)
{
	if (write_full(line->fd, data, size) < 0) {
		line_error(line, "write() failed: %m");
		return -1;
	}
	return 0;
}

static int line_connect(struct referral_line *line)
{
	const struct timeval timeout = { .tv_sec = LINE_TIMEOUT_SECS };

	/* not doveadm_connect(), which ends the process on an error */
	line->fd = net_connect_unix(line->path);
	if (line->fd == -1) {
		switch (errno) {
		case ENOENT:
		case ECONNREFUSED:
			line_error(line, "%m: Dovecot is not running, or "
				   "\"service auth { unix_listener "
				   REFERRAL_LINE_NAME" { mode = 0600 } }\" is "
				   "missing");
			break;
		case EACCES:
			line_error(line, "%m: run it as root");
			break;
		default:
			line_error(line, "connect() failed: %m");
		}
		return -1;
	}
	net_set_nonblock(line->fd, FALSE);
	if (setsockopt(line->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0 ||
	    setsockopt(line->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
		       sizeof(timeout)) < 0) {
		line_error(line, "setsockopt() failed: %m");
		return -1;
	}
	line->input = i_stream_create_fd(line->fd, LINE_MAX_ANSWER);
	return 0;
}

/* It speaks first: see referral-line.h. */
static int line_handshake(struct referral_line *line)
{
	const char *str = line_read(line), *const *words;
	const char *hello = t_strdup_printf("VERSION\t"REFERRAL_LINE_NAME
		"\t%d\t%d\n", REFERRAL_LINE_MAJOR, REFERRAL_LINE_MINOR);

	if (str == NULL)
		return -1;
	words = t_strsplit_tabescaped(str);
	if (str_array_length(words) < 4 || strcmp(words[0], "VERSION") != 0 ||
	    strcmp(words[1], REFERRAL_LINE_NAME) != 0) {
		line_error(line, "the auth process has no passdb referral");
		return -1;
	}
	if (strcmp(words[2], dec2str(REFERRAL_LINE_MAJOR)) != 0) {
		line_error(line, "the auth process runs another version of "
			   "the plugin: reload Dovecot");
		return -1;
	}
	return line_write(line, hello, strlen(hello));
}

int referral_line_open(struct doveadm_cmd_context *cctx,
		       struct referral_line **line_r)
{
	struct referral_line *line;
	const char *path;

	if (!doveadm_cmd_param_str(cctx, "socket-path", &path)) {
		path = t_strconcat(doveadm_settings->base_dir,
				   "/"REFERRAL_LINE_NAME, NULL);
	}
	line = i_new(struct referral_line, 1);
	line->cctx = cctx;
	line->path = i_strdup(path);
	line->fd = -1;
	if (line_connect(line) < 0 || line_handshake(line) < 0) {
		referral_line_close(&line);
		return -1;
	}
	*line_r = line;
	return 0;
}

void referral_line_close(struct referral_line **_line)
{
	struct referral_line *line = *_line;

	*_line = NULL;
	i_stream_unref(&line->input);
	i_close_fd(&line->fd);
	i_free(line->path);
	i_free(line);
}

static void line_append_words(string_t *str, const char *const *words)
{
	for (; words != NULL && *words != NULL; words++) {
		str_append_c(str, '\t');
		str_append_tabescaped(str, *words);
	}
}

/* Returns 1, 0 if the question is too long to be asked, -1 after an error. */
static int
line_send(struct referral_line *line, const char *question,
	  const char *const *words, const char *const *more)
{
	string_t *str = t_str_new(256);

	str_printfa(str, "%s\t%u", question, ++line->last_id);
	line_append_words(str, words);
	line_append_words(str, more);
	str_append_c(str, '\n');
	if (str_len(str) > REFERRAL_LINE_MAX_INPUT)
		return 0;
	return line_write(line, str_data(str), str_len(str)) < 0 ? -1 : 1;
}

static void
line_answer_parse(const char *const *words,
		  struct referral_line_answer *answer_r)
{
	i_zero(answer_r);
	answer_r->values = words + 2;
	if (strcmp(words[0], "OK") != 0)
		answer_r->error = words[2] == NULL ? "failed" : words[2];
}

/* Returns the next answer's words, of which there are at least two, and its
   id, or NULL after an error. */
static const char *const *
line_read_answer(struct referral_line *line, unsigned int *id_r)
{
	const char *str = line_read(line), *const *words;

	if (str == NULL)
		return NULL;
	words = t_strsplit_tabescaped(str);
	if (words[0] == NULL || words[1] == NULL ||
	    str_to_uint(words[1], id_r) < 0) {
		line_error(line, "not an answer: %s", str_sanitize(str, 80));
		return NULL;
	}
	return words;
}

static void
line_item(const char *const *words, referral_line_item_t *callback,
	  void *context)
{
	struct referral_line_answer answer;

	i_zero(&answer);
	if (callback != NULL && words[2] != NULL) {
		answer.values = words + 3;
		callback(words[2], &answer, context);
	}
}

int referral_line_ask_items(struct referral_line *line, const char *question,
			    const char *const *words,
			    referral_line_item_t *callback, void *context,
			    struct referral_line_answer *answer_r)
{
	const char *const *answer;
	unsigned int id;
	int ret;

	ret = line_send(line, question, words, NULL);
	if (ret < 0)
		return -1;
	if (ret == 0) {
		i_zero(answer_r);
		answer_r->error = "too long to be asked";
		return 0;
	}
	for (;;) {
		answer = line_read_answer(line, &id);
		if (answer == NULL)
			return -1;
		if (id != line->last_id)
			continue;
		if (strcmp(answer[0], "ITEM") != 0)
			break;
		line_item(answer, callback, context);
	}
	line_answer_parse(answer, answer_r);
	return 0;
}

int referral_line_ask(struct referral_line *line, const char *question,
		      const char *const *words,
		      struct referral_line_answer *answer_r)
{
	return referral_line_ask_items(line, question, words, NULL, NULL,
				       answer_r);
}

/* Users that are asked for, in a ring: answers come in any order. */
struct line_window {
	struct referral_line *line;
	const struct referral_line_user *users;
	referral_line_explained_t *callback;
	void *context;

	/* of users */
	unsigned int asked, told, count;
	/* id of the question for users[0] */
	unsigned int first_id;
	char *answers[REFERRAL_LINE_MAX_PENDING];
};

static char **line_window_answer(struct line_window *window, unsigned int idx)
{
	return &window->answers[idx % REFERRAL_LINE_MAX_PENDING];
}

static int line_window_ask(struct line_window *window)
{
	const char *user[] = { NULL, NULL };
	int ret;

	while (window->asked < window->count &&
	       window->asked - window->told < REFERRAL_LINE_MAX_PENDING) {
		user[0] = window->users[window->asked].user;
		T_BEGIN {
			ret = line_send(window->line, "EXPLAIN", user,
					window->users[window->asked].args);
		} T_END;
		if (ret < 0)
			return -1;
		if (ret == 0) {
			*line_window_answer(window, window->asked) =
				i_strdup("FAIL\t0\ttoo long to be asked");
		}
		window->asked++;
	}
	return 0;
}

static void line_window_tell(struct line_window *window)
{
	struct referral_line_answer answer;
	char **str;

	while (window->told < window->asked &&
	       *(str = line_window_answer(window, window->told)) != NULL) {
		T_BEGIN {
			line_answer_parse(t_strsplit_tabescaped(*str), &answer);
			window->callback(window->told, &answer,
					 window->context);
		} T_END;
		i_free(*str);
		window->told++;
	}
}

static int line_window_read(struct line_window *window)
{
	const char *const *words;
	unsigned int id;

	if (window->told == window->asked)
		return 0;
	words = line_read_answer(window->line, &id);
	if (words == NULL)
		return -1;
	id -= window->first_id;
	/* anything else was not asked */
	if (id >= window->told && id < window->asked) {
		char **answer = line_window_answer(window, id);
		string_t *str = t_str_new(256);

		str_append(str, words[0]);
		line_append_words(str, words + 1);
		i_free(*answer);
		*answer = i_strdup(str_c(str));
	}
	return 0;
}

int referral_line_explain(struct referral_line *line,
			  const struct referral_line_user *users,
			  unsigned int count,
			  referral_line_explained_t *callback, void *context)
{
	struct line_window window = {
		.line = line,
		.users = users,
		.callback = callback,
		.context = context,
		.count = count,
		.first_id = line->last_id + 1,
	};
	unsigned int i;
	int ret = 0;

	while (window.told < window.count && ret == 0) {
		ret = line_window_ask(&window);
		line_window_tell(&window);
		if (ret == 0) T_BEGIN {
			ret = line_window_read(&window);
		} T_END;
		line_window_tell(&window);
	}
	for (i = 0; i < N_ELEMENTS(window.answers); i++)
		i_free(window.answers[i]);
	return ret;
}

const char *referral_line_value(const struct referral_line_answer *answer,
				const char *key)
{
	const char *value = referral_args_find(answer->values, key);

	return value == NULL ? "" : value;
}
