/* What comes from the server: messages out of a stream of bytes, so many in a
   turn of the loop, and its end. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "ostream.h"
#include "str-sanitize.h"
#include "ldap-conn-private.h"

/* What one turn of the loop may read of one connection. */
#define CONN_TURN_MAX_BYTES (64*1024)
static void
conn_message(struct referral_ldap_conn *conn, int type, LDAPMessage *msg)
{
	switch (conn->state) {
	case REFERRAL_LDAP_CONN_STARTTLS:
	case REFERRAL_LDAP_CONN_BINDING:
		referral_ldap_conn_phase_message(conn, type, msg);
		break;
	case REFERRAL_LDAP_CONN_READY:
	case REFERRAL_LDAP_CONN_DRAINING:
		if (conn->vfuncs->message != NULL)
			conn->vfuncs->message(conn, type, msg);
		else
			referral_ldap_conn_search_message(conn, type, msg);
		break;
	default:
		i_unreached();
	}
}

/* Hand out what is buffered. */
static void conn_read_messages(struct referral_ldap_conn *conn)
{
	struct timeval no_wait = { 0, 0 };
	unsigned int count = 0;
	LDAPMessage *msg;
	int type;

	conn->sockbuf.budget = CONN_TURN_MAX_BYTES;
	while (referral_ldap_sockbuf_has_data(&conn->sockbuf) &&
	       count < conn->turn_max_messages && !conn->paused) {
		type = ldap_result(conn->ld, LDAP_RES_ANY, LDAP_MSG_ONE,
				   &no_wait, &msg);
		if (type < 0) {
			referral_ldap_conn_break(conn,
				conn->sockbuf.frame.end ==
				REFERRAL_LDAP_FRAME_END_NOTICE ?
				"the server sent a Notice of Disconnection" :
				"the server sent something that is not LDAP, "
				"or too much of it");
			return;
		}
		if (type == 0) {
			/* not complete, or not for us */
			continue;
		}
		count++;
		conn->sockbuf.idle_bytes = 0;
		T_BEGIN {
			conn_message(conn, type, msg);
		} T_END;
		ldap_msgfree(msg);
		/* TLS began with this message or after it? */
		if (conn->state == REFERRAL_LDAP_CONN_HANDSHAKE ||
		    conn->state == REFERRAL_LDAP_CONN_DEAD)
			return;
	}
	if (conn->sockbuf.idle_bytes > 2 * REFERRAL_LDAP_MAX_MESSAGE_SIZE) {
		referral_ldap_conn_break(conn,
			"the server sends messages that nobody asked for");
	}
}

static void conn_eof(struct referral_ldap_conn *conn)
{
	const char *cause;

	if (conn->sockbuf.input->stream_errno != 0)
		cause = i_stream_get_error(conn->sockbuf.input);
	else if (conn->sockbuf.output_failed)
		cause = o_stream_get_error(conn->sockbuf.output);
	else
		cause = "the server closed it";
	if ((conn->state == REFERRAL_LDAP_CONN_READY ||
	     conn->state == REFERRAL_LDAP_CONN_DRAINING) &&
	    conn->slots_count == 0 && conn->vfuncs->message == NULL) {
		/* an idle timeout, or a restart nobody need notice */
		referral_ldap_conn_close(conn, REFERRAL_LDAP_CONN_END_CLOSED,
			REFERRAL_SERVER_UNREACHABLE, t_strdup_printf(
			"ldap connection to %s: %s while idle",
			conn->name, str_sanitize(cause, 200)));
		return;
	}
	referral_ldap_conn_break(conn, str_sanitize(cause, 200));
}

static void conn_input(struct referral_ldap_conn *conn);

void referral_ldap_conn_input_later(struct referral_ldap_conn *conn)
{
	io_remove(&conn->io);
	timeout_remove(&conn->to_input);
	conn->to_input = timeout_add_short(0, conn_input, conn);
}

static void conn_input(struct referral_ldap_conn *conn)
{
	ssize_t ret = 1;

	timeout_remove(&conn->to_input);
	if (conn->paused) {
		io_remove(&conn->io);
		return;
	}
	if (conn->state == REFERRAL_LDAP_CONN_HANDSHAKE) {
		referral_ldap_conn_handshake(conn);
		if (conn->state == REFERRAL_LDAP_CONN_HANDSHAKE ||
		    conn->state == REFERRAL_LDAP_CONN_DEAD)
			return;
	}

	if (referral_ldap_sockbuf_is_starved(&conn->sockbuf))
		ret = i_stream_read(conn->sockbuf.input);
	conn_read_messages(conn);
	if (conn->state == REFERRAL_LDAP_CONN_DEAD ||
	    conn->state == REFERRAL_LDAP_CONN_HANDSHAKE)
		return;

	if (!referral_ldap_sockbuf_is_starved(&conn->sockbuf) ||
	    (conn->sockbuf.output_failed && ret > 0)) {
		/* More than one turn's work. Marking the input as pending
		   would bring us back before everyone else. */
		referral_ldap_conn_input_later(conn);
	} else if (ret < 0 || conn->sockbuf.output_failed) {
		conn_eof(conn);
	} else if (conn->io == NULL) {
		referral_ldap_conn_watch_input(conn);
	}
}

void referral_ldap_conn_sent(struct referral_ldap_conn *conn)
{
	if (conn->sockbuf.output_failed)
		referral_ldap_conn_input_later(conn);
}

void referral_ldap_conn_watch_input(struct referral_ldap_conn *conn)
{
	conn->io = io_add_istream(conn->sockbuf.input, conn_input, conn);
}
