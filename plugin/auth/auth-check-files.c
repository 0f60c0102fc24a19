/* Checks at start that nobody else can read the directory's password. */

#include "auth-common.h"
#include "istream.h"
#include "path-util.h"
#include "auth-check-files.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#define REFERRAL_PASSWORD_SETTING "referral_ldap_auth_dn_password"
/* Dovecot's link to the file that it was started with; relative to base_dir,
   where auth runs */
#define REFERRAL_CONFIG_LINK "dovecot.conf"
/* of files that include each other doveconf complains */
#define REFERRAL_CONFIG_MAX_DEPTH 8
#define REFERRAL_CONFIG_MAX_LINE (64*1024)
#define REFERRAL_CONFIG_SPACE " \t\r"

static void
referral_check_config(struct event *event, const char *path,
		      unsigned int depth);

/* Returns what follows word and space in line, NULL if that is not how it
   begins. */
static const char *referral_line_after(const char *line, const char *word)
{
	size_t len = strlen(word);

	line += strspn(line, REFERRAL_CONFIG_SPACE);
	if (strncmp(line, word, len) != 0)
		return NULL;
	line += len;
	return line + strspn(line, REFERRAL_CONFIG_SPACE);
}

static bool referral_line_has_password(const char *line)
{
	const char *value = referral_line_after(line,
						REFERRAL_PASSWORD_SETTING);

	if (value == NULL || *value != '=')
		return FALSE;
	value++;
	value += strspn(value, REFERRAL_CONFIG_SPACE);
	/* or from another file */
	return *value != '\0' && *value != '<';
}

/* Can everybody come as far as to the file? */
static bool referral_everybody_finds(const char *path)
{
	const char *end = path;
	struct stat st;

	while ((end = strchr(end + 1, '/')) != NULL) {
		if (stat(t_strdup_until(path, end), &st) < 0 ||
		    (st.st_mode & S_IXOTH) == 0)
			return FALSE;
	}
	return TRUE;
}

static void
referral_check_password_file(struct event *event, const char *path)
{
	const char *error;

	if (t_realpath(path, &path, &error) < 0 ||
	    !referral_everybody_finds(path))
		return;
	e_warning(event, "Everybody on this machine can read "
		  REFERRAL_PASSWORD_SETTING" in %s: move that line to a file of "
		  "its own with the mode 0600, and include that with "
		  "!include_try", path);
}

static void
referral_check_included(struct event *event, const char *from,
			const char *pattern, unsigned int depth)
{
	const char *slash = strrchr(from, '/');
	glob_t found;
	size_t i;

	if (*pattern != '/') {
		pattern = t_strconcat(t_strdup_until(from, slash + 1),
				      pattern, NULL);
	}
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (i = 0; i < found.gl_pathc; i++)
		referral_check_config(event, found.gl_pathv[i], depth + 1);
	globfree(&found);
}

static void
referral_check_lines(struct event *event, const char *path,
		     struct istream *input, mode_t mode, unsigned int depth)
{
	const char *line, *pattern;

	while ((line = i_stream_read_next_line(input)) != NULL) T_BEGIN {
		pattern = referral_line_after(line, "!include_try");
		if (pattern == NULL)
			pattern = referral_line_after(line, "!include");
		if (pattern != NULL) {
			referral_check_included(event, path, pattern, depth);
		} else if ((mode & S_IROTH) != 0 &&
			   referral_line_has_password(line)) {
			referral_check_password_file(event, path);
		}
	} T_END;
}

/* What auth may not read, not everybody can. */
static void
referral_check_config(struct event *event, const char *path,
		      unsigned int depth)
{
	struct istream *input;
	struct stat st;
	int fd;

	if (depth > REFERRAL_CONFIG_MAX_DEPTH)
		return;
	fd = open(path, O_RDONLY | O_NONBLOCK);
	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		input = i_stream_create_fd(fd, REFERRAL_CONFIG_MAX_LINE);
		referral_check_lines(event, path, input, st.st_mode, depth);
		i_stream_unref(&input);
	}
	i_close_fd(&fd);
}

void referral_auth_check_files(struct event *event)
{
	const char *path, *error;

	T_BEGIN {
		if (t_realpath(REFERRAL_CONFIG_LINK, &path, &error) == 0)
			referral_check_config(event, path, 0);
	} T_END;
}
