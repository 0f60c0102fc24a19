/* From nothing to a connected socket: the host name's addresses, then TCP or a
   UNIX socket. */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "net.h"
#include "str-sanitize.h"
#include "compat-dns.h"
#include "ldap-uri.h"
#include "ldap-conn-private.h"

static void conn_connected(struct referral_ldap_conn *conn)
{
	int error = net_geterror(conn->fd);

	if (error != 0) {
		referral_ldap_conn_phase_fail(conn,
			REFERRAL_SERVER_UNREACHABLE, strerror(error),
			"referral_ldap_uris");
		return;
	}
	io_remove(&conn->io);
	referral_ldap_conn_open(conn);
}

static void conn_connect_fd(struct referral_ldap_conn *conn)
{
	referral_ldap_conn_set_state(conn, REFERRAL_LDAP_CONN_CONNECTING);
	if (conn->uri->scheme == REFERRAL_LDAP_SCHEME_LDAPI)
		conn->fd = net_connect_unix(conn->uri->path);
	else
		conn->fd = net_connect_ip(&conn->ip, conn->uri->host.port, NULL);
	if (conn->fd == -1) {
		referral_ldap_conn_phase_fail(conn,
			REFERRAL_SERVER_UNREACHABLE, strerror(errno),
			"referral_ldap_uris");
		return;
	}
	conn->io = io_add(conn->fd, IO_WRITE, conn_connected, conn);
}

static void
conn_dns_callback(const struct ip_addr *ips, unsigned int ips_count,
		  const char *error, void *context)
{
	struct referral_ldap_conn *conn = context;
	struct ip_addr ip;

	conn->dns_lookup = NULL;
	if (error != NULL) {
		/* The address that it had before is better than none. */
		if (conn->ip.family != 0)
			conn_connect_fd(conn);
		else {
			referral_ldap_conn_phase_fail(conn,
				REFERRAL_SERVER_UNREACHABLE,
				str_sanitize(error, 200),
				"referral_ldap_uris");
		}
		return;
	}
	if (!conn->vfuncs->resolved(conn, ips, ips_count, &ip)) {
		referral_ldap_conn_close(conn, REFERRAL_LDAP_CONN_END_CLOSED,
			REFERRAL_SERVER_UNREACHABLE, "address is gone");
		return;
	}
	referral_ldap_conn_set_ip(conn, &ip);
	conn_connect_fd(conn);
}

void referral_ldap_conn_connect(struct referral_ldap_conn *conn)
{
	i_assert(conn->state == REFERRAL_LDAP_CONN_IDLE);

	if (conn->uri->scheme == REFERRAL_LDAP_SCHEME_LDAPI) {
		conn_connect_fd(conn);
		return;
	}
	if (conn->uri->host.ip.family != 0) {
		conn->ip = conn->uri->host.ip;
		conn_connect_fd(conn);
		return;
	}
	referral_ldap_conn_set_state(conn, REFERRAL_LDAP_CONN_RESOLVING);
	conn->dns_lookup = referral_dns_lookup(conn->event,
		conn->set->dns_client_socket_path, conn->uri->host.name,
		conn->set->phase_msecs, conn_dns_callback, conn);
}
