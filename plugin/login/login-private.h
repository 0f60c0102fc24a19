#ifndef REFERRAL_LOGIN_PRIVATE_H
#define REFERRAL_LOGIN_PRIVATE_H

/* The login plugin: which vfunc of a client does what.

     notify_auth_ready  client.c  drain.c: BYE in place of the greeting
     input, destroy     client.c  close.c: the last line has to arrive
     auth_result        result.c  refer.c: NO for action refer
                                  refuse.c: what else can be said of a NO
     proxy_parse_line   offer.c   OK for action offer

   imap.c and sieve.c know how their protocol says it, target.c what. In POP3,
   which has no referrals, there is auth_result only: pop3.c. Nothing here
   refers to a symbol that only some login binaries have. */

#include "login-common.h"
#include "client-common.h"
#include "module-context.h"
#include "referral-decision.h"
#include "args.h"
#include "reply.h"

struct referral_login_settings;

struct referral_login_protocol {
	/* as in login_binary->protocol */
	const char *name;
	/* of the URL */
	const char *scheme;
	/* of the struct that the protocol's clients are, if its header is
	   there to know it, else 0 */
	size_t client_size;

	/* The SASL mechanism that the client named, NULL if it used a command
	   that names none. */
	const char *(*get_mechanism)(struct client *client);
	/* A complete line */
	const char *(*reply)(struct client *client, enum referral_reply reply,
			     const char *url, const char *text);
	/* What a client is told right before a connection is closed */
	const char *(*close_line)(struct client *client, const char *url,
				  const char *text);
	/* A complete line that makes the client show text to its user before
	   the reply that follows. NULL if the protocol has none. */
	const char *(*alert)(const char *text);
	/* Our own reply to a finished login has been sent in the place of
	   Dovecot's: do what else its auth_result would have done. NULL if
	   there is nothing. */
	void (*auth_replied)(struct client *client,
			     const struct client_auth_reply *auth_reply);

	/* Is line the home server's OK to our login? */
	bool (*is_proxy_ok)(struct client *client, const char *line);
	/* The same line with the referral, without CRLF, as if the home
	   server had said it: what else belongs to it is set in client. */
	const char *(*offer)(struct client *client, const char *line,
			     const char *url, const char *text);
};

struct referral_login_client {
	union login_client_module_context module_ctx;

	/* client->auth_successes when its last result was handled */
	unsigned int auth_successes;
	/* that result was a referral */
	bool referred;

	/* the client is a proxy that was greeted although this server is
	   being drained to there */
	const char *drained_to;

	/* set once the connection is being closed */
	const char *close_reason;
	struct timeout *to_close;
	/* there was input since */
	bool close_had_input;
};

extern MODULE_CONTEXT_DEFINE(referral_login_module, &login_module_register);
#define REFERRAL_LOGIN_CONTEXT(obj) \
	MODULE_CONTEXT_REQUIRE(obj, referral_login_module)

extern const struct referral_login_protocol referral_login_imap;
extern const struct referral_login_protocol referral_login_sieve;
extern const struct referral_login_protocol referral_login_pop3;
/* this process's protocol */
extern const struct referral_login_protocol *referral_login_protocol;

void referral_login_notify_auth_ready(struct client *client);
void referral_login_auth_result(struct client *client,
				enum client_auth_result result,
				const struct client_auth_reply *reply,
				const char *text);
void referral_login_pop3_auth_result(struct client *client,
				     enum client_auth_result result,
				     const struct client_auth_reply *reply,
				     const char *text);
int referral_login_proxy_parse_line(struct client *client, const char *line);
void referral_login_input(struct client *client);
void referral_login_destroy(struct client *client);

struct referral_login_target {
	/* of this client's referral, and its text */
	const char *url, *text;
	/* for a client that may not follow, NULL if there is to be none */
	const char *alert;
};

/* user may be NULL: the target of a BYE depends on nobody. What target_r points
   to is allocated from the data stack. */
void referral_login_target_get(struct client *client,
			       const struct referral_login_settings *set,
			       const char *user,
			       const struct referral_host *host,
			       struct referral_login_target *target_r);

/* Action refer, or another passdb's nologin and host: answer the login whose
   password was right, and close the connection if that is wanted. */
void referral_login_refer(struct client *client,
			  const struct client_auth_reply *reply);

/* A login with this result is refused: alert the client to it and return the
   text of the reply, which is text unless there is a better one. reply may be
   NULL, success is whether the password was right. */
const char *referral_login_refuse(struct client *client,
				  enum client_auth_result result,
				  const struct client_auth_reply *reply,
				  bool success, const char *text);

/* Have the client show text to its user, unless it is a proxy, which may go on
   elsewhere, or tell its own client again and again while it retries. */
void referral_login_alert(struct client *client, const char *text);

/* Greet the client with a BYE and close the connection, if this server is
   being drained. A proxy takes a BYE for a broken server: it goes on. */
void referral_login_drain(struct client *client);
/* A login gets a session on this server: warn, if it is being drained. */
void referral_login_drain_at_home(struct client *client);
void referral_login_drain_deinit(void);

/* Send what is buffered, close the connection and have the client receive it
   all: input that it has already sent, or sends before it notices, must not
   reset the connection (RFC 1122 section 4.2.2.13). The client structure is
   destroyed later from the event loop, reason is what it logs. */
void referral_login_close(struct client *client, const char *reason);
/* The client has sent something after that. */
void referral_login_close_input(struct client *client);
/* The client is being destroyed, for whatever reason. */
void referral_login_close_abort(struct client *client);

/* Destroy a client to which everything has been sent, whose connection is to
   end without a reset. had_input: there was input after the last line, so more
   may be on its way. Unread input keeps the connection open, for a second at
   most, and not when Dovecot needs its place for a new client. */
void referral_login_linger(struct client *client, bool had_input,
			   const char *reason);
void referral_login_linger_deinit(void);

#endif
