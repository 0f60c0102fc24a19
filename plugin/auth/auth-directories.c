/* Whom to ask about whom. */

#include "auth-common.h"
#include "array.h"
#include "domains.h"
#include "master-service.h"
#include "lookup.h"
#include "mirror.h"
#include "referral-settings.h"
#include "compat-auth.h"
#include "compat-directories.h"
#include "auth-directories.h"

struct referral_auth_directory {
	const struct referral_directory_settings *set;
	/* NULL outside of blocks */
	const char *const *domains;
	/* NULL if it could not be opened: then there is an error */
	struct referral_lookup *lookup;
	const char *error;
	/* NULL without referral_mirror */
	struct referral_mirror *mirror;
};

struct referral_auth_directories {
	pool_t pool;
	struct event *event;
	const char *dns_client_socket_path;

	/* outside of blocks: holds them, and may name a directory itself */
	const struct referral_directory_settings *outside;
	/* the blocks, then the one outside if it is one */
	ARRAY(struct referral_auth_directory) list;
};

static int
referral_auth_outside_read(pool_t pool, struct event *event,
			   const char *protocol,
			   const struct referral_directory_settings **set_r,
			   const char **error_r)
{
	const void *set;

	if (referral_compat_settings_get(pool, event,
					 &referral_directory_setting_parser_info,
					 protocol, &set, error_r) < 0)
		return -1;
	*set_r = set;
	return 0;
}

static int
referral_auth_block_compare(struct referral_auth_directories *directories,
			    struct event *event, const char *protocol,
			    const struct referral_directory_settings *outside,
			    unsigned int idx, const char **setting_r,
			    const char **error_r)
{
	const struct referral_auth_directory *directory =
		array_idx(&directories->list, idx);
	const struct referral_directory_settings *set;
	bool equal;

	if (referral_compat_directory_get(directories->pool, event, protocol,
					  outside, idx, &set, error_r) < 0)
		return -1;
	equal = referral_directory_settings_equal(set, directory->set,
						  setting_r);
	referral_compat_directory_free(&set);
	return equal ? 1 : 0;
}

/* Returns 1 if protocol has the same directories as all others, 0 and setting_r
   if not, -1 and error_r. */
static int
referral_auth_directories_compare(
	struct referral_auth_directories *directories, struct event *event,
	const char *protocol, const struct referral_directory_settings *set,
	const char **setting_r, const char **error_r)
{
	unsigned int i, count = referral_compat_directories_count(set);
	int ret = 1;

	*setting_r = "referral_directory";
	if (count != referral_compat_directories_count(directories->outside))
		return 0;
	for (i = 0; i < count && ret > 0; i++) {
		ret = referral_auth_block_compare(directories, event, protocol,
						  set, i, setting_r, error_r);
	}
	if (ret <= 0)
		return ret;
	return referral_directory_settings_equal(set, directories->outside,
						 setting_r) ? 1 : 0;
}

int referral_auth_directories_check(
	struct referral_auth_directories *directories, struct event *event,
	const char *protocol, const char **error_r)
{
	const struct referral_directory_settings *set;
	const char *setting;
	int ret;

	if (referral_auth_outside_read(directories->pool, event, protocol,
				       &set, error_r) < 0)
		return -1;
	ret = referral_auth_directories_compare(directories, event, protocol,
						set, &setting, error_r);
	referral_compat_settings_free(set);
	if (ret == 0) {
		*error_r = t_strdup_printf(
			"%s can't be set for protocol %s alone: there is one "
			"directory for all of them", setting, protocol);
	}
	return ret > 0 ? 0 : -1;
}

/* Two directories for one user: only the first will ever be asked. */
static void
referral_auth_domains_check(const struct referral_auth_directories *directories,
			    const struct referral_auth_directory *directory)
{
	const struct referral_auth_directory *other;
	const char *const *domain;

	for (domain = directory->domains; *domain != NULL; domain++) {
		array_foreach(&directories->list, other) {
			if (!str_array_find(other->domains, *domain))
				continue;
			e_error(directories->event, "referral_directory %s: "
				"%s has referral_directory %s already "
				"(check referral_directory_domains)",
				directory->set->referral_directory_name,
				*domain, other->set->referral_directory_name);
		}
	}
}

static int
referral_auth_directories_read(struct referral_auth_directories *directories,
			       struct event *event, const char **error_r)
{
	struct referral_auth_directory directory;
	unsigned int i, count;

	if (referral_auth_outside_read(directories->pool, event, NULL,
				       &directories->outside, error_r) < 0)
		return -1;
	count = referral_compat_directories_count(directories->outside);
	i_zero(&directory);
	for (i = 0; i < count; i++) {
		if (referral_compat_directory_get(directories->pool, event,
						  NULL, directories->outside, i,
						  &directory.set, error_r) < 0)
			return -1;
		directory.domains = referral_domains_split(directories->pool,
			directory.set->referral_directory_domains,
			directory.set->referral_directory_name);
		referral_auth_domains_check(directories, &directory);
		array_push_back(&directories->list, &directory);
	}
	return 0;
}

static int
referral_auth_directory_open(struct referral_auth_directories *directories,
			     struct referral_auth_directory *directory,
			     const char **error_r)
{
	const char *error;

	if (referral_lookup_init(directories->event, directory->set,
				 directories->dns_client_socket_path,
				 array_count(&directories->list),
				 &directory->lookup, error_r) < 0)
		return -1;
	referral_lookup_probe(directory->lookup);
	if (!directory->set->referral_mirror)
		return 0;
	if (referral_mirror_init(directories->event, directory->set,
				 directory->lookup, &directory->mirror,
				 &error) < 0) {
		e_error(directories->event, "%s: no copy is kept", error);
		directory->mirror = NULL;
	}
	return 0;
}

/* In Dovecot 2.3 the process ends when it is idle. */
static void
referral_auth_mirrors_check(const struct referral_auth_directories *directories)
{
	const struct referral_auth_directory *directory;
	bool mirrors = FALSE;

	array_foreach(&directories->list, directory)
		mirrors = mirrors || directory->mirror != NULL;
	if (mirrors &&
	    master_service_get_process_min_avail(master_service) == 0) {
		e_warning(directories->event, "referral_mirror: the copy is "
			  "lost whenever nobody has logged in for a while "
			  "(set service auth { process_min_avail = 1 })");
	}
}

static void
referral_auth_directories_open(struct referral_auth_directories *directories)
{
	struct referral_auth_directory *directory;
	const char *error;

	array_foreach_modifiable(&directories->list, directory) {
		if (referral_auth_directory_open(directories, directory,
						 &error) == 0)
			continue;
		if (directory->domains != NULL) {
			error = t_strdup_printf("referral_directory %s: %s",
				directory->set->referral_directory_name, error);
		}
		directory->error = p_strdup(directories->pool, error);
		if (directory->lookup != NULL)
			referral_lookup_deinit(&directory->lookup);
		e_error(directories->event, "%s: its users' homes are "
			"not known until that is mended", error);
	}
	referral_auth_mirrors_check(directories);
}

int referral_auth_directories_init(
	struct event *event, struct event *settings_event,
	const char *dns_client_socket_path,
	struct referral_auth_directories **directories_r, const char **error_r)
{
	struct referral_auth_directories *directories;
	struct referral_auth_directory *outside;
	pool_t pool;

	pool = pool_alloconly_create("referral directories", 4096);
	*directories_r = directories =
		p_new(pool, struct referral_auth_directories, 1);
	directories->pool = pool;
	directories->event = event;
	directories->dns_client_socket_path =
		p_strdup(pool, dns_client_socket_path);
	p_array_init(&directories->list, pool, 4);

	if (referral_auth_directories_read(directories, settings_event,
					   error_r) < 0)
		return -1;
	if (*directories->outside->referral_ldap_uris != '\0') {
		outside = array_append_space(&directories->list);
		outside->set = directories->outside;
	}
	referral_auth_directories_open(directories);
	return 0;
}

void referral_auth_directories_deinit(
	struct referral_auth_directories **_directories)
{
	struct referral_auth_directories *directories = *_directories;
	struct referral_auth_directory *directory;

	*_directories = NULL;
	if (directories == NULL)
		return;
	array_foreach_modifiable(&directories->list, directory) {
		referral_mirror_deinit(&directory->mirror);
		if (directory->lookup != NULL)
			referral_lookup_deinit(&directory->lookup);
		if (directory->domains != NULL)
			referral_compat_directory_free(&directory->set);
	}
	if (directories->outside != NULL)
		referral_compat_settings_free(directories->outside);
	pool_unref(&directories->pool);
}

unsigned int referral_auth_directories_count(
	const struct referral_auth_directories *directories)
{
	return array_count(&directories->list);
}

struct referral_lookup *
referral_auth_directories_get(
	const struct referral_auth_directories *directories, unsigned int idx,
	const char **name_r)
{
	const struct referral_auth_directory *directory =
		array_idx(&directories->list, idx);

	*name_r = directory->set->referral_directory_name;
	return directory->lookup;
}

const struct referral_mirror *
referral_auth_directories_get_mirror(
	const struct referral_auth_directories *directories, unsigned int idx)
{
	const struct referral_auth_directory *directory =
		array_idx(&directories->list, idx);

	return directory->mirror;
}

static const struct referral_auth_directory *
referral_auth_directory_find(
	const struct referral_auth_directories *directories, const char *user)
{
	const struct referral_auth_directory *directory;

	array_foreach(&directories->list, directory) {
		if (directory->domains == NULL ||
		    referral_domains_match(directory->domains, user))
			return directory;
	}
	return NULL;
}

struct referral_lookup *
referral_auth_directories_find(
	const struct referral_auth_directories *directories, const char *user)
{
	const struct referral_auth_directory *directory =
		referral_auth_directory_find(directories, user);

	return directory == NULL ? NULL : directory->lookup;
}

const char *referral_auth_directories_find_error(
	const struct referral_auth_directories *directories, const char *user)
{
	const struct referral_auth_directory *directory =
		referral_auth_directory_find(directories, user);

	return directory == NULL ? NULL : directory->error;
}

unsigned int referral_auth_directories_flush(
	const struct referral_auth_directories *directories, const char *user)
{
	const struct referral_auth_directory *directory;
	struct referral_lookup *lookup;
	unsigned int count = 0;

	if (user != NULL) {
		lookup = referral_auth_directories_find(directories, user);
		return lookup == NULL ? 0 : referral_lookup_flush(lookup, user);
	}
	array_foreach(&directories->list, directory) {
		if (directory->lookup != NULL)
			count += referral_lookup_flush(directory->lookup, NULL);
	}
	return count;
}
