/* The state of the auth process. */

#include "auth-common.h"
#include "array.h"
#include "hostpid.h"
#include "ioloop.h"
#include "str.h"
#include "strescape.h"
#include "cache.h"
#include "ldap-client.h"
#include "lookup.h"
#include "mirror.h"
#include "auth-config.h"
#include "auth-counts.h"
#include "auth-directories.h"
#include "auth-status.h"

/* No user's name: no directory lets one begin with a space. */
static const struct referral_user status_user = {
	.name = " login-referral-status@invalid"
};

struct status_directory {
	struct referral_status *status;
	const char *name;
	struct referral_lookup *lookup;
	const struct referral_mirror *mirror;
	/* NULL when it is answered */
	struct referral_lookup_request *request;
	/* NULL if it works */
	char *error;
};

struct referral_status {
	pool_t pool;
	referral_status_callback_t *callback;
	void *context;

	ARRAY(struct status_directory) directories;
	unsigned int waiting;
	/* without a directory there is nothing to wait for */
	struct timeout *to;
};

static void ATTR_FORMAT(3, 4)
status_add(string_t *str, const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	str_printfa(str, "\t%s=", key);
	str_append_tabescaped(str, t_strdup_vprintf(fmt, args));
	va_end(args);
}

static void
status_tell(struct referral_status *status, const char *kind, string_t *str)
{
	status->callback(kind, str_c(str), status->context);
}

static void
status_tell_server(struct referral_status *status,
		   const struct referral_ldap_server_status *server)
{
	string_t *str = t_str_new(256);

	status_add(str, "name", "%s", server->uri);
	status_add(str, "state", "%s",
		   referral_ldap_server_state_to_string(server->state));
	if (server->ip.family != 0)
		status_add(str, "ip", "%s", net_ip2addr(&server->ip));
	if (server->since != 0) {
		status_add(str, "age", "%s",
			   dec2str(I_MAX(ioloop_time - server->since, 0)));
	}
	status_add(str, "pending", "%u", server->pending);
	status_add(str, "limit", "%u", server->pending_limit);
	if (server->last_error != NULL) {
		status_add(str, "error_age", "%s", dec2str(
			I_MAX(ioloop_time - server->last_error_at, 0)));
		status_add(str, "error", "%s", server->last_error);
	}
	status_tell(status, "server", str);
}

static void status_tell_cache(struct referral_status *status,
			      const struct status_directory *directory)
{
	const struct referral_cache_stats *stats =
		referral_lookup_get_cache_stats(directory->lookup);
	string_t *str = t_str_new(256);

	status_add(str, "name", "%s", directory->name);
	status_add(str, "entries", "%u", stats->entries);
	status_add(str, "bytes", "%zu", stats->bytes);
	status_add(str, "hits", "%"PRIu64, stats->hits);
	status_add(str, "misses", "%"PRIu64, stats->misses);
	status_add(str, "stale", "%"PRIu64, stats->stale);
	status_add(str, "evicted", "%"PRIu64, stats->evictions);
	status_tell(status, "cache", str);
}

static void status_tell_mirror(struct referral_status *status,
			       const struct status_directory *directory)
{
	struct referral_mirror_status mirror;
	string_t *str = t_str_new(256);

	if (directory->mirror == NULL)
		return;
	referral_mirror_get_status(directory->mirror, &mirror);
	status_add(str, "name", "%s", directory->name);
	status_add(str, "state", "%s", mirror.state);
	status_add(str, "count", "%u", mirror.users);
	if (mirror.server != NULL)
		status_add(str, "server", "%s", mirror.server);
	if (mirror.have_contact)
		status_add(str, "age", "%u", mirror.contact_age_secs);
	status_add(str, "bytes", "%zu", mirror.bytes);
	status_add(str, "hits", "%"PRIu64, mirror.answers);
	status_add(str, "misses", "%"PRIu64, mirror.questions);
	status_add(str, "changes", "%"PRIu64, mirror.changes);
	status_add(str, "lost", "%u", mirror.lost);
	if (mirror.error != NULL)
		status_add(str, "error", "%s", mirror.error);
	status_tell(status, "mirror", str);
}

static void status_tell_directory(struct referral_status *status,
				  const struct status_directory *directory)
{
	struct referral_ldap_client_status servers;
	string_t *str = t_str_new(256);
	unsigned int i;

	i_zero(&servers);
	(void)referral_lookup_get_servers(directory->lookup, &servers);
	status_add(str, "name", "%s", directory->name);
	status_add(str, "state", "%s",
		   directory->error == NULL ? "well" : "failing");
	if (directory->error != NULL)
		status_add(str, "error", "%s", directory->error);
	status_add(str, "pending", "%u",
		   referral_lookup_get_searches_count(directory->lookup));
	status_add(str, "waiting", "%u", servers.waiting);
	status_tell(status, "directory", str);
	for (i = 0; i < servers.servers_count; i++)
		status_tell_server(status, &servers.servers[i]);
	status_tell_cache(status, directory);
	status_tell_mirror(status, directory);
}

static void
status_tell_count(const char *action, const char *reason, uint64_t count,
		  void *context)
{
	string_t *str = t_str_new(64);

	status_add(str, "name", "%s", action);
	status_add(str, "state", "%s", reason);
	status_add(str, "count", "%"PRIu64, count);
	status_tell(context, "decisions", str);
}

static void status_tell_end(struct referral_status *status)
{
	string_t *str = t_str_new(64);

	status_add(str, "pid", "%s", my_pid);
	status_add(str, "age", "%s", dec2str(ioloop_time - process_start_time));
	status_tell(status, NULL, str);
}

static void status_free(struct referral_status *status)
{
	struct status_directory *directory;

	array_foreach_modifiable(&status->directories, directory) {
		if (directory->request != NULL)
			referral_lookup_cancel(&directory->request);
		i_free(directory->error);
	}
	timeout_remove(&status->to);
	pool_unref(&status->pool);
}

static void status_finish(struct referral_status *status)
{
	const struct status_directory *directory;

	array_foreach(&status->directories, directory) T_BEGIN {
		status_tell_directory(status, directory);
	} T_END;
	referral_auth_counts_list(status_tell_count, status);
	T_BEGIN {
		status_tell_end(status);
	} T_END;
	status_free(status);
}

static void
status_looked_up(const struct referral_lookup_result *result, void *context)
{
	struct status_directory *directory = context;
	struct referral_status *status = directory->status;

	directory->request = NULL;
	/* who was asked about before is still known for a while */
	if (result->status == REFERRAL_LOOKUP_UNAVAILABLE ||
	    result->source == REFERRAL_SOURCE_STALE) {
		directory->error = i_strdup(result->error == NULL ?
					    "unavailable" : result->error);
	}
	if (--status->waiting == 0)
		status_finish(status);
}

static void
status_get_directories(struct referral_status *status,
		       struct referral_auth_config *config)
{
	struct status_directory *directory;
	struct referral_lookup *lookup;
	const char *name;
	unsigned int i, count =
		referral_auth_directories_count(config->directories);

	p_array_init(&status->directories, status->pool, count + 1);
	for (i = 0; i < count; i++) {
		lookup = referral_auth_directories_get(config->directories, i,
						       &name);
		/* its settings do not work, as the log has said */
		if (lookup == NULL)
			continue;
		directory = array_append_space(&status->directories);
		directory->status = status;
		directory->lookup = lookup;
		directory->name = name;
		directory->mirror = referral_auth_directories_get_mirror(
			config->directories, i);
	}
}

struct referral_status *
referral_status_start(struct referral_auth_config *config,
		      referral_status_callback_t *callback, void *context)
{
	struct referral_status *status;
	struct status_directory *directory;
	pool_t pool = pool_alloconly_create("referral status", 512);

	status = p_new(pool, struct referral_status, 1);
	status->pool = pool;
	status->callback = callback;
	status->context = context;
	status_get_directories(status, config);
	array_foreach_modifiable(&status->directories, directory) {
		status->waiting++;
		directory->request = referral_lookup_start(directory->lookup,
			&status_user, FALSE, status_looked_up, directory);
	}
	if (status->waiting == 0)
		status->to = timeout_add_short(0, status_finish, status);
	return status;
}

void referral_status_cancel(struct referral_status **_status)
{
	struct referral_status *status = *_status;

	*_status = NULL;
	status_free(status);
}
