/* Dovecot 2.3: a block is a struct of its own, which knows nothing of what
   stands outside. So its defaults are values that nobody can set, and what has
   one of them is taken from outside. */

#include "lib.h"
#include "array.h"
#include "settings-parser.h"
#include "compat-setting-defs.h"
#include "compat-directories.h"

/* Strings are NULL. A bool has no third value: a block can only add a yes. */
#define NUM_UNSET UINT_MAX
#define SIZE_UNSET UOFF_T_MAX

static const struct referral_directory_settings referral_block_defaults = {
	/* the first word is the default */
	.referral_ldap_tls_min_protocol =
		":TLSv1.2:TLSv1.3:LATEST:TLSv1.1:TLSv1:ANY",
	.referral_ldap_scope = ":subtree:onelevel:base",
	.referral_ldap_deref = ":never:searching:finding:always",
	.referral_ldap_timeout = NUM_UNSET,
	.referral_ldap_connect_timeout = NUM_UNSET,
	.referral_ldap_queue_timeout = NUM_UNSET,
	.referral_cache_ttl = NUM_UNSET,
	.referral_cache_negative_ttl = NUM_UNSET,
	.referral_cache_home_ttl = NUM_UNSET,
	.referral_cache_away_ttl = NUM_UNSET,
	.referral_cache_stale_ttl = NUM_UNSET,
	.referral_cache_stale_home_ttl = NUM_UNSET,
	.referral_bounce_time = NUM_UNSET,
	.referral_cache_size = SIZE_UNSET,
};

const struct setting_parser_info referral_directory_block_parser_info = {
	/* no blocks in a block */
	.defines = referral_directory_setting_defines + 1,
	.defaults = &referral_block_defaults,
	.type_offset = offsetof(struct referral_directory_settings,
				referral_directory_name),
	.struct_size = sizeof(struct referral_directory_settings),
	.parent_offset = SIZE_MAX,
};

/* Take from outside what the block leaves out. */
static void
referral_block_complete(const struct setting_define *def, void *block,
			const void *outside)
{
	void *value = PTR_OFFSET(block, def->offset);
	const void *other = CONST_PTR_OFFSET(outside, def->offset);

	switch (def->type) {
	case SET_BOOL:
		if (!*(bool *)value)
			*(bool *)value = *(const bool *)other;
		break;
	case SET_UINT:
	case SET_TIME:
	case SET_TIME_MSECS:
		if (*(unsigned int *)value == NUM_UNSET)
			*(unsigned int *)value = *(const unsigned int *)other;
		break;
	case SET_SIZE:
		if (*(uoff_t *)value == SIZE_UNSET)
			*(uoff_t *)value = *(const uoff_t *)other;
		break;
	case SET_ENUM:
		if (**(const char **)value == '\0')
			*(const char **)value = *(const char *const *)other;
		break;
	default:
		if (*(const char **)value == NULL)
			*(const char **)value = *(const char *const *)other;
		break;
	}
}

unsigned int
referral_compat_directories_count(const struct referral_directory_settings *set)
{
	return !array_is_created(&set->referral_directories) ? 0 :
		array_count(&set->referral_directories);
}

int referral_compat_directory_get(
	pool_t pool, struct event *event ATTR_UNUSED,
	const char *protocol ATTR_UNUSED,
	const struct referral_directory_settings *set, unsigned int idx,
	const struct referral_directory_settings **set_r,
	const char **error_r ATTR_UNUSED)
{
	const struct referral_directory_settings *given =
		array_idx_elem(&set->referral_directories, idx);
	const struct setting_define *def;
	struct referral_directory_settings *block;

	block = p_new(pool, struct referral_directory_settings, 1);
	*block = *given;
	for (def = referral_directory_block_parser_info.defines;
	     def->key != NULL; def++)
		referral_block_complete(def, block, set);
	*set_r = block;
	return 0;
}

void referral_compat_directory_free(
	const struct referral_directory_settings **set)
{
	/* it is its pool's */
	*set = NULL;
}

bool referral_compat_directories_check(
	pool_t pool, const struct referral_directory_settings *set,
	referral_directory_check_t *check, const char **error_r)
{
	const struct referral_directory_settings *block;
	unsigned int i, count = referral_compat_directories_count(set);
	const char *error;

	for (i = 0; i < count; i++) {
		if (referral_compat_directory_get(pool, NULL, NULL, set, i,
						  &block, error_r) < 0)
			return FALSE;
		if (!check(block, &error)) {
			*error_r = t_strdup_printf("referral_directory %s: %s",
				block->referral_directory_name, error);
			return FALSE;
		}
	}
	return TRUE;
}
