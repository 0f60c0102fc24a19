/* TLS of LDAP connections: from the settings to a context, and its errors. */

#include "lib.h"
#include "str.h"
#include "str-sanitize.h"
#include "read-full.h"
#include "iostream-ssl.h"
#include "compat-ssl.h"
#include "referral-settings.h"
#include "ldap-tls.h"

#include <fcntl.h>
#include <unistd.h>
#include <sys/stat.h>

/* the system's bundle has 220 kB */
#define TLS_FILE_MAX_SIZE (4*1024*1024)
#define TLS_ERROR_MAX_LEN 400

static int tls_fd_read(int fd, const char **data_r, const char **error_r)
{
	struct stat st;
	char *data;

	if (fstat(fd, &st) < 0) {
		*error_r = t_strdup_printf("fstat() failed: %m");
		return -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > TLS_FILE_MAX_SIZE) {
		*error_r = "not a file, or too large for certificates";
		return -1;
	}
	data = t_malloc0(st.st_size + 1);
	switch (read_full(fd, data, st.st_size)) {
	case 1:
		break;
	case 0:
		*error_r = "it shrank while it was read";
		return -1;
	default:
		*error_r = t_strdup_printf("read() failed: %m");
		return -1;
	}
	*data_r = data;
	return 0;
}

/* An empty path gives NULL. */
static int
tls_file_read(const char *setting, const char *path, const char **data_r,
	      const char **error_r)
{
	const char *error;
	int fd, ret;

	*data_r = NULL;
	if (path == NULL || *path == '\0')
		return 0;
	fd = open(path, O_RDONLY);
	if (fd == -1) {
		*error_r = t_strdup_printf("%s: open(%s) failed: %m",
					   setting, path);
		return -1;
	}
	ret = tls_fd_read(fd, data_r, &error);
	i_close_fd(&fd);
	if (ret < 0) {
		*error_r = t_strdup_printf("%s: %s: %s", setting, path, error);
		return -1;
	}
	if (strstr(*data_r, "-----BEGIN ") == NULL) {
		*error_r = t_strdup_printf("%s: %s is not in PEM format",
					   setting, path);
		return -1;
	}
	return 0;
}

/* OpenSSL takes CAs and CRLs from one text. */
static int
tls_read_ca(const struct referral_directory_settings *set,
	    struct referral_ssl_settings *ssl_set, const char **error_r)
{
	const char *crl;

	if (tls_file_read("referral_ldap_tls_ca_file",
			  set->referral_ldap_tls_ca_file,
			  &ssl_set->ca, error_r) < 0 ||
	    tls_file_read("referral_ldap_tls_crl_file",
			  set->referral_ldap_tls_crl_file, &crl, error_r) < 0)
		return -1;
	if (*set->referral_ldap_tls_ca_dir != '\0')
		ssl_set->ca_dir = set->referral_ldap_tls_ca_dir;
	if (crl == NULL)
		return 0;
	if (ssl_set->ca == NULL && ssl_set->ca_dir == NULL) {
		*error_r = "referral_ldap_tls_crl_file: needs "
			"referral_ldap_tls_ca_file or _ca_dir";
		return -1;
	}
	ssl_set->check_crl = TRUE;
	ssl_set->ca = ssl_set->ca == NULL ? crl :
		t_strconcat(ssl_set->ca, "\n", crl, NULL);
	return 0;
}

/* Dovecot's own settings have nothing to do with these connections: what it
   says is told by the names of ours. */
static const char *tls_context_error(const char *error)
{
	static const struct {
		const char *words, *setting;
	} causes[] = {
		{ "cipher list", "referral_ldap_tls_cipher_list" },
		{ "ciphersuites", "referral_ldap_tls_cipher_suites" },
		{ "Unknown ssl_min_protocol", "referral_ldap_tls_min_protocol" },
	};
	const char *setting = "referral_ldap_tls_*", *p;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(causes); i++) {
		if (strstr(error, causes[i].words) != NULL)
			setting = causes[i].setting;
	}
	p = strstr(error, " (ssl_");
	if (p != NULL && strchr(p, ')') != NULL) {
		error = t_strconcat(t_strdup_until(error, p),
				    strchr(p, ')') + 1, NULL);
	}
	return t_strdup_printf("%s: %s", setting, error);
}

static const char *tls_get_string(const char *value)
{
	return *value == '\0' ? NULL : value;
}

int referral_ldap_tls_init(const struct referral_directory_settings *set,
			   struct referral_ssl_context **ctx_r,
			   const char **error_r)
{
	struct referral_ssl_settings ssl_set;
	const char *error;

	i_zero(&ssl_set);
	ssl_set.min_protocol = set->referral_ldap_tls_min_protocol;
	ssl_set.cipher_list =
		tls_get_string(set->referral_ldap_tls_cipher_list);
	ssl_set.cipher_suites =
		tls_get_string(set->referral_ldap_tls_cipher_suites);
	if (tls_read_ca(set, &ssl_set, error_r) < 0 ||
	    tls_file_read("referral_ldap_tls_cert_file",
			  set->referral_ldap_tls_cert_file,
			  &ssl_set.cert, error_r) < 0 ||
	    tls_file_read("referral_ldap_tls_key_file",
			  set->referral_ldap_tls_key_file,
			  &ssl_set.key, error_r) < 0)
		return -1;
	if ((ssl_set.cert == NULL) != (ssl_set.key == NULL)) {
		*error_r = "referral_ldap_tls_cert_file and "
			"referral_ldap_tls_key_file: set both or none";
		return -1;
	}
	if (referral_ssl_context_create(&ssl_set, ctx_r, &error) < 0) {
		*error_r = tls_context_error(error);
		return -1;
	}
	return 0;
}

bool referral_ldap_tls_is_limited(const struct referral_directory_settings *set)
{
	return strcmp(set->referral_ldap_tls_min_protocol, "TLSv1.2") != 0 ||
		*set->referral_ldap_tls_cipher_list != '\0' ||
		*set->referral_ldap_tls_cipher_suites != '\0';
}

const char *referral_ldap_tls_error(struct ssl_iostream *ssl)
{
	const char *error = ssl_iostream_get_last_error(ssl), *p;

	if (error == NULL || *error == '\0')
		return "TLS handshake failed";
	if ((p = strstr(error, " (check ssl_")) != NULL)
		error = t_strdup_until(error, p);
	return str_sanitize(error, TLS_ERROR_MAX_LEN);
}

const char *referral_ldap_tls_hint(const char *error, bool closed, bool limited)
{
	/* as OpenSSL has them */
	static const struct {
		const char *words, *hint;
	} causes[] = {
		{ "certificate revoked", "the server's certificate and "
		  "referral_ldap_tls_crl_file" },
		{ "CRL", "referral_ldap_tls_crl_file: each CA of the server's "
		  "certificate needs a CRL that has not expired" },
		{ "protocol version", "referral_ldap_tls_min_protocol" },
		{ "unsupported protocol", "referral_ldap_tls_min_protocol" },
		{ "handshake failure", "referral_ldap_tls_cipher_list and "
		  "referral_ldap_tls_cipher_suites" },
	};
	unsigned int i;

	/* GnuTLS's way to say that there is nothing that both can do */
	if (closed && limited) {
		return "referral_ldap_uris, and that the server can do what "
			"referral_ldap_tls_min_protocol and "
			"referral_ldap_tls_cipher_list or _suites ask for";
	}
	if (closed)
		return "referral_ldap_uris";
	for (i = 0; i < N_ELEMENTS(causes); i++) {
		if (strstr(error, causes[i].words) != NULL)
			return causes[i].hint;
	}
	return "the server's certificate and referral_ldap_tls_ca_file";
}
