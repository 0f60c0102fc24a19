#ifndef REFERRAL_PROXY_FIELDS_H
#define REFERRAL_PROXY_FIELDS_H

/* referral_proxy_fields: passdb fields that are added when a session is
   proxied, "ssl=yes port=993 master=... pass=...". */

#include "referral-decision.h"

/* The "key" and "key=value" strings, separated by spaces or tabs,
   NULL-terminated, from the data stack. A value cannot hold spaces. */
const char *const *referral_proxy_fields_split(const char *str);
/* Do they log in to the home server without the user's own password? */
bool referral_proxy_fields_have_credentials(const char *const *fields);
/* Does this SASL mechanism leave what another server can be logged in to with: a
   password, or a token? */
bool referral_mech_leaves_secret(const char *mech_name);
/* Is that a token (RFC 7628 and its forerunner)? */
bool referral_mech_leaves_token(const char *mech_name);
/* Do they encrypt the session? ssl=no and starttls=no say that they don't mean
   to: Dovecot itself would take any value for yes. */
bool referral_proxy_fields_have_tls(const char *const *fields);
bool referral_proxy_fields_mean_plaintext(const char *const *fields);
/* The port that Dovecot's login process of protocol connects to with these
   fields: the one they name, or the protocol's own. 0 if that is not known. */
in_port_t referral_proxy_fields_port(const char *const *fields,
				     const char *protocol);
/* What is set for a session of protocol that is proxied to home: fields, and
   what home's port asks for. 143 names no port, as in a URL; 993 is TLS from
   the start; any other one wins over fields. For another protocol than imap, a
   port of IMAP in fields counts for nothing. From the data stack. */
const char *const *
referral_proxy_fields_for(const char *const *fields, const char *protocol,
			  const struct referral_host *home);
/* The same fields, with the variables of template.h in the values of master and
   forward_*: from the data stack. */
const char *const *
referral_proxy_fields_expand(const char *const *fields,
			     const struct referral_user *user);
/* Returns 0, or -1 and error_r that names referral_proxy_fields, never a
   password. Only fields that say how to reach a server are taken: no
   destination, for that is what is decided here, nobody's identity and
   nothing that changes the way authentication ends. */
int referral_proxy_fields_check(const char *str, const char **error_r);

#endif
