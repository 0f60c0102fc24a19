#ifndef REFERRAL_SASL_H
#define REFERRAL_SASL_H

/* SASL binds (RFC 4513 section 5.2) with a password: SCRAM (RFC 5802) by
   Dovecot's own SASL client, and what has to be watched around it. Nothing here
   reads or writes. */

struct referral_sasl_client;

/* PBKDF2 rounds that a server may ask for: the auth process does nothing else
   meanwhile. RFC 7677 section 4 wants at least 4096. */
#define REFERRAL_SASL_MAX_ITERATIONS 20000

/* Is name a mechanism that can be used? password_r: with a name and a password,
   else it is EXTERNAL. Returns 0, or -1 and error_r (without the setting's
   name). */
int referral_sasl_mechanism_check(const char *name, bool *password_r,
				  const char **error_r);

/* mechanism: one with a password. Strings are copied. */
struct referral_sasl_client *
referral_sasl_client_init(const char *mechanism, const char *authid,
			  const char *password);
void referral_sasl_client_deinit(struct referral_sasl_client **client);

/* The initial response. Returns 0, or -1 and error_r. What is returned is valid
   until the next call. */
int referral_sasl_client_start(struct referral_sasl_client *client,
			       const unsigned char **response_r,
			       size_t *size_r, const char **error_r);
/* What to answer to a challenge. Returns 0, or -1 and error_r (printable): the
   server can't be trusted, or asks for too much. */
int referral_sasl_client_challenge(struct referral_sasl_client *client,
				   const unsigned char *challenge, size_t size,
				   const unsigned char **response_r,
				   size_t *size_r, const char **error_r);
/* The server says that the bind has succeeded, with this data (NULL: none).
   Returns 0, or -1 and error_r (printable) if it did not prove that it knows the
   password. */
int referral_sasl_client_success(struct referral_sasl_client *client,
				 const unsigned char *data, size_t size,
				 const char **error_r);

#endif
