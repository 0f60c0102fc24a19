#ifndef REFERRAL_LDAP_CLIENT_PRIVATE_H
#define REFERRAL_LDAP_CLIENT_PRIVATE_H

/* ldap-client.c: public calls; ldap-request.c: the life of one search;
   ldap-line.c: who waits, and who is next. */

#include "ldap-client.h"
#include "ldap-servers.h"
#include "patience.h"

/* Requests that wait in line, at most. */
#define REFERRAL_LDAP_CLIENT_MAX_WAITING 65536

enum referral_ldap_request_state {
	/* in line, and never sent yet */
	REFERRAL_LDAP_REQUEST_WAITING,
	/* under way, or in line again */
	REFERRAL_LDAP_REQUEST_BEGUN,
	/* decided, to be reported from the ioloop */
	REFERRAL_LDAP_REQUEST_FINISHED,
	/* Nobody waits for the answer any more: it was too late, or a copy. */
	REFERRAL_LDAP_REQUEST_LATE,
};
#define REFERRAL_LDAP_REQUEST_STATES 4

struct referral_ldap_request {
	/* all of one state, as they got into it */
	struct referral_ldap_request *prev, *next;
	/* in line */
	struct referral_ldap_request *line_prev, *line_next;
	struct referral_ldap_group *group;

	pool_t pool;
	struct referral_ldap_client *client;
	enum referral_ldap_request_state state;

	struct referral_ldap_search_params params;
	struct referral_ldap_search search;
	/* sent_at: for the first time, 0 = it was not */
	uint64_t started_at, sent_at;
	/* it was given back so often */
	unsigned int returns;
	/* it goes on when the schema was asked for: see ldap-names.h */
	bool for_names;
	/* servers that can't answer it, or are not to; of them those that have
	   said so, and the last one's words */
	uint64_t refused, refused_by;
	const char *refused_error;

	/* FINISHED */
	struct referral_ldap_result result;
	referral_ldap_callback_t *callback;
	void *context;
};

struct referral_ldap_list {
	struct referral_ldap_request *head, *tail;
	unsigned int count;
};

/* Those in line whom the same servers have refused. Never empty. */
struct referral_ldap_group {
	struct referral_ldap_group *prev, *next;
	uint64_t refused;
	/* BEGUN, WAITING; each the oldest first */
	struct referral_ldap_list again, fresh;
};

struct referral_ldap_client {
	pool_t pool;
	struct event *event;
	struct referral_ldap_servers_settings set;
	struct referral_patience patience;
	struct referral_ldap_servers *servers;
	/* NULL if all servers are named in referral_ldap_uris */
	struct referral_ldap_discover *discover;
	struct referral_ldap_names *names;

	struct referral_ldap_list requests[REFERRAL_LDAP_REQUEST_STATES];
	struct referral_ldap_group *groups_head, *groups_tail;
	/* when a search was answered last */
	uint64_t progress_at;
	struct timeout *to_deadline, *to_finished;
	unsigned int max_waiting;
	bool heed_references, deinitializing;

	referral_ldap_late_callback_t *late_callback;
	void *late_context;

	struct referral_ldap_stream *streams;
};

/* A copy of params; it is in no list yet. */
struct referral_ldap_request *
referral_ldap_request_create(struct referral_ldap_client *client,
			     const struct referral_ldap_search_params *params);
void referral_ldap_request_free(struct referral_ldap_request *request);
/* Its first state, or another one. */
void referral_ldap_request_set_state(struct referral_ldap_request *request,
				     enum referral_ldap_request_state state);
/* Those for which an attribute's names were asked for go on. */
void referral_ldap_client_names_known(struct referral_ldap_client *client);
/* Report it, now. */
void referral_ldap_request_report(struct referral_ldap_request *request,
				  const struct referral_ldap_result *result);
/* Report it from the ioloop. */
void referral_ldap_request_fail(struct referral_ldap_request *request,
				const char *error);
/* Report what was not answered in time; what is under way may still be answered
   late. */
void referral_ldap_request_expire(struct referral_ldap_request *request);
/* Returns FALSE if the connection broke: another one will come. */
bool referral_ldap_request_send(struct referral_ldap_request *request,
				struct referral_ldap_conn *conn);
/* struct referral_ldap_servers_vfuncs */
enum referral_ldap_verdict
referral_ldap_request_answered(void *context,
			       struct referral_ldap_search *search,
			       const struct referral_ldap_reply *reply,
			       const char **error_r);
void referral_ldap_request_returned(void *context,
				    struct referral_ldap_search *search);

/* WAITING or BEGUN: put it in line, take it out (if it is in). */
void referral_ldap_line_add(struct referral_ldap_request *request);
void referral_ldap_line_remove(struct referral_ldap_request *request);
/* Who of the group is next? */
struct referral_ldap_request *
referral_ldap_line_next(const struct referral_ldap_client *client,
			const struct referral_ldap_group *group);
/* struct referral_ldap_servers_vfuncs */
void referral_ldap_line_get_waiting(void *context,
				    ARRAY_TYPE(uint64_t) *refused);
void referral_ldap_line_hopeless(void *context, uint64_t refused,
				 const char *error);

/* A deadline may be earlier than those before. */
void referral_ldap_client_watch_deadlines(struct referral_ldap_client *client);
/* Report finished requests from the ioloop. */
void referral_ldap_client_report_later(struct referral_ldap_client *client);

#endif
