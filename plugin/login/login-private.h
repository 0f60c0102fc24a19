#ifndef REFERRAL_LOGIN_PRIVATE_H
#define REFERRAL_LOGIN_PRIVATE_H

/* The login plugin: which vfunc of a client does what.

     notify_auth_ready  drain.c   BYE in place of the greeting
     auth_result        refer.c   NO for action refer
     proxy_parse_line   offer.c   OK for action offer
     send_raw_data      refer.c   lets a reply take the place of Dovecot's
     input, destroy     close.c   closing so that the last line arrives

   imap.c and sieve.c know how their protocol says it. Nothing here refers to
   a symbol that only some login binaries have. */

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

	/* The SASL mechanism that the client named, NULL if it used a command
	   that names none. */
	const char *(*get_mechanism)(struct client *client);
	/* A complete line */
	const char *(*reply)(struct client *client, enum referral_reply reply,
			     const char *url, const char *text);
	/* What a client is told right before a connection is closed */
	const char *(*close_line)(struct client *client, const char *url,
				  const char *text);

	/* Is line the home server's OK to our login? */
	bool (*is_proxy_ok)(struct client *client, const char *line);
	/* The same line with the referral, without CRLF, as if the home
	   server had said it: what else belongs to it is set in client. */
	const char *(*offer)(struct client *client, const char *line,
			     const char *url, const char *text);
};

struct referral_login_client {
	union login_client_module_context module_ctx;

	/* takes the place of what is sent next */
	const char *replace_line;
	/* client->auth_successes when its last result was handled */
	unsigned int auth_successes;

	/* set once the connection is being closed */
	const char *close_reason;
	struct timeout *to_close;
};

extern MODULE_CONTEXT_DEFINE(referral_login_module, &login_module_register);
#define REFERRAL_LOGIN_CONTEXT(obj) \
	MODULE_CONTEXT_REQUIRE(obj, referral_login_module)

extern const struct referral_login_protocol referral_login_imap;
extern const struct referral_login_protocol referral_login_sieve;
/* this process's protocol */
extern const struct referral_login_protocol *referral_login_protocol;

void referral_login_notify_auth_ready(struct client *client);
void referral_login_auth_result(struct client *client,
				enum client_auth_result result,
				const struct client_auth_reply *reply,
				const char *text);
int referral_login_proxy_parse_line(struct client *client, const char *line);
void referral_login_send_raw_data(struct client *client, const void *data,
				  size_t size);
void referral_login_input(struct client *client);
void referral_login_destroy(struct client *client);

/* The URL that this client is referred to. user may be NULL. */
const char *referral_login_url(struct client *client,
			       const struct referral_login_settings *set,
			       const char *user,
			       const struct referral_host *host);

/* Greet the client with a BYE, if this server is being drained. Returns TRUE
   if the connection is being closed. */
bool referral_login_drain(struct client *client);

/* Send what is buffered, close the connection and have the client receive it
   all: input that it has already sent, or sends before it notices, must not
   reset the connection (RFC 1122 section 4.2.2.13). The client structure is
   destroyed later from the event loop, reason is what it logs. */
void referral_login_close(struct client *client, const char *reason);
void referral_login_close_deinit(void);

#endif
