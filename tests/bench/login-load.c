/* login-load: logs in very often, over IMAP or straight at Dovecot's auth
   process, and prints a line for each login: when it began (CLOCK_MONOTONIC)
   and how long it took in microseconds, and how it ended. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "ioloop.h"
#include "strnum.h"
#include "time-util.h"
#include "login-load.h"

#include <stdio.h>
#include <unistd.h>

struct login_load_settings load_set = {
	.user_prefix = "user",
	.password = "secret",
	.users_count = 1,
	.auth_connections = 1,
	.patience_secs = 60,
};

static ARRAY(struct login) logins;
static HASH_TABLE(char *, char *) outcomes;
static unsigned int pending_count;
static bool ended;
static struct timeout *to_interval, *to_end, *to_give_up;

static uint64_t now_usecs(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		i_fatal("clock_gettime() failed: %m");
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

const char *login_load_user(unsigned int number)
{
	return t_strdup_printf("%s%u", load_set.user_prefix,
		(load_set.first_user + number) % load_set.users_count);
}

struct ip_addr login_load_source(unsigned int number)
{
	struct ip_addr ip = load_set.source;

	ip.u.ip4.s_addr = htonl(ntohl(ip.u.ip4.s_addr) + number % 65536);
	return ip;
}

static void login_start(void)
{
	struct login *login = array_append_space(&logins);
	unsigned int number = array_count(&logins) - 1;

	pending_count++;
	login->start_usecs = now_usecs();
	T_BEGIN {
		if (load_set.ip.family != 0)
			imap_login_start(number);
		else
			auth_login_start(number);
	} T_END;
}

static void load_give_up(void *context ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

/* No new logins: wait for the answers that are pending. */
static void load_end(void *context ATTR_UNUSED)
{
	ended = TRUE;
	timeout_remove(&to_interval);
	timeout_remove(&to_end);
	if (pending_count == 0)
		io_loop_stop(current_ioloop);
	else if (to_give_up == NULL) {
		to_give_up = timeout_add(load_set.patience_secs * 1000,
					 load_give_up, NULL);
	}
}

static void login_start_next(void *context ATTR_UNUSED)
{
	if (load_set.logins_count > 0 &&
	    array_count(&logins) >= load_set.logins_count)
		load_end(NULL);
	else
		login_start();
}

void login_load_finished(unsigned int number, const char *outcome)
{
	struct login *login = array_idx_modifiable(&logins, number);
	char *known = hash_table_lookup(outcomes, outcome);

	i_assert(login->outcome == NULL && pending_count > 0);
	if (known == NULL) {
		known = i_strdup(outcome);
		hash_table_insert(outcomes, known, known);
	}
	login->outcome = known;
	login->end_usecs = now_usecs();
	pending_count--;
	if (ended)
		load_end(NULL);
	else if (load_set.concurrency > 0)
		login_start_next(NULL);
}

static void load_print(void)
{
	const struct login *login;

	array_foreach(&logins, login) {
		printf("%"PRIu64" %"PRIu64" %s\n", login->start_usecs,
		       login->end_usecs - login->start_usecs, login->outcome);
	}
}

static void load_forget_pending(void)
{
	struct login *login;

	array_foreach_modifiable(&logins, login) {
		if (login->outcome == NULL) {
			login->outcome = "NEVER";
			login->end_usecs = now_usecs();
		}
	}
}

static void load_run(void)
{
	unsigned int i;

	if (load_set.secs > 0)
		to_end = timeout_add(load_set.secs * 1000, load_end, NULL);
	if (load_set.concurrency == 0) {
		to_interval = timeout_add(load_set.interval_msecs,
					  login_start_next, NULL);
	}
	for (i = 0; i < load_set.concurrency; i++)
		login_start_next(NULL);
	io_loop_run(current_ioloop);
	timeout_remove(&to_interval);
	timeout_remove(&to_end);
	timeout_remove(&to_give_up);
	load_forget_pending();
}

static void ATTR_NORETURN usage(void)
{
	i_fatal("usage: login-load -a ADDRESS -p PORT | -A SOCKET "
		"[-k CONNECTIONS]\n"
		"  [-u USER-PREFIX] [-n USERS] [-f FIRST-USER] [-P PASSWORD] "
		"[-s SOURCE-ADDRESS]\n"
		"  -c CONCURRENT | -i INTERVAL-MSECS  -N LOGINS | -t SECS  "
		"[-w PATIENCE-SECS]");
}

static void set_uint(unsigned int *value_r)
{
	if (str_to_uint(optarg, value_r) < 0)
		i_fatal("not a number: %s", optarg);
}

static void set_ip(struct ip_addr *ip_r)
{
	if (net_addr2ip(optarg, ip_r) < 0)
		i_fatal("not an address: %s", optarg);
}

static void set_option(int c)
{
	switch (c) {
	case 'a': set_ip(&load_set.ip); break;
	case 'p':
		if (net_str2port(optarg, &load_set.port) < 0)
			i_fatal("not a port: %s", optarg);
		break;
	case 'A': load_set.auth_socket_path = optarg; break;
	case 'k': set_uint(&load_set.auth_connections); break;
	case 'u': load_set.user_prefix = optarg; break;
	case 'n': set_uint(&load_set.users_count); break;
	case 'f': set_uint(&load_set.first_user); break;
	case 'P': load_set.password = optarg; break;
	case 's': set_ip(&load_set.source); break;
	case 'c': set_uint(&load_set.concurrency); break;
	case 'i': set_uint(&load_set.interval_msecs); break;
	case 'N': set_uint(&load_set.logins_count); break;
	case 't': set_uint(&load_set.secs); break;
	case 'w': set_uint(&load_set.patience_secs); break;
	default: usage();
	}
}

static void parse_options(int argc, char *argv[])
{
	int c;

	if (net_addr2ip("127.2.0.1", &load_set.source) < 0)
		i_unreached();
	while ((c = getopt(argc, argv, "a:p:A:k:u:n:f:P:s:c:i:N:t:w:")) > 0)
		set_option(c);
	if (optind != argc ||
	    (load_set.ip.family == 0) == (load_set.auth_socket_path == NULL) ||
	    (load_set.concurrency == 0) == (load_set.interval_msecs == 0) ||
	    (load_set.logins_count == 0) == (load_set.secs == 0) ||
	    load_set.users_count == 0 || load_set.auth_connections == 0 ||
	    load_set.source.family != AF_INET)
		usage();
}

int main(int argc, char *argv[])
{
	struct ioloop *ioloop;
	struct hash_iterate_context *iter;
	char *outcome;

	lib_init();
	parse_options(argc, argv);
	ioloop = io_loop_create();
	i_array_init(&logins, 65536);
	hash_table_create(&outcomes, default_pool, 0, str_hash, strcmp);
	if (load_set.auth_socket_path != NULL)
		auth_logins_init();

	load_run();
	load_print();

	if (load_set.auth_socket_path != NULL)
		auth_logins_deinit();
	iter = hash_table_iterate_init(outcomes);
	while (hash_table_iterate(iter, outcomes, &outcome, &outcome))
		i_free(outcome);
	hash_table_iterate_deinit(&iter);
	hash_table_destroy(&outcomes);
	array_free(&logins);
	io_loop_destroy(&ioloop);
	lib_deinit();
	return 0;
}
