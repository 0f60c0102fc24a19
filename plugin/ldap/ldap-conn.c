/* States and phases of one LDAP connection: see ldap-conn.h */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "ostream.h"
#include "lib-event.h"
#include "str-sanitize.h"
#include "iostream-ssl.h"
#include "compat-dns.h"
#include "ldap-uri.h"
#include "sasl.h"
#include "ldap-conn-private.h"

#include <time.h>

/* Messages that are handed out in one turn of the loop. */
#define CONN_TURN_MAX_MESSAGES 64

static const char *const conn_states[] = {
	"idle", "resolving", "connecting", "starttls", "handshake", "binding",
	"ready", "draining", "dead"
};

uint64_t referral_ldap_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		i_fatal("clock_gettime() failed: %m");
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void conn_set_name(struct referral_ldap_conn *conn)
{
	i_free(conn->name);
	if (conn->ip.family == 0 || conn->uri->host.ip.family != 0)
		conn->name = i_strdup(conn->uri->uri);
	else {
		conn->name = i_strdup_printf("%s (%s)", conn->uri->uri,
					     net_ip2addr(&conn->ip));
	}
	event_add_str(conn->event, "ldap_server", conn->name);
}

struct referral_ldap_conn *
referral_ldap_conn_create(struct event *event_parent,
			  const struct referral_ldap_conn_settings *set,
			  const struct referral_ldap_uri *uri,
			  const struct ip_addr *ip,
			  const struct referral_ldap_conn_vfuncs *vfuncs,
			  void *context)
{
	struct referral_ldap_conn *conn;

	conn = i_new(struct referral_ldap_conn, 1);
	conn->set = set;
	conn->uri = uri;
	conn->vfuncs = vfuncs;
	conn->context = context;
	conn->fd = -1;
	conn->turn_max_messages = CONN_TURN_MAX_MESSAGES;
	referral_window_init(&conn->window, REFERRAL_LDAP_CONN_MAX_PENDING,
			     set->stall_msecs);
	conn->event = event_create(event_parent);
	if (ip != NULL)
		conn->ip = *ip;
	conn_set_name(conn);
	return conn;
}

void referral_ldap_conn_set_ip(struct referral_ldap_conn *conn,
			       const struct ip_addr *ip)
{
	conn->ip = *ip;
	conn_set_name(conn);
}

/* Everything that touches the network or the ioloop. */
static void conn_disconnect(struct referral_ldap_conn *conn, bool goodbye)
{
	referral_dns_lookup_abort(&conn->dns_lookup);
	timeout_remove(&conn->to_phase);
	timeout_remove(&conn->to_input);
	timeout_remove(&conn->to_watch);
	io_remove(&conn->io);

	referral_sasl_client_deinit(&conn->sasl);
	if (conn->ld != NULL) {
		if (!goodbye)
			conn->sockbuf.output = NULL;
		(void)ldap_unbind_ext(conn->ld, NULL, NULL);
		conn->ld = NULL;
	}
}

static void conn_streams_destroy(struct referral_ldap_conn *conn,
				 struct ostream *output)
{
	if (conn->ssl != NULL)
		ssl_iostream_destroy(&conn->ssl);
	i_stream_destroy(&conn->sockbuf.input);
	o_stream_destroy(&output);
	i_zero(&conn->sockbuf);
	if (conn->fd != -1)
		net_disconnect(conn->fd);
	conn->fd = -1;
}

static void conn_dead(struct referral_ldap_conn *conn)
{
	timeout_remove(&conn->to_dead);
	conn->vfuncs->dead(conn);
}

void referral_ldap_conn_close(struct referral_ldap_conn *conn,
			      enum referral_ldap_conn_end end,
			      enum referral_server_failure failure,
			      const char *error)
{
	struct ostream *output = conn->sockbuf.output;
	bool goodbye;

	if (conn->state == REFERRAL_LDAP_CONN_DEAD)
		return;
	goodbye = end == REFERRAL_LDAP_CONN_END_CLOSED &&
		(conn->state == REFERRAL_LDAP_CONN_READY ||
		 conn->state == REFERRAL_LDAP_CONN_DRAINING) &&
		!conn->sockbuf.input->eof;
	/* The error may be owned by what is destroyed now. */
	conn->error = i_strdup(error);
	conn->end = end;
	conn->failure = failure;
	conn_disconnect(conn, goodbye);
	conn_streams_destroy(conn, output);
	referral_ldap_conn_set_state(conn, REFERRAL_LDAP_CONN_DEAD);
	/* The caller may be deep inside of us. */
	conn->to_dead = timeout_add_short(0, conn_dead, conn);
}

void referral_ldap_conn_destroy(struct referral_ldap_conn **_conn)
{
	struct referral_ldap_conn *conn = *_conn;
	unsigned int i;

	*_conn = NULL;
	for (i = 0; i < conn->slots_count; i++) {
		if (conn->slots[i].search != NULL)
			conn->slots[i].search->conn = NULL;
	}
	referral_ldap_conn_close(conn, REFERRAL_LDAP_CONN_END_CLOSED,
				 REFERRAL_SERVER_UNREACHABLE, "destroyed");
	timeout_remove(&conn->to_dead);
	event_unref(&conn->event);
	i_free(conn->error);
	i_free(conn->name);
	i_free(conn);
}

void referral_ldap_conn_fail(struct referral_ldap_conn *conn,
			     enum referral_server_failure failure,
			     const char *error)
{
	referral_ldap_conn_close(conn, REFERRAL_LDAP_CONN_END_FAILED, failure,
				 error);
}

static const char *conn_get_operation(const struct referral_ldap_conn *conn)
{
	switch (conn->state) {
	case REFERRAL_LDAP_CONN_RESOLVING:
		return "DNS lookup for";
	case REFERRAL_LDAP_CONN_STARTTLS:
		return "StartTLS with";
	case REFERRAL_LDAP_CONN_HANDSHAKE:
		return "TLS handshake with";
	case REFERRAL_LDAP_CONN_BINDING:
		return "bind to";
	case REFERRAL_LDAP_CONN_IDLE:
	case REFERRAL_LDAP_CONN_CONNECTING:
		return "connect to";
	case REFERRAL_LDAP_CONN_READY:
	case REFERRAL_LDAP_CONN_DRAINING:
	case REFERRAL_LDAP_CONN_DEAD:
		break;
	}
	return "connection to";
}

void referral_ldap_conn_phase_fail(struct referral_ldap_conn *conn,
				   enum referral_server_failure failure,
				   const char *cause, const char *setting)
{
	const char *as = "", *hint = "";

	if (conn->state == REFERRAL_LDAP_CONN_BINDING) {
		if (conn->set->sasl_password) {
			as = t_strdup_printf(" as %s with SASL %s",
					     conn->set->auth_dn,
					     conn->set->sasl_mechanism);
		} else if (*conn->set->sasl_mechanism != '\0') {
			as = t_strdup_printf(" with SASL %s",
					     conn->set->sasl_mechanism);
		} else {
			as = t_strdup_printf(" as %s",
				*conn->set->auth_dn == '\0' ? "anonymous" :
				conn->set->auth_dn);
		}
	}
	if (setting != NULL)
		hint = t_strdup_printf(" (check %s)", setting);
	referral_ldap_conn_fail(conn, failure, t_strdup_printf(
		"ldap %s %s%s failed: %s%s", conn_get_operation(conn),
		conn->name, as, cause, hint));
}

void referral_ldap_conn_break(struct referral_ldap_conn *conn,
			      const char *cause)
{
	const char *error;

	if (conn->state != REFERRAL_LDAP_CONN_READY &&
	    conn->state != REFERRAL_LDAP_CONN_DRAINING) {
		referral_ldap_conn_phase_fail(conn,
			REFERRAL_SERVER_UNREACHABLE, cause, NULL);
		return;
	}
	error = t_strdup_printf("ldap connection to %s lost: %s",
				conn->name, cause);
	referral_ldap_conn_close(conn, REFERRAL_LDAP_CONN_END_BROKE,
				 REFERRAL_SERVER_UNREACHABLE, error);
}

static void conn_phase_timeout(struct referral_ldap_conn *conn)
{
	const char *cause = t_strdup_printf("no answer within %u ms",
					    conn->set->phase_msecs);

	referral_ldap_conn_phase_fail(conn, REFERRAL_SERVER_UNREACHABLE, cause,
		"referral_ldap_uris and referral_ldap_connect_timeout");
}

void referral_ldap_conn_set_state(struct referral_ldap_conn *conn,
				  enum referral_ldap_conn_state state)
{
	conn->state = state;
	event_add_str(conn->event, "ldap_state", conn_states[state]);
	timeout_remove(&conn->to_phase);
	/* A DNS lookup has a limit of its own, after which the address that
	   is known already is used. */
	if (state > REFERRAL_LDAP_CONN_RESOLVING &&
	    state < REFERRAL_LDAP_CONN_READY) {
		conn->to_phase = timeout_add_short(conn->set->phase_msecs,
						   conn_phase_timeout, conn);
	}
}

void referral_ldap_conn_set_ready(struct referral_ldap_conn *conn)
{
	referral_ldap_conn_set_state(conn, REFERRAL_LDAP_CONN_READY);
	conn->vfuncs->ready(conn);
}

bool referral_ldap_conn_is_dead(const struct referral_ldap_conn *conn)
{
	return conn->state == REFERRAL_LDAP_CONN_DEAD;
}

void referral_ldap_conn_pause(struct referral_ldap_conn *conn, bool pause)
{
	conn->paused = pause;
	if (!pause && conn->state == REFERRAL_LDAP_CONN_READY)
		referral_ldap_conn_input_later(conn);
}

void referral_ldap_conn_set_turn(struct referral_ldap_conn *conn,
				 unsigned int max_messages)
{
	conn->turn_max_messages = max_messages > 0 ? max_messages :
		CONN_TURN_MAX_MESSAGES;
}

LDAP *referral_ldap_conn_get_ldap(const struct referral_ldap_conn *conn)
{
	return conn->ld;
}

void *referral_ldap_conn_get_context(const struct referral_ldap_conn *conn)
{
	return conn->context;
}

const char *referral_ldap_conn_get_name(const struct referral_ldap_conn *conn)
{
	return conn->name;
}

struct event *referral_ldap_conn_get_event(const struct referral_ldap_conn *conn)
{
	return conn->event;
}

enum referral_ldap_conn_end
referral_ldap_conn_get_end(const struct referral_ldap_conn *conn,
			   enum referral_server_failure *failure_r,
			   const char **error_r)
{
	i_assert(conn->state == REFERRAL_LDAP_CONN_DEAD);

	*failure_r = conn->failure;
	*error_r = conn->error;
	return conn->end;
}
