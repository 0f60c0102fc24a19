#ifndef REFERRAL_COMPAT_LOGIN_H
#define REFERRAL_COMPAT_LOGIN_H

/* What differs between the login processes of the generations of Dovecot. */

struct client;
struct client_auth_reply;

/* the passdb's fields host (NULL if none), port and destuser */
const char *
referral_compat_reply_host(const struct client_auth_reply *reply);
in_port_t referral_compat_reply_port(const struct client_auth_reply *reply);
const char *
referral_compat_reply_user(const struct client_auth_reply *reply);

/* Is the peer in login_trusted_networks, a proxy of the site's own? */
bool referral_compat_client_is_trusted(const struct client *client);
/* Is the reason of this client's disconnect complete? Keep Dovecot from adding
   its own guess to the log line. */
void referral_compat_client_set_reason_complete(struct client *client,
						bool complete);
/* The client's password was right, and yet it can't log in here: that is no
   failure that Dovecot's guess should speak of. May change
   client->auth_successes. */
void referral_compat_client_login_refused(struct client *client);

#endif
