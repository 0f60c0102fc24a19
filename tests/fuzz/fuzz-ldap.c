/* What an LDAP server sends, against the whole client and the system's
   libldap. First byte: what we wait for and how (see below), second byte: size
   of the packets, the rest: the server's bytes, for each connection again. */

/* memfd_create() */
#define _GNU_SOURCE

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "net.h"
#include "str-sanitize.h"
#include "compat-dns.h"
#include "ldap-client.h"
#include "referral-settings.h"
#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* bits of the first byte */
enum fuzz_flags {
	/* the bytes begin with the answer to StartTLS, not to the bind */
	FUZZ_STARTTLS = BIT(0),
	/* the bind was answered: they begin with the answer to a search */
	FUZZ_BOUND = BIT(1),
	/* the server closes the connection after the last byte */
	FUZZ_CLOSE = BIT(2),
	/* ... leaving something unread, so that we cannot write any more */
	FUZZ_CLOSE_UNREAD = BIT(3),
	/* one more search after each packet */
	FUZZ_SEARCH_MORE = BIT(4),
	/* cancel the first search after the first packet */
	FUZZ_CANCEL = BIT(5),
	/* there is a second server, which is the same */
	FUZZ_TWO_SERVERS = BIT(6),
};

#define FUZZ_MAX_CONNS 16
#define FUZZ_MAX_SEARCHES 100
/* Turns of the loop after the last byte. No time passes, so that timeouts
   hardly matter: who still waits is told by deinit. */
#define FUZZ_LAST_TURNS 12

struct fuzz_search {
	struct referral_ldap_request *request;
	unsigned int calls;
	bool cancelled;
};

struct fuzz_conn {
	int fd;
	/* what comes before the input, and how much of both was sent */
	size_t bound_size, sent;
};

/* libldap numbers a connection's messages from 1 on */
static const unsigned char bind_answer[] =
	"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00";
static const char *const attributes[] = { "mailHost", "description", NULL };
static const struct referral_ldap_search_params search_params = {
	.base = "dc=example,dc=com",
	.scope = 2,
	.filter = "(uid=alice)",
	.attributes = attributes,
};
/* any will do: without it the system's are loaded, which takes 50 ms */
static const char ca[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBdjCCARugAwIBAgIUMpuIG+qDzMkzR5Cv44s6i31lehUwCgYIKoZIzj0EAwIw\n"
	"DzENMAsGA1UEAwwEZnV6ejAgFw0yNjExMjQwODQ5MzBaGA8yMTI2MTAzMTA4NDkz\n"
	"MFowDzENMAsGA1UEAwwEZnV6ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABINc\n"
	"3HF1MpdSFa1KvoM/eTjrbzuYgOATN2+kq01g42jVtF3ekjlAd7UpTVWgNIeeoYKD\n"
	"iaP9VVoYDWR9njVeLPujUzBRMB0GA1UdDgQWBBRhCeimR8AQx2dy7Rhua4EzUzr9\n"
	"jDAfBgNVHSMEGDAWgBRhCeimR8AQx2dy7Rhua4EzUzr9jDAPBgNVHRMBAf8EBTAD\n"
	"AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCC3fsgKzO8wyzASP+PBDlhbvc4qXBGWuqm\n"
	"5jzgXYytcQIhANoTJC5GewTIEiP4anvphDHZ+uRLc5I6wkgh4nBXNWXH\n"
	"-----END CERTIFICATE-----\n";
static const char *ca_path;

static struct fuzz_conn conns[FUZZ_MAX_CONNS];
static unsigned int conns_count;
static struct fuzz_search searches[FUZZ_MAX_SEARCHES];
static unsigned int searches_count;
static bool inside;
static uint8_t flags;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of libdovecot's: each connection leads to us. */
static int fuzz_connect(void)
{
	struct fuzz_conn *conn = &conns[conns_count];
	int fds[2];

	if (conns_count == FUZZ_MAX_CONNS) {
		errno = ECONNREFUSED;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		i_fatal("socketpair() failed: %m");
	net_set_nonblock(fds[0], TRUE);
	net_set_nonblock(fds[1], TRUE);
	i_zero(conn);
	conn->fd = fds[1];
	if ((flags & FUZZ_BOUND) != 0)
		conn->bound_size = sizeof(bind_answer) - 1;
	conns_count++;
	return fds[0];
}

int net_connect_ip(const struct ip_addr *ip ATTR_UNUSED,
		   in_port_t port ATTR_UNUSED,
		   const struct ip_addr *my_ip ATTR_UNUSED)
{
	return fuzz_connect();
}

struct referral_dns_lookup *
referral_dns_lookup(struct event *event ATTR_UNUSED,
		    const char *socket_path ATTR_UNUSED,
		    const char *host ATTR_UNUSED,
		    unsigned int timeout_msecs ATTR_UNUSED,
		    referral_dns_callback_t *callback ATTR_UNUSED,
		    void *context ATTR_UNUSED)
{
	i_unreached();
}

void referral_dns_lookup_abort(struct referral_dns_lookup **lookup)
{
	FUZZ_REQUIRE(*lookup == NULL);
}

static bool is_loggable(const char *str)
{
	/* UTF-8 is, lines are not */
	return strcmp(str_sanitize(str, SIZE_MAX), str) == 0;
}

static void ATTR_FORMAT(2, 0)
fuzz_log(const struct failure_context *ctx ATTR_UNUSED, const char *format,
	 va_list args)
{
	const char *line = t_strdup_vprintf(format, args);

	FUZZ_REQUIRE(is_loggable(line));
	/* The loop tells of timeouts and ios that are left when it ends. */
	FUZZ_REQUIRE(strncmp(line, "referral: ", 10) == 0);
}

static void
search_callback(const struct referral_ldap_result *result, void *context)
{
	struct fuzz_search *search = context;
	unsigned int i, j;

	FUZZ_REQUIRE(!inside);
	FUZZ_REQUIRE(!search->cancelled);
	FUZZ_REQUIRE(++search->calls == 1);
	search->request = NULL;

	switch (result->status) {
	case REFERRAL_LDAP_ENTRY:
		FUZZ_REQUIRE(result->error == NULL);
		for (i = 0; attributes[i] != NULL; i++) {
			for (j = 0; result->values[i][j] != NULL; j++)
				(void)strlen(result->values[i][j]);
		}
		break;
	case REFERRAL_LDAP_NO_ENTRY:
		FUZZ_REQUIRE(result->error == NULL);
		break;
	case REFERRAL_LDAP_SEVERAL_ENTRIES:
	case REFERRAL_LDAP_UNAVAILABLE:
		FUZZ_REQUIRE(result->error != NULL &&
			     is_loggable(result->error));
		break;
	}
}

static void search_start(struct referral_ldap_client *client)
{
	struct fuzz_search *search = &searches[searches_count];

	if (searches_count == FUZZ_MAX_SEARCHES)
		return;
	searches_count++;
	i_zero(search);
	inside = TRUE;
	search->request = referral_ldap_search(client, &search_params,
					       search_callback, search);
	inside = FALSE;
}

static void search_cancel(struct fuzz_search *search)
{
	if (search->calls == 0)
		search->cancelled = TRUE;
	referral_ldap_search_cancel(&search->request);
}

/* Returns FALSE if there is nothing more to send. */
static bool
conn_send(struct fuzz_conn *conn, const uint8_t *data, size_t size,
	  size_t packet_size)
{
	char buf[1024];
	size_t offset;
	ssize_t ret;

	if (conn->fd == -1)
		return FALSE;
	if ((flags & FUZZ_CLOSE_UNREAD) == 0) {
		while (read(conn->fd, buf, sizeof(buf)) > 0) ;
	}
	if (conn->sent < conn->bound_size) {
		ret = write(conn->fd, bind_answer + conn->sent,
			    conn->bound_size - conn->sent);
	} else {
		offset = conn->sent - conn->bound_size;
		ret = write(conn->fd, data + offset,
			    I_MIN(size - offset, packet_size));
	}
	if (ret > 0)
		conn->sent += ret;
	else if (ret < 0 && errno == EAGAIN)
		return TRUE;
	if (ret >= 0 && conn->sent < conn->bound_size + size)
		return TRUE;
	if (ret < 0 || (flags & (FUZZ_CLOSE | FUZZ_CLOSE_UNREAD)) != 0)
		i_close_fd(&conn->fd);
	return FALSE;
}

static void fuzz_stop(void *context ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

static void fuzz_nothing(void *context ATTR_UNUSED)
{
}

static void
fuzz_run_turns(struct referral_ldap_client *client, const uint8_t *data,
	       size_t size, size_t packet_size)
{
	struct timeout *to = timeout_add_short(0, fuzz_stop, NULL);
	unsigned int i, last_turns = 0, turn = 0;

	/* once like this: it makes the loop complete */
	io_loop_run(current_ioloop);
	timeout_remove(&to);
	/* keeps it from waiting */
	to = timeout_add_short(0, fuzz_nothing, NULL);
	while (last_turns++ < FUZZ_LAST_TURNS) {
		io_loop_set_running(current_ioloop);
		io_loop_handler_run(current_ioloop);

		for (i = 0; i < conns_count; i++) {
			if (conn_send(&conns[i], data, size, packet_size))
				last_turns = 0;
		}
		if ((flags & FUZZ_CANCEL) != 0 && turn == 1)
			search_cancel(&searches[0]);
		if ((flags & FUZZ_SEARCH_MORE) != 0)
			search_start(client);
		turn++;
	}
	timeout_remove(&to);
}

/* Every search has had its answer, every connection is closed. */
static void fuzz_check_end(void)
{
	unsigned int i;
	char buf[1024];
	ssize_t ret;

	for (i = 0; i < searches_count; i++) {
		FUZZ_REQUIRE(searches[i].calls ==
			     (searches[i].cancelled ? 0 : 1));
	}
	for (i = 0; i < conns_count; i++) {
		if (conns[i].fd == -1)
			continue;
		while ((ret = read(conns[i].fd, buf, sizeof(buf))) > 0) ;
		FUZZ_REQUIRE(ret == 0 || errno == ECONNRESET);
		i_close_fd(&conns[i].fd);
	}
}

static void fuzz_run_data(const uint8_t *data, size_t size, size_t packet_size)
{
	struct referral_directory_settings set = {
		.referral_ldap_uris = (flags & FUZZ_TWO_SERVERS) == 0 ?
			"ldap://192.0.2.1" :
			"ldap://192.0.2.1 ldap://192.0.2.2",
		.referral_ldap_starttls = (flags & FUZZ_STARTTLS) != 0,
		.referral_ldap_tls_ca_file = ca_path,
		.referral_ldap_tls_ca_dir = "",
		.referral_ldap_tls_cert_file = "",
		.referral_ldap_tls_key_file = "",
		.referral_ldap_tls_crl_file = "",
		.referral_ldap_tls_min_protocol = "TLSv1.2",
		.referral_ldap_tls_cipher_list = "",
		.referral_ldap_tls_cipher_suites = "",
		.referral_ldap_auth_dn = "",
		.referral_ldap_auth_dn_password = "",
		.referral_ldap_sasl_mechanism = "",
		.referral_ldap_timeout = 2000,
		.referral_ldap_connect_timeout = 1500,
		.referral_ldap_queue_timeout = 30000,
		.referral_ldap_deref = "never",
	};
	struct referral_ldap_client *client;
	struct ioloop *ioloop = io_loop_create();
	struct event *event = event_create(NULL);
	const char *error;

	event_set_append_log_prefix(event, "referral: ");
	conns_count = searches_count = 0;
	if (referral_ldap_client_init(event, &set, "", &client, &error) < 0)
		i_fatal("referral_ldap_client_init() failed: %s", error);
	search_start(client);
	search_start(client);
	fuzz_run_turns(client, data, size, packet_size);
	referral_ldap_client_deinit(&client);
	fuzz_check_end();
	event_unref(&event);
	io_loop_destroy(&ioloop);
}

int LLVMFuzzerInitialize(int *argc ATTR_UNUSED, char ***argv ATTR_UNUSED)
{
	int fd;

	lib_init();
	/* as Dovecot's processes do */
	signal(SIGPIPE, SIG_IGN);
	i_set_info_handler(fuzz_log);
	i_set_error_handler(fuzz_log);
	fd = memfd_create("ca", 0);
	if (fd == -1 || write(fd, ca, sizeof(ca) - 1) != sizeof(ca) - 1)
		i_fatal("memfd_create() or write() failed: %m");
	ca_path = i_strdup_printf("/proc/self/fd/%d", fd);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	flags = data[0];
	T_BEGIN {
		fuzz_run_data(data + 2, size - 2, I_MAX(data[1], 1));
	} T_END;
	return 0;
}
