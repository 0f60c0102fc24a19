/* Settings and the machine that they are for: see settings-files.h */

#include "lib.h"
#include "istream.h"
#include "str.h"
#include "referral-settings.h"
#include "settings-files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* the system's bundle has 220 kB */
#define PEM_MAX_SIZE (4*1024*1024)

/* what: how the name of what is in it begins */
static bool is_pem(int fd, const char *what)
{
	struct istream *input = i_stream_create_fd(fd, PEM_MAX_SIZE);
	const char *begin = t_strconcat("-----BEGIN ", what, NULL), *line;
	bool found = FALSE;

	while (!found && (line = i_stream_read_next_line(input)) != NULL)
		found = strncmp(line, begin, strlen(begin)) == 0;
	i_stream_unref(&input);
	return found;
}

/* Returns NULL if nothing is wrong. */
static const char *pem_error(const char *path, const char *what)
{
	const char *error = NULL;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd == -1) {
		return errno == EACCES && geteuid() != 0 ? NULL :
			t_strdup_printf("open() failed: %m");
	}
	if (fstat(fd, &st) < 0)
		error = t_strdup_printf("fstat() failed: %m");
	else if (!S_ISREG(st.st_mode))
		error = "not a file";
	else if (!is_pem(fd, what)) {
		error = *what == '\0' ? "not in PEM format" :
			t_strdup_printf("no %s in PEM format", what);
	}
	i_close_fd(&fd);
	return error;
}

static bool
check_file(const char *setting, const char *path, const char *what,
	   const char **error_r)
{
	const char *error = *path == '\0' ? NULL : pem_error(path, what);

	if (error == NULL)
		return TRUE;
	*error_r = t_strdup_printf("%s: %s: %s", setting, path, error);
	return FALSE;
}

static bool check_ca_dir(const char *path, const char **error_r)
{
	struct stat st;
	const char *error;

	if (*path == '\0')
		return TRUE;
	if (stat(path, &st) < 0) {
		if (errno == EACCES && geteuid() != 0)
			return TRUE;
		error = t_strdup_printf("stat() failed: %m");
	} else if (!S_ISDIR(st.st_mode)) {
		error = "not a directory";
	} else {
		return TRUE;
	}
	*error_r = t_strdup_printf("referral_ldap_tls_ca_dir: %s: %s",
				   path, error);
	return FALSE;
}

static bool check_memory(uoff_t cache_size, const char **error_r)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	if (pages <= 0 || size <= 0 ||
	    cache_size / (uoff_t)size <= (uoff_t)pages / 2)
		return TRUE;
	*error_r = "referral_cache_size: more than half of "
		"this machine's memory";
	return FALSE;
}

bool referral_settings_check_machine(
	const struct referral_directory_settings *set, const char **error_r)
{
	return check_file("referral_ldap_tls_ca_file",
			  set->referral_ldap_tls_ca_file, "", error_r) &&
		check_file("referral_ldap_tls_crl_file",
			   set->referral_ldap_tls_crl_file, "X509 CRL",
			   error_r) &&
		check_file("referral_ldap_tls_cert_file",
			   set->referral_ldap_tls_cert_file, "", error_r) &&
		check_file("referral_ldap_tls_key_file",
			   set->referral_ldap_tls_key_file, "", error_r) &&
		check_ca_dir(set->referral_ldap_tls_ca_dir, error_r) &&
		check_memory(set->referral_cache_size, error_r);
}
