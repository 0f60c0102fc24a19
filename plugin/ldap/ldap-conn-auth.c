/* From a connected socket to the bind: StartTLS and TLS. */

#include "lib.h"
#include "net.h"
#include "istream.h"
#include "ostream.h"
#include "ioloop.h"
#include "iostream-ssl.h"
#include "compat-ssl.h"
#include "ldap-uri.h"
#include "ldap-tls.h"
#include "ldap-conn-private.h"

#include <netinet/tcp.h>

#define CONN_INPUT_BUFFER_SIZE (16*1024)
/* Keep firewalls from forgetting an idle connection. */
#define CONN_KEEPALIVE_SECS 60
/* Without an answer to so many probes, so many seconds apart, it is gone. */
#define CONN_KEEPALIVE_PROBES 4
#define CONN_KEEPALIVE_INTERVAL_SECS 10

#ifdef TCP_KEEPIDLE
static void conn_set_tcp_option(int fd, int option, int value)
{
	(void)setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
}
#endif

static void conn_set_socket_options(int fd)
{
	int on = 1;

	(void)net_set_tcp_nodelay(fd, TRUE);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
#ifdef TCP_KEEPIDLE
	conn_set_tcp_option(fd, TCP_KEEPIDLE, CONN_KEEPALIVE_SECS);
	conn_set_tcp_option(fd, TCP_KEEPCNT, CONN_KEEPALIVE_PROBES);
	conn_set_tcp_option(fd, TCP_KEEPINTVL, CONN_KEEPALIVE_INTERVAL_SECS);
#endif
}

/* error_no: from the TLS stream. EINVAL is all that TLS itself objects to;
   anything else happened to the connection below, as when a server is
   restarted, and may be over in a moment. */
static void conn_tls_fail(struct referral_ldap_conn *conn, int error_no)
{
	const char *error = referral_ldap_tls_error(conn->ssl);
	bool closed = error_no != EINVAL;

	referral_ldap_conn_phase_fail(conn, closed ?
		REFERRAL_SERVER_UNREACHABLE : REFERRAL_SERVER_UNUSABLE, error,
		referral_ldap_tls_hint(error, closed, conn->set->tls_limited));
}

static void conn_tls_start(struct referral_ldap_conn *conn)
{
	const char *error;

	io_remove(&conn->io);
	referral_ldap_conn_set_state(conn, REFERRAL_LDAP_CONN_HANDSHAKE);
	if (i_stream_get_data_size(conn->sockbuf.input) > 0) {
		/* Whoever is in between could make us take this for the
		   encrypted server's words. */
		referral_ldap_conn_phase_fail(conn, REFERRAL_SERVER_UNUSABLE,
			"there was unencrypted data after the answer to "
			"StartTLS: an attack?", NULL);
		return;
	}
	if (referral_ssl_client_create(conn->set->ssl_ctx, conn->event,
				       conn->uri->host.name,
				       &conn->sockbuf.input,
				       &conn->sockbuf.output,
				       &conn->ssl, &error) < 0) {
		referral_ldap_conn_phase_fail(conn, REFERRAL_SERVER_UNUSABLE,
			error, "referral_ldap_tls_*");
		return;
	}
	if (ssl_iostream_handshake(conn->ssl) < 0) {
		conn_tls_fail(conn, errno);
		return;
	}
	referral_ldap_conn_watch_input(conn);
}

void referral_ldap_conn_handshake(struct referral_ldap_conn *conn)
{
	/* Reading drives it. */
	if (i_stream_read(conn->sockbuf.input) < 0) {
		conn_tls_fail(conn, conn->sockbuf.input->stream_errno);
		return;
	}
	if (ssl_iostream_is_handshaked(conn->ssl))
		referral_ldap_conn_bind(conn);
}

static void conn_starttls(struct referral_ldap_conn *conn)
{
	int ret;

	referral_ldap_conn_set_state(conn, REFERRAL_LDAP_CONN_STARTTLS);
	ret = ldap_extended_operation(conn->ld, LDAP_EXOP_START_TLS, NULL,
				      NULL, NULL, &conn->phase_msgid);
	if (ret != LDAP_SUCCESS) {
		referral_ldap_conn_phase_fail(conn,
			REFERRAL_SERVER_UNREACHABLE, ldap_err2string(ret),
			NULL);
		return;
	}
	referral_ldap_conn_sent(conn);
}

void referral_ldap_conn_open(struct referral_ldap_conn *conn)
{
	const char *error;

	if (conn->uri->scheme != REFERRAL_LDAP_SCHEME_LDAPI)
		conn_set_socket_options(conn->fd);
	conn->sockbuf.input =
		i_stream_create_fd(conn->fd, CONN_INPUT_BUFFER_SIZE);
	conn->sockbuf.output = o_stream_create_fd(conn->fd, SIZE_MAX);
	o_stream_set_no_error_handling(conn->sockbuf.output, TRUE);
	if (referral_ldap_sockbuf_init(&conn->sockbuf, conn->fd,
				       conn->set->deref, &conn->ld,
				       &error) < 0) {
		referral_ldap_conn_phase_fail(conn,
			REFERRAL_SERVER_UNREACHABLE, error, NULL);
		return;
	}

	if (conn->uri->scheme == REFERRAL_LDAP_SCHEME_LDAPS) {
		conn_tls_start(conn);
		return;
	}
	referral_ldap_conn_watch_input(conn);
	if (conn->uri->scheme == REFERRAL_LDAP_SCHEME_LDAP &&
	    conn->set->starttls)
		conn_starttls(conn);
	else
		referral_ldap_conn_bind(conn);
}

static void
conn_starttls_message(struct referral_ldap_conn *conn, LDAPMessage *msg)
{
	char *diagnostic = NULL;
	int ret, code = LDAP_OTHER;

	ret = ldap_parse_result(conn->ld, msg, &code, NULL, &diagnostic,
				NULL, NULL, 0);
	if (ret != LDAP_SUCCESS)
		code = ret;
	if (code == LDAP_SUCCESS)
		conn_tls_start(conn);
	else {
		referral_ldap_conn_phase_fail(conn, REFERRAL_SERVER_UNUSABLE,
			referral_ldap_strerror(code, diagnostic),
			"referral_ldap_starttls");
	}
	ldap_memfree(diagnostic);
}

void referral_ldap_conn_phase_message(struct referral_ldap_conn *conn,
				      int type, LDAPMessage *msg)
{
	bool starttls = conn->state == REFERRAL_LDAP_CONN_STARTTLS;

	if (ldap_msgid(msg) != conn->phase_msgid ||
	    (ber_tag_t)type != (starttls ? LDAP_RES_EXTENDED :
			      LDAP_RES_BIND)) {
		referral_ldap_conn_break(conn,
			"the server answered something else");
	} else if (starttls)
		conn_starttls_message(conn, msg);
	else
		referral_ldap_conn_bind_message(conn, msg);
}
