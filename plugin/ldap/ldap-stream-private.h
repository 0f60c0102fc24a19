#ifndef REFERRAL_LDAP_STREAM_PRIVATE_H
#define REFERRAL_LDAP_STREAM_PRIVATE_H

/* ldap-stream.c: the life of a stream; ldap-stream-message.c: what is sent and
   what comes. */

#include "ldap-stream.h"
#include "ldap-conn.h"
#include "ldap-servers.h"

struct referral_ldap_stream {
	struct referral_ldap_stream *prev, *next;
	struct referral_ldap_client *client;
	/* NULL once it was stopped */
	const struct referral_ldap_stream_vfuncs *vfuncs;
	void *context;

	/* the one under way, or the last; its strings */
	struct referral_ldap_stream_search search;
	pool_t search_pool;
	int msgid;
	bool searching;
	/* asked whether it is there; it has not said so yet */
	int ping_msgid;
	bool pinging;

	/* NULL = any server */
	char *only_uri;
	ARRAY(char *) avoid_uris;
	/* those to try, and which is next */
	ARRAY_TYPE(referral_ldap_target) targets;
	unsigned int next_target;
	const char *target_uri;
	struct ip_addr target_ip;

	struct referral_ldap_conn *conn;
	struct timeout *to_start, *to_idle;
	unsigned int turn_max_messages;
	bool ready, paused;
	/* why the last connection ended */
	char *error;
};

/* Send the search. */
void referral_ldap_stream_send(struct referral_ldap_stream *stream);
/* Ask whether the server is there. */
void referral_ldap_stream_ping(struct referral_ldap_stream *stream);
/* Hand out a message. */
void referral_ldap_stream_message(struct referral_ldap_stream *stream,
				  int type, LDAPMessage *msg);
/* Something was sent or has come: begin to wait for the next message. */
void referral_ldap_stream_watch(struct referral_ldap_stream *stream);
/* It is lost; told from inside this call. */
void referral_ldap_stream_abort(struct referral_ldap_stream *stream,
				const char *error);

#endif
