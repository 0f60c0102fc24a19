#ifndef REFERRAL_MIRROR_PRIVATE_H
#define REFERRAL_MIRROR_PRIVATE_H

/* mirror.c: what lookups get, and the public calls; mirror-sync.c: one
   synchronisation after the other; mirror-message.c: what the server sends;
   mirror-rules.c: the attributes' matching rules. */

#include "ldap-client.h"
#include "mirror-filter.h"
#include "mirror-copy.h"
#include "mirror.h"

struct referral_question;
struct referral_ldap_stream;
struct referral_ldap_stream_entry;
struct referral_ldap_stream_intermediate;

enum referral_mirror_state {
	/* until the next attempt */
	REFERRAL_MIRROR_STATE_WAITING,
	/* asking for the schema, then for a connection */
	REFERRAL_MIRROR_STATE_CONNECTING,
	/* the server sends what there is */
	REFERRAL_MIRROR_STATE_REFRESHING,
	/* the server sends what changes; the copy may have work to do first,
	   or be doubtful */
	REFERRAL_MIRROR_STATE_FOLLOWING,
};

/* why there is no synchronisation, or none to rely on */
enum referral_mirror_failure {
	REFERRAL_MIRROR_FAILURE_NONE,
	REFERRAL_MIRROR_FAILURE_LOST,
	REFERRAL_MIRROR_FAILURE_DISTRUSTED,
	REFERRAL_MIRROR_FAILURE_DOUBTFUL,
	REFERRAL_MIRROR_FAILURE_REFUSED,
};

struct referral_mirror {
	pool_t pool;
	struct event *event;
	struct referral_lookup *lookup;
	struct referral_ldap_client *client;
	struct referral_question *question;
	unsigned int stale_ttl_secs;
	/* that all mirrors may take of the process's memory; 0 = any */
	size_t max_bytes;

	struct referral_mirror_filter *filter;
	/* of the synchronisation; attributes: those of filter, then those of
	   question */
	struct referral_ldap_search_params search;
	unsigned int attributes_count;
	/* of one lookup, so that a login allocates nothing: what an item of
	   filter asks for; the keys, one for each item, and their data */
	string_t *value;
	struct referral_mirror_key *keys;
	string_t *keys_data;

	enum referral_mirror_state state;
	enum referral_mirror_rule rules[REFERRAL_MIRROR_MAX_ATTRIBUTES];
	bool rules_known;
	struct referral_ldap_request *rules_request;
	char *schema_dn;

	/* NULL before the first synchronisation */
	struct referral_mirror_copy *copy;
	/* The copy was complete once: what is in it was true at "contact". */
	bool have_copy;
	/* where it comes from, NULL if nowhere */
	char *server;
	/* the last one that has ended, 0 = none has */
	time_t contact;

	/* servers that could not be mirrored: others are asked for a while */
	ARRAY(char *) refused_servers;
	time_t refused_at;

	struct referral_ldap_stream *stream;
	/* only "server" is asked, with the cookie */
	bool resuming;
	struct timeval started;
	struct timeout *to_retry, *to_silence, *to_work, *to_doubt;
	unsigned int retry_msecs;

	/* as they were logged; NULL with _NONE */
	enum referral_mirror_failure failure;
	char *error;
	struct referral_mirror_status counters;
};

/* mirror.c */

/* How many there are. */
extern unsigned int referral_mirrors_count;

/* Seconds since the last contact, 0 while there is one. Returns FALSE if there
   never was any. */
bool referral_mirror_get_age(const struct referral_mirror *mirror,
			     unsigned int *secs_r);
/* The entry that has these keys has another answer. */
void referral_mirror_tell_changed(
	struct referral_mirror *mirror, const struct referral_mirror_key *keys,
	unsigned int keys_count,
	const struct referral_lookup_result *old_answer,
	const struct referral_lookup_result *new_answer);

/* mirror-sync.c */

/* After so many milliseconds. */
void referral_mirror_sync_schedule(struct referral_mirror *mirror,
				   unsigned int msecs);
/* The rules are known, as far as they can be. */
void referral_mirror_sync_begin(struct referral_mirror *mirror);
/* Ends what is under way. */
void referral_mirror_sync_stop(struct referral_mirror *mirror);
/* The same, and say why; it begins again later. _lost: there is no server;
   _distrust: what it says can't be; _refuse_server: it won't, until something is
   changed, but another may; _refuse: nor does it make a difference which. */
void referral_mirror_sync_lost(struct referral_mirror *mirror,
			       const char *error);
void referral_mirror_sync_distrust(struct referral_mirror *mirror,
				   const char *error);
void referral_mirror_sync_refuse_server(struct referral_mirror *mirror,
					const char *error);
void referral_mirror_sync_refuse(struct referral_mirror *mirror,
				 const char *error);
/* Forget which servers could not be mirrored. */
void referral_mirror_sync_forgive(struct referral_mirror *mirror);
/* After each message: has it changed the copy's state? */
void referral_mirror_sync_update(struct referral_mirror *mirror);

/* mirror-message.c: may end the synchronisation. */
void referral_mirror_message_entry(
	struct referral_mirror *mirror,
	const struct referral_ldap_stream_entry *entry);
void referral_mirror_message_info(
	struct referral_mirror *mirror,
	const struct referral_ldap_stream_intermediate *message);
void referral_mirror_message_done(struct referral_mirror *mirror,
				  int code, const char *text);

/* mirror-rules.c: ends in referral_mirror_sync_begin() or _refuse(), from the
   ioloop. */
void referral_mirror_rules_ask(struct referral_mirror *mirror);

#endif
