/* Walks over the directories. */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "doveadm.h"
#include "referral-settings.h"
#include "compat-directories.h"
#include "compat-doveadm.h"
#include "hostmap.h"
#include "own-identity.h"
#include "doveadm-walk.h"
#include "doveadm-directory.h"

struct referral_directories {
	struct doveadm_cmd_context *cctx;
	pool_t pool;
	struct event *event;
	/* where blocks are found */
	struct event *settings_event;

	const struct referral_settings *set;
	const struct referral_directory_settings *outside;
	struct referral_entry_rules rules;
};

static void
directories_error(struct referral_directories *directories, const char *error)
{
	referral_compat_doveadm_error(directories->cctx, "%s", error);
	doveadm_exit_code = EX_CONFIG;
}

static int
directories_read(struct referral_directories *directories,
		 const char **error_r)
{
	const void *set;

	if (referral_compat_doveadm_settings_get(directories->cctx,
			&referral_setting_parser_info,
			&directories->settings_event, &set, error_r) < 0)
		return -1;
	directories->set = set;
	if (referral_compat_doveadm_settings_get(directories->cctx,
			&referral_directory_setting_parser_info,
			&directories->settings_event, &set, error_r) < 0)
		return -1;
	directories->outside = set;
	return 0;
}

static int
directories_create_rules(struct referral_directories *directories,
			 const char **error_r)
{
	struct referral_identity *identity;
	struct referral_hostmap *map;
	struct referral_hostglobs *allowed_hosts;

	if (referral_own_identity_create(directories->pool, directories->event,
					 directories->set, &identity,
					 error_r) < 0 ||
	    referral_hostmap_create(directories->pool,
				    directories->set->referral_host_map,
				    &map, error_r) < 0 ||
	    referral_hostglobs_create(directories->pool,
				      "referral_allowed_hosts",
				      directories->set->referral_allowed_hosts,
				      &allowed_hosts, error_r) < 0)
		return -1;
	directories->rules.identity = identity;
	directories->rules.map = map;
	directories->rules.allowed_hosts = allowed_hosts;
	return 0;
}

int referral_directories_init(struct doveadm_cmd_context *cctx,
			      struct referral_directories **directories_r)
{
	struct referral_directories *directories;
	const char *error;
	pool_t pool;

	pool = pool_alloconly_create("referral directories", 4096);
	directories = p_new(pool, struct referral_directories, 1);
	directories->cctx = cctx;
	directories->pool = pool;
	directories->event = event_create(NULL);
	if (directories_read(directories, &error) < 0 ||
	    directories_create_rules(directories, &error) < 0) {
		directories_error(directories, error);
		referral_directories_deinit(&directories);
		return -1;
	}
	*directories_r = directories;
	return 0;
}

void referral_directories_deinit(struct referral_directories **_directories)
{
	struct referral_directories *directories = *_directories;

	*_directories = NULL;
	if (directories->set != NULL)
		referral_compat_doveadm_settings_free(directories->set);
	if (directories->outside != NULL)
		referral_compat_doveadm_settings_free(directories->outside);
	event_unref(&directories->event);
	pool_unref(&directories->pool);
}

const struct referral_entry_rules *
referral_directories_get_rules(const struct referral_directories *directories)
{
	return &directories->rules;
}

/* In an ioloop of its own: doveadm's may have other things to do. */
static int
directories_walk_one(struct referral_directories *directories,
		     const struct referral_directory_settings *set,
		     referral_directory_entry_t *callback, void *context)
{
	struct ioloop *ioloop = io_loop_create();
	const char *error;
	int ret;

	ret = referral_walk(directories->event, set, callback, context, &error);
	io_loop_destroy(&ioloop);
	if (ret < 0) {
		referral_compat_doveadm_error(directories->cctx, "%s%s%s",
			set->referral_directory_name,
			*set->referral_directory_name == '\0' ? "" : ": ",
			error);
		doveadm_exit_code = EX_TEMPFAIL;
	}
	return ret;
}

static int
directories_walk_block(struct referral_directories *directories,
		       unsigned int idx, referral_directory_entry_t *callback,
		       void *context)
{
	const struct referral_directory_settings *set;
	const char *error;
	int ret;

	if (referral_compat_directory_get(directories->pool,
					  directories->settings_event, NULL,
					  directories->outside, idx, &set,
					  &error) < 0) {
		directories_error(directories, error);
		return -1;
	}
	ret = directories_walk_one(directories, set, callback, context);
	referral_compat_directory_free(&set);
	return ret;
}

int referral_directories_walk(struct referral_directories *directories,
			      referral_directory_entry_t *callback,
			      void *context)
{
	unsigned int i, count =
		referral_compat_directories_count(directories->outside);
	bool outside = *directories->outside->referral_ldap_uris != '\0';
	int ret = 0;

	if (count == 0 && !outside) {
		directories_error(directories, "referral_ldap_uris is empty: "
				  "there is no directory");
		return -1;
	}
	for (i = 0; i < count; i++) {
		if (directories_walk_block(directories, i, callback,
					   context) < 0)
			ret = -1;
	}
	if (outside && directories_walk_one(directories, directories->outside,
					    callback, context) < 0)
		ret = -1;
	return ret;
}
