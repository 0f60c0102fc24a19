#ifndef REFERRAL_LDAP_TLS_H
#define REFERRAL_LDAP_TLS_H

struct ssl_iostream;
struct referral_directory_settings;
struct referral_ssl_context;

/* Read the files that the settings name and make a TLS context of them.
   Returns 0, or -1 and error_r that names the setting. */
int referral_ldap_tls_init(const struct referral_directory_settings *set,
			   struct referral_ssl_context **ctx_r,
			   const char **error_r);
/* Can there be servers that have nothing of what the settings want? */
bool referral_ldap_tls_is_limited(
	const struct referral_directory_settings *set);
/* Why the handshake failed, printable and without the names of Dovecot's own
   ssl settings. */
const char *referral_ldap_tls_error(struct ssl_iostream *ssl);
/* What to check after that error. closed: it was the connection below that
   failed; limited: as above. */
const char *referral_ldap_tls_hint(const char *error, bool closed,
				   bool limited);

#endif
