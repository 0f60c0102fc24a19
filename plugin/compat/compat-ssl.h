#ifndef REFERRAL_COMPAT_SSL_H
#define REFERRAL_COMPAT_SSL_H

/* TLS clients on Dovecot's ssl iostreams. Handshaking and reading its outcome
   are the same on every Dovecot: see iostream-ssl.h. */

struct event;
struct istream;
struct ostream;
struct ssl_iostream;
struct referral_ssl_context;

struct referral_ssl_settings {
	/* PEM text, NULL = not given. Without any CA the system's are used. ca
	   may hold CRLs, too: they count with check_crl. */
	const char *ca, *cert, *key;
	/* folder with hashed names, NULL = none */
	const char *ca_dir;
	/* as in Dovecot's ssl_min_protocol */
	const char *min_protocol;
	/* OpenSSL's lists up to TLS 1.2 and from 1.3 on, NULL = its default */
	const char *cipher_list, *cipher_suites;
	/* each certificate's issuer has to have a CRL that doesn't name it */
	bool check_crl;
};

/* Loading the system's CAs takes 50 ms: do it at start. Returns 0, or -1 and
   error_r. */
int referral_ssl_context_create(const struct referral_ssl_settings *set,
				struct referral_ssl_context **ctx_r,
				const char **error_r);
void referral_ssl_context_destroy(struct referral_ssl_context **ctx);

/* Replace the streams by encrypted ones. The handshake, which the caller
   starts, fails unless the peer's certificate is valid and made out for host,
   a name or an address. Returns 0, or -1 and error_r. */
int referral_ssl_client_create(struct referral_ssl_context *ctx,
			       struct event *event, const char *host,
			       struct istream **input, struct ostream **output,
			       struct ssl_iostream **ssl_r,
			       const char **error_r);

#endif
