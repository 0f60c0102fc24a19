#ifndef REFERRAL_LDAP_CONN_H
#define REFERRAL_LDAP_CONN_H

/* One connection to one address of one LDAP server: a state machine with a
   timer for each phase. */

#include "net.h"
#include "ldap-result.h"
#include "server-choice.h"

struct event;
struct referral_ldap_conn;
struct referral_ldap_uri;
struct referral_ssl_context;

/* A clock that never goes back, in milliseconds. */
uint64_t referral_ldap_now(void);

/* slapd cuts connections that have more than 100 operations pending. */
#define REFERRAL_LDAP_CONN_MAX_PENDING 64

enum referral_ldap_conn_state {
	REFERRAL_LDAP_CONN_IDLE,
	REFERRAL_LDAP_CONN_RESOLVING,
	REFERRAL_LDAP_CONN_CONNECTING,
	REFERRAL_LDAP_CONN_STARTTLS,
	REFERRAL_LDAP_CONN_HANDSHAKE,
	REFERRAL_LDAP_CONN_BINDING,
	REFERRAL_LDAP_CONN_READY,
	/* takes no new requests, ends with the last answer */
	REFERRAL_LDAP_CONN_DRAINING,
	REFERRAL_LDAP_CONN_DEAD,
};

enum referral_ldap_conn_end {
	/* nothing was lost: we or the server closed an idle connection */
	REFERRAL_LDAP_CONN_END_CLOSED,
	/* it was ready before it broke */
	REFERRAL_LDAP_CONN_END_BROKE,
	REFERRAL_LDAP_CONN_END_FAILED,
};

/* The same for all connections of a client. Strings are never NULL. */
struct referral_ldap_conn_settings {
	bool starttls;
	const char *auth_dn, *auth_dn_password, *sasl_mechanism;
	/* the SASL mechanism wants both; else it is EXTERNAL */
	bool sasl_password;
	/* for each phase until READY */
	unsigned int phase_msecs;
	/* without an answer for so long the connection is suspect, stalled */
	unsigned int suspect_msecs, stall_msecs;
	/* the server's time limit for a search */
	unsigned int time_limit_secs;
	/* LDAP_DEREF_* */
	int deref;
	/* for host names */
	const char *dns_client_socket_path;
	/* NULL if no URI needs it */
	struct referral_ssl_context *ssl_ctx;
	/* the settings want more of TLS than by default */
	bool tls_limited;
};

/* A search on its way. A connection keeps a pointer to it from send() until
   answered(), dead() or forget(). */
struct referral_ldap_search {
	const struct referral_ldap_search_params *params;
	struct referral_ldap_answer answer;
	/* when it was sent last */
	uint64_t sent_at;
	/* where it waits for an answer, NULL if nowhere. Maintained by the
	   connection. */
	struct referral_ldap_conn *conn;
};

/* Those that can't happen may be NULL. */
struct referral_ldap_conn_vfuncs {
	/* The name has these addresses; say which one to connect to. FALSE:
	   none of them. */
	bool (*resolved)(struct referral_ldap_conn *conn,
			 const struct ip_addr *ips, unsigned int ips_count,
			 struct ip_addr *ip_r);
	void (*ready)(struct referral_ldap_conn *conn);
	/* An answer is overdue: others should be asked. It is told again
	   when an answer comes after all: by answered(). */
	void (*suspect)(struct referral_ldap_conn *conn);
	/* Still nothing: referral_ldap_conn_leave() or break it, or it is told
	   again after as long. */
	void (*stalled)(struct referral_ldap_conn *conn);
	/* An answer came: search, which is not on the connection any more, is
	   complete with this reply, which may be changed; NULL if it was
	   forgotten. */
	void (*answered)(struct referral_ldap_conn *conn,
			 struct referral_ldap_search *search,
			 struct referral_ldap_reply *reply);
	/* Not NULL: nothing is sent with referral_ldap_conn_send(), the owner
	   does that with the LDAP handle, and here is each message that comes
	   once the connection is ready. */
	void (*message)(struct referral_ldap_conn *conn, int type,
			LDAPMessage *msg);
	/* Called last, from the ioloop: destroy the connection. Searches that
	   are still on it have to be taken with
	   referral_ldap_conn_take_search() first. */
	void (*dead)(struct referral_ldap_conn *conn);
};

/* ip: NULL or family 0 for a host name that is to be resolved; for ldapi. */
struct referral_ldap_conn *
referral_ldap_conn_create(struct event *event_parent,
			  const struct referral_ldap_conn_settings *set,
			  const struct referral_ldap_uri *uri,
			  const struct ip_addr *ip,
			  const struct referral_ldap_conn_vfuncs *vfuncs,
			  void *context);
/* Without a further call of a vfunc. */
void referral_ldap_conn_destroy(struct referral_ldap_conn **conn);

/* Begin. Whatever comes of it is told later, never from inside this call. */
void referral_ldap_conn_connect(struct referral_ldap_conn *conn);
/* Accept no more searches, close when the last answer has come; to this owner,
   from now on. It was ready. */
void referral_ldap_conn_leave(struct referral_ldap_conn *conn,
			      const struct referral_ldap_conn_vfuncs *vfuncs,
			      void *context);
/* Close it now; dead() follows from the ioloop. error is copied. */
void referral_ldap_conn_close(struct referral_ldap_conn *conn,
			      enum referral_ldap_conn_end end,
			      enum referral_server_failure failure,
			      const char *error);
/* The same with END_FAILED. */
void referral_ldap_conn_fail(struct referral_ldap_conn *conn,
			     enum referral_server_failure failure,
			     const char *error);

/* The connection is of no use any more: it broke or failed, by what it was. */
void referral_ldap_conn_break(struct referral_ldap_conn *conn,
			      const char *cause);

/* TRUE if send() may be called: it is ready, and no more is under way than it
   answers in time. */
bool referral_ldap_conn_can_send(const struct referral_ldap_conn *conn);
/* It has ended, and its owner is about to be told. */
bool referral_ldap_conn_is_dead(const struct referral_ldap_conn *conn);
/* Searches under way, and how many may be. */
unsigned int
referral_ldap_conn_get_pending(const struct referral_ldap_conn *conn,
			       unsigned int *limit_r);
/* The server has said that it is busy: send less. */
void referral_ldap_conn_refused(struct referral_ldap_conn *conn);
/* Returns 1 if it is on the connection, 0 if the connection broke (dead() will
   follow), -1 if no server can be sent this, with error_r. */
int referral_ldap_conn_send(struct referral_ldap_conn *conn,
			    struct referral_ldap_search *search,
			    const char **error_r);
/* The answer is not wanted any more. */
void referral_ldap_conn_forget(struct referral_ldap_search *search);
/* Take back the newest search, if it was sent within the last msecs (0 = at any
   time); NULL if there is none. */
struct referral_ldap_search *
referral_ldap_conn_take_search(struct referral_ldap_conn *conn,
			       unsigned int msecs);

/* Leave further input alone, or go on with it. How many messages are handed out
   in one turn of the loop; 0 for the default. */
void referral_ldap_conn_pause(struct referral_ldap_conn *conn, bool pause);
void referral_ldap_conn_set_turn(struct referral_ldap_conn *conn,
				 unsigned int max_messages);
/* NULL if it is not connected. */
LDAP *referral_ldap_conn_get_ldap(const struct referral_ldap_conn *conn);
/* A request was sent with the handle: if it could not be written, the
   connection breaks, from the ioloop. */
void referral_ldap_conn_sent(struct referral_ldap_conn *conn);

void *referral_ldap_conn_get_context(const struct referral_ldap_conn *conn);
/* The URI, with the address if it came from a name: for logs. */
const char *referral_ldap_conn_get_name(const struct referral_ldap_conn *conn);
struct event *referral_ldap_conn_get_event(const struct referral_ldap_conn *conn);
/* DEAD: how and why it ended. failure_r is set for END_FAILED, error_r always:
   it names the operation, the server, the cause and the setting. */
enum referral_ldap_conn_end
referral_ldap_conn_get_end(const struct referral_ldap_conn *conn,
			   enum referral_server_failure *failure_r,
			   const char **error_r);

#endif
