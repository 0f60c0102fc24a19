#ifndef REFERRAL_LDAP_CONN_PRIVATE_H
#define REFERRAL_LDAP_CONN_PRIVATE_H

/* ldap-conn.c: states and phases; ldap-conn-connect.c: to a connected socket;
   ldap-conn-auth.c: StartTLS and TLS; ldap-conn-bind.c: the bind;
   ldap-conn-input.c: messages; ldap-conn-search.c: searches and their
   answers. */

#include "ldap-conn.h"
#include "ldap-sockbuf.h"
#include "window.h"

struct ssl_iostream;
struct referral_sasl_client;

/* An operation that the server owes an answer. */
struct referral_ldap_slot {
	int msgid;
	/* messages received for it */
	unsigned int messages;
	uint64_t sent_at;
	/* nothing else was under way */
	bool alone;
	/* NULL if forgotten */
	struct referral_ldap_search *search;
};

struct referral_ldap_conn {
	const struct referral_ldap_conn_settings *set;
	const struct referral_ldap_uri *uri;
	const struct referral_ldap_conn_vfuncs *vfuncs;
	void *context;
	struct event *event;
	char *name;

	enum referral_ldap_conn_state state;
	struct ip_addr ip;
	int fd;
	struct io *io;
	struct timeout *to_phase, *to_input, *to_watch, *to_dead;
	struct referral_dns_lookup *dns_lookup;
	struct referral_ldap_sockbuf sockbuf;
	struct ssl_iostream *ssl;
	LDAP *ld;
	/* of the StartTLS or bind request */
	int phase_msgid;
	/* BINDING with a password by SASL, else NULL */
	struct referral_sasl_client *sasl;

	/* oldest first */
	struct referral_ldap_slot slots[REFERRAL_LDAP_CONN_MAX_PENDING];
	unsigned int slots_count;
	uint64_t progress_at;
	bool suspect;
	struct referral_window window;
	/* The server has sent references: it is asked not to. */
	bool sends_references;
	/* input is left alone */
	bool paused;
	/* that are handed out in one turn of the loop */
	unsigned int turn_max_messages;

	enum referral_ldap_conn_end end;
	enum referral_server_failure failure;
	char *error;
};

/* "ldap OPERATION URI failed: CAUSE (check SETTING)". setting may be NULL. */
void referral_ldap_conn_phase_fail(struct referral_ldap_conn *conn,
				   enum referral_server_failure failure,
				   const char *cause, const char *setting);
void referral_ldap_conn_set_state(struct referral_ldap_conn *conn,
				  enum referral_ldap_conn_state state);
void referral_ldap_conn_set_ready(struct referral_ldap_conn *conn);
void referral_ldap_conn_set_ip(struct referral_ldap_conn *conn,
			       const struct ip_addr *ip);
/* Go on with what is buffered, and then with the network. */
void referral_ldap_conn_input_later(struct referral_ldap_conn *conn);
/* Read from the network whenever there is something. */
void referral_ldap_conn_watch_input(struct referral_ldap_conn *conn);

/* The socket is connected: begin TLS or bind. */
void referral_ldap_conn_open(struct referral_ldap_conn *conn);
/* HANDSHAKE: input came. */
void referral_ldap_conn_handshake(struct referral_ldap_conn *conn);
/* Say who we are. */
void referral_ldap_conn_bind(struct referral_ldap_conn *conn);
/* BINDING: the answer. */
void referral_ldap_conn_bind_message(struct referral_ldap_conn *conn,
				     LDAPMessage *msg);
/* STARTTLS, BINDING: a message came. */
void referral_ldap_conn_phase_message(struct referral_ldap_conn *conn,
				      int type, LDAPMessage *msg);
/* READY, DRAINING: a message came. */
void referral_ldap_conn_search_message(struct referral_ldap_conn *conn,
				       int type, LDAPMessage *msg);

#endif
