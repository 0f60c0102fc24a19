/* Run LDAP searches at a steady rate and tell as JSON lines what came of each,
   what was logged and how long the ioloop was ever kept from a 5 ms ticker.
   Ends at the end of its standard input. See probe.py. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "llist.h"
#include "str.h"
#include "str-sanitize.h"
#include "ldap-client.h"
#include "lookup.h"
#include "mirror.h"
#include "words.h"
#include "probe-event.h"
#include "referral-settings.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PROBE_TICK_MSECS 5

struct probe_search {
	struct probe_search *prev, *next;
	struct probe *probe;
	struct referral_ldap_request *request;
	/* with a mirror */
	struct referral_lookup_request *lookup_request;
	double started_at;
};

struct probe {
	struct referral_ldap_client *client;
	struct referral_ldap_search_params params;
	/* in the place of client, if there is a mirror */
	struct referral_lookup *lookup;
	struct referral_mirror *mirror;
	struct probe_search *searches;
	/* a second */
	unsigned int rate;
	/* the socket's path */
	const char *dns_client;
	/* 0 = until the end of input */
	unsigned int max_count;
	unsigned int started, finished;
	double start_at, last_tick, max_gap;
};

/* Milliseconds of a clock that never goes back. */
static double probe_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		i_fatal("clock_gettime() failed: %m");
	return ts.tv_sec * 1000.0 + ts.tv_nsec / 1000000.0;
}

static const char *json_string(const char *value)
{
	string_t *str = t_str_new(256);
	const char *p;

	if (value == NULL)
		return "null";
	str_append_c(str, '"');
	for (p = value; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			str_append_c(str, '\\');
		if ((unsigned char)*p < 0x20)
			str_printfa(str, "\\u%04x", *p);
		else
			str_append_c(str, *p);
	}
	str_append_c(str, '"');
	return str_c(str);
}

static void ATTR_FORMAT(2, 0)
probe_log(const struct failure_context *ctx, const char *format, va_list args)
{
	static const char *const types[] = {
		"debug", "info", "warning", "error", "fatal", "panic"
	};

	printf("{\"log\": \"%s\", \"text\": %s}\n",
	       ctx->type < (int)N_ELEMENTS(types) ? types[ctx->type] : "?",
	       json_string(t_strdup_vprintf(format, args)));
}

static const char *
probe_status_to_string(enum referral_ldap_status status)
{
	switch (status) {
	case REFERRAL_LDAP_ENTRY:
		return "entry";
	case REFERRAL_LDAP_NO_ENTRY:
		return "no_entry";
	case REFERRAL_LDAP_SEVERAL_ENTRIES:
		return "several_entries";
	case REFERRAL_LDAP_UNAVAILABLE:
		return "unavailable";
	}
	i_unreached();
}

/* As a search's status would be */
static const char *
probe_lookup_status_to_string(enum referral_lookup_status status)
{
	switch (status) {
	case REFERRAL_LOOKUP_HOSTS:
	case REFERRAL_LOOKUP_NO_VALUE:
		return "entry";
	default:
		return referral_status_to_string(status);
	}
}

/* values may be NULL */
static const char *probe_values(const char *const *values)
{
	string_t *str = t_str_new(128);
	unsigned int i;

	if (values == NULL)
		return "null";
	str_append_c(str, '[');
	for (i = 0; values[i] != NULL; i++) {
		if (i > 0)
			str_append(str, ", ");
		str_append(str, json_string(values[i]));
	}
	str_append_c(str, ']');
	return str_c(str);
}

/* An answer whose search has failed already. */
static void
probe_late(const char *key, const struct referral_ldap_result *result,
	   void *context ATTR_UNUSED)
{
	printf("{\"late\": %s, \"status\": \"%s\"}\n", json_string(key),
	       probe_status_to_string(result->status));
}

static void
probe_search_finish(struct probe_search *search, const char *status,
		    const char *const *values, const char *error,
		    const char *source)
{
	struct probe *probe = search->probe;
	double now = probe_now();

	T_BEGIN {
		printf("{\"at\": %.1f, \"msecs\": %.1f, \"status\": \"%s\", "
		       "\"values\": %s, \"error\": %s, \"source\": \"%s\"}\n",
		       search->started_at - probe->start_at,
		       now - search->started_at, status, probe_values(values),
		       json_string(error), source);
	} T_END;
	DLLIST_REMOVE(&probe->searches, search);
	i_free(search);
	if (++probe->finished == probe->max_count)
		io_loop_stop(current_ioloop);
}

static void
probe_search_callback(const struct referral_ldap_result *result, void *context)
{
	probe_search_finish(context, probe_status_to_string(result->status),
			    result->status == REFERRAL_LDAP_ENTRY ?
			    result->values[0] : NULL, result->error, "ldap");
}

static void
probe_lookup_callback(const struct referral_lookup_result *result,
		      void *context)
{
	probe_search_finish(context,
			    probe_lookup_status_to_string(result->status),
			    result->mailhosts, result->error,
			    referral_source_to_string(result->source));
}

/* As a login does it */
static void probe_lookup(struct probe *probe, struct probe_search *search)
{
	const struct referral_user user = { .name = probe->params.key };
	struct referral_lookup_result result;
	bool again;

	if (referral_lookup_cached(probe->lookup, &user, &again, &result)) {
		probe_lookup_callback(&result, search);
		return;
	}
	search->lookup_request =
		referral_lookup_start(probe->lookup, &user, FALSE,
				      probe_lookup_callback, search);
}

static void probe_search(struct probe *probe)
{
	struct probe_search *search = i_new(struct probe_search, 1);

	search->probe = probe;
	search->started_at = probe_now();
	DLLIST_PREPEND(&probe->searches, search);
	probe->started++;
	if (probe->lookup != NULL) {
		probe_lookup(probe, search);
		return;
	}
	search->request = referral_ldap_search(probe->client, &probe->params,
					       probe_search_callback, search);
}

static void probe_search_cancel(struct probe_search *search)
{
	if (search->lookup_request != NULL)
		referral_lookup_cancel(&search->lookup_request);
	else
		referral_ldap_search_cancel(&search->request);
}

static void probe_tick(struct probe *probe)
{
	double now = probe_now();

	probe->max_gap = I_MAX(probe->max_gap, now - probe->last_tick);
	probe->last_tick = now;
	while ((probe->max_count == 0 || probe->started < probe->max_count) &&
	       (now - probe->start_at) * probe->rate / 1000.0 >=
	       probe->started)
		probe_search(probe);
}

static void probe_stdin(struct probe *probe ATTR_UNUSED)
{
	char buf[100];

	if (read(STDIN_FILENO, buf, sizeof(buf)) <= 0)
		io_loop_stop(current_ioloop);
}

static void probe_run(struct probe *probe)
{
	struct probe_search *search, *next;
	struct timeout *to;
	struct io *io;
	bool cancel = TRUE;

	probe->start_at = probe->last_tick = probe_now();
	to = timeout_add_short(PROBE_TICK_MSECS, probe_tick, probe);
	io = io_add(STDIN_FILENO, IO_READ, probe_stdin, probe);
	io_loop_run(current_ioloop);
	io_remove(&io);
	timeout_remove(&to);
	/* What is pending is answered by deinit, except for every other. */
	for (search = probe->searches; search != NULL; search = next) {
		next = search->next;
		if (cancel) {
			DLLIST_REMOVE(&probe->searches, search);
			probe_search_cancel(search);
			i_free(search);
		}
		cancel = !cancel;
	}
	printf("{\"started\": %u, \"finished\": %u, \"max_gap\": %.1f}\n",
	       probe->started, probe->finished, probe->max_gap);
}

static void probe_default_settings(struct referral_directory_settings *set)
{
	set->referral_ldap_tls_ca_file = set->referral_ldap_tls_ca_dir = "";
	set->referral_ldap_tls_cert_file = "";
	set->referral_ldap_tls_key_file = "";
	set->referral_ldap_tls_crl_file = "";
	set->referral_ldap_tls_min_protocol = "TLSv1.2";
	set->referral_ldap_tls_cipher_list = "";
	set->referral_ldap_tls_cipher_suites = "";
	set->referral_ldap_auth_dn = set->referral_ldap_auth_dn_password = "";
	set->referral_ldap_sasl_mechanism = "";
	set->referral_ldap_timeout = 2000;
	set->referral_ldap_connect_timeout = 1500;
	set->referral_ldap_queue_timeout = 30000;
	set->referral_ldap_deref = "never";
	/* for the mirror's lookups, of which none is kept */
	set->referral_ldap_base = "dc=example,dc=com";
	set->referral_ldap_scope = "subtree";
	set->referral_ldap_filter = "(uid=%{user})";
	set->referral_ldap_attributes = "mailHost";
	set->referral_mailhost_format = "host";
	set->referral_action_attribute = "";
	set->referral_cache_stale_ttl = 3600;
}

/* Those that are strings of the settings: "--ca-file" and so on. */
static const struct {
	const char *option;
	size_t offset;
} probe_strings[] = {
#define STR(option, name) \
	{ option, offsetof(struct referral_directory_settings, name) }
	STR("ca-file", referral_ldap_tls_ca_file),
	STR("cert-file", referral_ldap_tls_cert_file),
	STR("cipher-list", referral_ldap_tls_cipher_list),
	STR("cipher-suites", referral_ldap_tls_cipher_suites),
	STR("crl-file", referral_ldap_tls_crl_file),
	STR("deref", referral_ldap_deref),
	STR("dn", referral_ldap_auth_dn),
	STR("key-file", referral_ldap_tls_key_file),
	STR("mechanism", referral_ldap_sasl_mechanism),
	STR("min-protocol", referral_ldap_tls_min_protocol),
	STR("password", referral_ldap_auth_dn_password),
#undef STR
};
/* and where they begin among the numbers of getopt_long() */
#define PROBE_STRING 1000

static const struct option *probe_options(void)
{
	static const struct option others[] = {
		{ "rate", required_argument, NULL, 'r' },
		{ "count", required_argument, NULL, 'n' },
		{ "timeout", required_argument, NULL, 't' },
		{ "connect-timeout", required_argument, NULL, 'c' },
		{ "queue-timeout", required_argument, NULL, 'q' },
		{ "starttls", no_argument, NULL, 'z' },
		{ "base", required_argument, NULL, 'b' },
		{ "filter", required_argument, NULL, 'f' },
		{ "attribute", required_argument, NULL, 'A' },
		{ "base-tail", required_argument, NULL, 'B' },
		{ "heed-references", no_argument, NULL, 'R' },
		{ "dns-client", required_argument, NULL, 'd' },
		{ "mirror", no_argument, NULL, 'M' },
	};
	const unsigned int count = N_ELEMENTS(others);
	struct option *options;
	unsigned int i;

	options = t_new(struct option, count + N_ELEMENTS(probe_strings) + 1);
	memcpy(options, others, sizeof(others));
	for (i = 0; i < N_ELEMENTS(probe_strings); i++) {
		options[count + i].name = probe_strings[i].option;
		options[count + i].has_arg = required_argument;
		options[count + i].val = PROBE_STRING + i;
	}
	return options;
}

static void
probe_parse_args(int argc, char *argv[], struct probe *probe,
		 struct referral_directory_settings *set)
{
	static const char *attributes[] = { "mailHost", NULL };
	const struct option *options = probe_options();
	int opt;

	probe->rate = 100;
	probe->params.base = "dc=example,dc=com";
	probe->params.scope = 2;
	probe->params.filter = "(uid=alice)";
	probe->params.key = "alice";
	probe->params.attributes = attributes;
	probe_default_settings(set);
	probe->dns_client = "dns-client";

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt >= PROBE_STRING) {
			*(const char **)PTR_OFFSET(set,
				probe_strings[opt - PROBE_STRING].offset) =
				optarg;
			continue;
		}
		switch (opt) {
		case 'r':
			probe->rate = atoi(optarg);
			break;
		case 'n':
			probe->max_count = atoi(optarg);
			break;
		case 't':
			set->referral_ldap_timeout = atoi(optarg);
			break;
		case 'c':
			set->referral_ldap_connect_timeout = atoi(optarg);
			break;
		case 'q':
			set->referral_ldap_queue_timeout = atoi(optarg);
			break;
		case 'z':
			set->referral_ldap_starttls = TRUE;
			break;
		case 'b':
			probe->params.base = optarg;
			break;
		case 'f':
			probe->params.filter = optarg;
			break;
		case 'A':
			attributes[0] = optarg;
			break;
		case 'B':
			probe->params.base_tail = optarg;
			break;
		case 'R':
			set->referral_ldap_heed_references = TRUE;
			break;
		case 'd':
			probe->dns_client = optarg;
			break;
		case 'M':
			set->referral_mirror = TRUE;
			break;
		default:
			i_fatal("usage: %s [--rate N] ... URI...", argv[0]);
		}
	}
	set->referral_ldap_uris = t_strarray_join(
		(const char *const *)(argv + optind), " ");
}

static int
probe_init(struct probe *probe, struct event *event,
	   const struct referral_directory_settings *set, const char **error_r)
{
	if (set->referral_mirror) {
		if (referral_lookup_init(event, set, probe->dns_client, 1,
					 &probe->lookup, error_r) < 0)
			return -1;
		return referral_mirror_init(event, set, probe->lookup,
					    &probe->mirror, error_r);
	}
	if (referral_ldap_client_init(event, set, probe->dns_client,
				      &probe->client, error_r) < 0)
		return -1;
	referral_ldap_client_set_late_callback(probe->client, probe_late, NULL);
	return 0;
}

static void probe_deinit(struct probe *probe)
{
	if (probe->client != NULL)
		referral_ldap_client_deinit(&probe->client);
	referral_mirror_deinit(&probe->mirror);
	referral_lookup_deinit(&probe->lookup);
	i_assert(probe->searches == NULL);
}

int main(int argc, char *argv[])
{
	struct referral_directory_settings set;
	struct probe probe;
	struct ioloop *ioloop;
	struct event *event;
	const char *error;

	lib_init();
	/* as Dovecot's processes do */
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	i_set_error_handler(probe_log);
	i_set_info_handler(probe_log);
	i_set_debug_handler(probe_log);
	i_zero(&set);
	i_zero(&probe);
	probe_parse_args(argc, argv, &probe, &set);

	ioloop = io_loop_create();
	event = probe_event_create(probe.dns_client);
	if (getenv("PROBE_DEBUG") != NULL)
		event_set_forced_debug(event, TRUE);
	if (probe_init(&probe, event, &set, &error) < 0)
		printf("{\"init_error\": %s}\n", json_string(error));
	else
		probe_run(&probe);
	probe_deinit(&probe);
	probe_event_destroy(&event);
	io_loop_destroy(&ioloop);
	lib_deinit();
	return 0;
}
