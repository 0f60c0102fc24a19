/* Searches on a connection that is ready, and the watch over it. */

#include "lib.h"
#include "ioloop.h"
#include "ldap-conn-private.h"

/* A search that we allow two entries has no use for more messages than that,
   but for references: Active Directory sends one for each of its parts. Who
   sends them without end is told by the silence. */
#define CONN_SLOT_MAX_MESSAGES 100
/* Not critical: "answer for yourself alone, without references" ([MS-ADTS]
   section 3.1.1.3.4.1.4) */
#define CONTROL_DOMAIN_SCOPE "1.2.840.113556.1.4.1339"

static void conn_watch(struct referral_ldap_conn *conn);

static void conn_watch_start(struct referral_ldap_conn *conn,
			     unsigned int msecs)
{
	/* It is left running when the last answer comes, so that there is at
	   most one for each interval, not one for each search. */
	if (conn->to_watch == NULL)
		conn->to_watch = timeout_add_short(msecs, conn_watch, conn);
}

/* Since when has nothing come that we wait for? */
static uint64_t conn_silent_since(const struct referral_ldap_conn *conn)
{
	return I_MAX(conn->slots[0].sent_at, conn->progress_at);
}

static void conn_watch(struct referral_ldap_conn *conn)
{
	const struct referral_ldap_conn_settings *set = conn->set;
	uint64_t now = referral_ldap_now(), silent_msecs;

	timeout_remove(&conn->to_watch);
	if (conn->slots_count == 0)
		return;

	silent_msecs = now - conn_silent_since(conn);
	if (silent_msecs < set->suspect_msecs) {
		conn_watch_start(conn, set->suspect_msecs - silent_msecs);
		return;
	}
	if (!conn->suspect) {
		conn_watch_start(conn, silent_msecs < set->stall_msecs ?
				 set->stall_msecs - silent_msecs : 1);
		conn->suspect = TRUE;
		if (conn->vfuncs->suspect != NULL)
			conn->vfuncs->suspect(conn);
	} else if (silent_msecs < set->stall_msecs) {
		conn_watch_start(conn, set->stall_msecs - silent_msecs);
	} else {
		conn_watch_start(conn, set->stall_msecs);
		conn->vfuncs->stalled(conn);
	}
}

bool referral_ldap_conn_can_send(const struct referral_ldap_conn *conn)
{
	return conn->state == REFERRAL_LDAP_CONN_READY &&
		!conn->sockbuf.output_failed &&
		conn->slots_count < conn->window.limit;
}

unsigned int
referral_ldap_conn_get_pending(const struct referral_ldap_conn *conn,
			       unsigned int *limit_r)
{
	*limit_r = conn->window.limit;
	return conn->slots_count;
}

void referral_ldap_conn_refused(struct referral_ldap_conn *conn)
{
	referral_window_refused(&conn->window, referral_ldap_now());
}

/* Does libldap's error concern the search, or the connection? */
static bool ldap_error_is_of_search(int code)
{
	switch (code) {
	case LDAP_FILTER_ERROR:
	case LDAP_PARAM_ERROR:
	case LDAP_ENCODING_ERROR:
		return TRUE;
	default:
		return FALSE;
	}
}

int referral_ldap_conn_send(struct referral_ldap_conn *conn,
			    struct referral_ldap_search *search,
			    const char **error_r)
{
	const struct referral_ldap_search_params *params = search->params;
	struct timeval time_limit = { conn->set->time_limit_secs, 0 };
	char *no_attributes[] = { LDAP_NO_ATTRS, NULL };
	LDAPControl domain_scope = { .ldctl_oid = CONTROL_DOMAIN_SCOPE };
	LDAPControl *controls[] = {
		conn->sends_references ? &domain_scope : NULL, NULL
	};
	struct referral_ldap_slot *slot;
	int ret, msgid;

	i_assert(referral_ldap_conn_can_send(conn));
	i_assert(search->conn == NULL);

	if (*params->filter == '\0') {
		/* libldap would send something that is no search request, and
		   the server would cut the connection. */
		*error_r = "The filter is empty";
		return -1;
	}
	referral_ldap_answer_reset(&search->answer);
	ret = ldap_search_ext(conn->ld, params->base, params->scope,
			      params->filter, params->attributes[0] == NULL ?
			      no_attributes : (char **)params->attributes,
			      0, controls, NULL, &time_limit,
			      search->answer.size_limit, &msgid);
	if (ret != LDAP_SUCCESS) {
		if (ldap_error_is_of_search(ret)) {
			*error_r = ldap_err2string(ret);
			return -1;
		}
		referral_ldap_conn_break(conn, ldap_err2string(ret));
		return 0;
	}

	slot = &conn->slots[conn->slots_count];
	slot->alone = conn->slots_count++ == 0;
	slot->msgid = msgid;
	slot->messages = 0;
	slot->sent_at = search->sent_at = referral_ldap_now();
	slot->search = search;
	search->conn = conn;
	conn_watch_start(conn, conn->set->suspect_msecs);
	referral_ldap_conn_sent(conn);
	return 1;
}

static void
conn_slot_delete(struct referral_ldap_conn *conn,
		 struct referral_ldap_slot *slot)
{
	unsigned int idx = slot - conn->slots;

	memmove(slot, slot + 1,
		(conn->slots_count - idx - 1) * sizeof(*slot));
	conn->slots_count--;
}

void referral_ldap_conn_forget(struct referral_ldap_search *search)
{
	struct referral_ldap_conn *conn = search->conn;
	unsigned int i;

	/* The slot stays taken until the server has answered. An Abandon
	   operation would free it sooner, but libldap remembers what was
	   abandoned until it is answered after all, which RFC 4511 section
	   4.11 forbids. The time limit ends long searches. */
	search->conn = NULL;
	for (i = 0; i < conn->slots_count; i++) {
		if (conn->slots[i].search == search) {
			conn->slots[i].search = NULL;
			return;
		}
	}
	i_unreached();
}

struct referral_ldap_search *
referral_ldap_conn_take_search(struct referral_ldap_conn *conn,
			       unsigned int msecs)
{
	struct referral_ldap_search *search;
	uint64_t now = referral_ldap_now();
	unsigned int i;

	for (i = conn->slots_count; i > 0; i--) {
		if (msecs > 0 && now - conn->slots[i-1].sent_at > msecs)
			break;
		if ((search = conn->slots[i-1].search) != NULL) {
			conn->slots[i-1].search = NULL;
			search->conn = NULL;
			return search;
		}
	}
	return NULL;
}

static void conn_close_unneeded(struct referral_ldap_conn *conn)
{
	referral_ldap_conn_close(conn, REFERRAL_LDAP_CONN_END_CLOSED,
		REFERRAL_SERVER_UNREACHABLE, "not needed any more");
}

static bool conn_is_awaited(const struct referral_ldap_conn *conn)
{
	unsigned int i;

	for (i = 0; i < conn->slots_count; i++) {
		if (conn->slots[i].search != NULL)
			return TRUE;
	}
	return FALSE;
}

void referral_ldap_conn_leave(struct referral_ldap_conn *conn,
			      const struct referral_ldap_conn_vfuncs *vfuncs,
			      void *context)
{
	i_assert(conn->state == REFERRAL_LDAP_CONN_READY);

	conn->vfuncs = vfuncs;
	conn->context = context;
	conn->progress_at = referral_ldap_now();
	referral_ldap_conn_set_state(conn, REFERRAL_LDAP_CONN_DRAINING);
	if (!conn_is_awaited(conn))
		conn_close_unneeded(conn);
}

static void
conn_answered(struct referral_ldap_conn *conn,
	      struct referral_ldap_search *search,
	      struct referral_ldap_reply *reply)
{
	conn->progress_at = reply->now;
	if (conn->suspect) {
		/* Watch it as closely as before. */
		conn->suspect = FALSE;
		timeout_remove(&conn->to_watch);
		if (conn->slots_count > 0)
			conn_watch_start(conn, conn->set->suspect_msecs);
	}
	if (search != NULL)
		search->conn = NULL;
	reply->server_name = conn->name;
	conn->vfuncs->answered(conn, search, reply);

	if (conn->state == REFERRAL_LDAP_CONN_DRAINING &&
	    !conn_is_awaited(conn))
		conn_close_unneeded(conn);
}

static void
conn_search_entry(struct referral_ldap_conn *conn,
		  struct referral_ldap_slot *slot, LDAPMessage *msg)
{
	struct referral_ldap_search *search = slot->search;
	struct referral_ldap_reply reply = { .code = LDAP_SUCCESS };

	if (search == NULL)
		return;
	referral_ldap_answer_add_entry(&search->answer, conn->ld, msg,
				       search->params->attributes);
	if (search->answer.entries > 1) {
		/* Whatever follows changes nothing. */
		slot->search = NULL;
		reply.now = referral_ldap_now();
		conn_answered(conn, search, &reply);
	}
}

static void
conn_search_result(struct referral_ldap_conn *conn,
		   struct referral_ldap_slot *slot, LDAPMessage *msg)
{
	struct referral_ldap_search *search = slot->search;
	struct referral_ldap_reply reply = {
		.code = LDAP_OTHER,
		.now = referral_ldap_now(),
	};
	char *diagnostic = NULL, *matched_dn = NULL;
	int ret;

	ret = ldap_parse_result(conn->ld, msg, &reply.code, &matched_dn,
				&diagnostic, NULL, NULL, 0);
	if (ret != LDAP_SUCCESS)
		reply.code = ret;
	reply.diagnostic = diagnostic;
	reply.matched_dn = matched_dn;
	referral_window_answered(&conn->window, slot->sent_at,
		reply.now, slot->alone,
		conn->slots_count >= conn->window.limit);
	conn_slot_delete(conn, slot);
	conn_answered(conn, search, &reply);
	ldap_memfree(diagnostic);
	ldap_memfree(matched_dn);
}

static struct referral_ldap_slot *
conn_find_slot(struct referral_ldap_conn *conn, int msgid)
{
	unsigned int i;

	for (i = 0; i < conn->slots_count; i++) {
		if (conn->slots[i].msgid == msgid)
			return &conn->slots[i];
	}
	return NULL;
}

void referral_ldap_conn_search_message(struct referral_ldap_conn *conn,
				       int type, LDAPMessage *msg)
{
	struct referral_ldap_slot *slot = conn_find_slot(conn, ldap_msgid(msg));

	if (slot == NULL || slot->messages > CONN_SLOT_MAX_MESSAGES) {
		referral_ldap_conn_break(conn, "the server sends messages "
					 "that nobody asked for");
		return;
	}
	switch (type) {
	case LDAP_RES_SEARCH_ENTRY:
		slot->messages++;
		conn_search_entry(conn, slot, msg);
		break;
	case LDAP_RES_SEARCH_REFERENCE:
		conn->sends_references = TRUE;
		if (slot->search != NULL)
			slot->search->answer.references = TRUE;
		break;
	case LDAP_RES_INTERMEDIATE:
		slot->messages++;
		break;
	case LDAP_RES_SEARCH_RESULT:
		conn_search_result(conn, slot, msg);
		break;
	default:
		if (referral_ldap_message_is_refusal(conn->ld, msg)) {
			conn_search_result(conn, slot, msg);
			break;
		}
		referral_ldap_conn_break(conn,
			"the server answered something else");
	}
}
