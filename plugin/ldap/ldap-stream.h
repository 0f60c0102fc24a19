#ifndef REFERRAL_LDAP_STREAM_H
#define REFERRAL_LDAP_STREAM_H

/* Searches whose messages are handed out one by one as they come: all entries
   of a directory (with or without RFC 2696's pages), and those that change
   (RFC 4533, refreshAndPersist). A stream has a connection of its own, made like
   those of logins (TLS, bind, timeouts), and never delays them; that nothing
   comes on it says nothing about the server's health. */

#include "ldap-client.h"

struct referral_ldap_stream;

/* RFC 4511 section 4.1.11 */
struct referral_ldap_control {
	const char *oid;
	/* FALSE in all that comes: RFC 4511 gives it no meaning there */
	bool critical;
	/* NULL if there is none, else BER as the control's standard says */
	const void *value;
	size_t value_size;
};

struct referral_ldap_stream_search {
	/* attributes: as ldap-client.h has them; "*" and "+" are of no use,
	   since only values of attributes that are named here are handed out.
	   size_limit: 0 = none. */
	struct referral_ldap_search_params params;
	/* sent with the request */
	const struct referral_ldap_control *controls;
	unsigned int controls_count;
	/* Lost, if no message comes for so long while the search is under way;
	   0 = never. */
	unsigned int idle_msecs;
	/* The server is asked first whether it is still there, and lost if
	   nothing comes for as long again: for a persistent search, which may
	   have nothing to tell. TCP's own probes would find out within two
	   minutes that the host is gone, and never that the server hangs. */
	bool ping;
};

struct referral_ldap_stream_entry {
	const char *dn;
	/* see struct referral_ldap_result */
	const char *const *const *values;
	const struct referral_ldap_control *controls;
	unsigned int controls_count;
};

struct referral_ldap_stream_intermediate {
	/* NULL if the server sent none */
	const char *oid;
	const void *value;
	size_t value_size;
};

struct referral_ldap_stream_done {
	/* LDAP_SUCCESS etc. */
	int code;
	/* printable: the code in words with the server's diagnostic message */
	const char *text;
	const struct referral_ldap_control *controls;
	unsigned int controls_count;
};

/* All are called from the ioloop, with pointers that are valid during the call.
   From inside all functions below may be called, also
   referral_ldap_stream_stop(). Those that can't happen may be NULL. */
struct referral_ldap_stream_vfuncs {
	/* Connected, bound, and the first search was sent. uri is as in
	   referral_ldap_uris. */
	void (*started)(void *context, const char *uri);
	void (*entry)(void *context,
		      const struct referral_ldap_stream_entry *entry);
	/* RFC 4511 section 4.13 */
	void (*intermediate)(void *context,
		const struct referral_ldap_stream_intermediate *message);
	/* The search has ended. The connection stays: the next search may be
	   sent (RFC 2696: the next page). */
	void (*done)(void *context,
		     const struct referral_ldap_stream_done *done);
	/* No server could be connected to, or the connection is lost, also
	   after done(). error is printable and names server and cause. The
	   stream is gone when this is called. */
	void (*lost)(void *context, const char *error);
};

/* Connect and search, at the server that logins are using (or would use); if
   it can't be connected to, at the next one, each once. uri: NULL, or only this
   server of referral_ldap_uris, as it is written there (one that isn't there is
   lost). search is copied as far as needed. No callback is called from inside.
   Everything that is alive at referral_ldap_client_deinit() is lost() then. */
struct referral_ldap_stream *
referral_ldap_stream_start(struct referral_ldap_client *client,
			   const char *uri,
			   const struct referral_ldap_stream_search *search,
			   const struct referral_ldap_stream_vfuncs *vfuncs,
			   void *context);
/* Right after the start: leave out this server, unless it is the only one. May
   be called for several. */
void referral_ldap_stream_avoid(struct referral_ldap_stream *stream,
				const char *uri);
/* Send another search on the same connection: after done(), from inside it or
   later. */
void referral_ldap_stream_search(struct referral_ldap_stream *stream,
	const struct referral_ldap_stream_search *search);
/* End it, whatever it is doing: the connection is closed, which ends a
   persistent search, too. No callback is called any more. */
void referral_ldap_stream_stop(struct referral_ldap_stream **stream);

/* Flow control. Messages that are handed out in one turn of the ioloop, 64
   unless set (0 = 64 again). */
void referral_ldap_stream_set_turn(struct referral_ldap_stream *stream,
				   unsigned int max_messages);
/* Hand out nothing until resume: the server waits, since TCP does. Time in
   between doesn't count towards idle_msecs. */
void referral_ldap_stream_pause(struct referral_ldap_stream *stream);
void referral_ldap_stream_resume(struct referral_ldap_stream *stream);

#endif
