/* Messages of a synchronisation, into the copy. */

#include "lib.h"
#include "array.h"
#include "str-sanitize.h"
#include "ldap-stream.h"
#include "question.h"
#include "mirror-private.h"

/* RFC 4511 appendix A */
enum {
	CODE_SUCCESS = 0,
	CODE_TIME_LIMIT_EXCEEDED = 3,
	CODE_SIZE_LIMIT_EXCEEDED = 4,
	CODE_REFERRAL = 10,
	CODE_ADMIN_LIMIT_EXCEEDED = 11,
	CODE_UNAVAILABLE_CRITICAL_EXTENSION = 12,
	CODE_NO_SUCH_OBJECT = 32,
	CODE_INSUFFICIENT_ACCESS = 50,
	CODE_UNWILLING_TO_PERFORM = 53,
};

static const struct referral_ldap_control *
find_control(const struct referral_ldap_stream_entry *entry, const char *oid)
{
	for (unsigned int i = 0; i < entry->controls_count; i++) {
		if (strcmp(entry->controls[i].oid, oid) == 0)
			return &entry->controls[i];
	}
	return NULL;
}

/* Returns FALSE if there is not enough. */
static bool mirror_check_memory(struct referral_mirror *mirror)
{
	const struct referral_mirror_stats *stats;
	size_t max_bytes = mirror->max_bytes / referral_mirrors_count;

	stats = referral_mirror_table_get_stats(
		referral_mirror_copy_get_table(mirror->copy));
	if (mirror->max_bytes == 0 || stats->bytes <= max_bytes)
		return TRUE;
	referral_mirror_sync_refuse(mirror, t_strdup_printf(
		"%u users take more than the %zu MB that service auth "
		"{ vsz_limit } leaves for them: raise it", stats->entries,
		max_bytes / (1024 * 1024)));
	return FALSE;
}

static int
mirror_set_entry(struct referral_mirror *mirror,
		 const struct referral_sync_entry *sync,
		 const struct referral_ldap_stream_entry *entry,
		 const char **error_r)
{
	const struct referral_ldap_result search = {
		.status = REFERRAL_LDAP_ENTRY,
		.values = entry->values + mirror->attributes_count,
	};
	struct referral_lookup_result answer;

	referral_question_get_result(mirror->question, NULL, &search, &answer);
	return referral_mirror_copy_entry(mirror->copy, sync, entry->values,
					  &answer, error_r);
}

void referral_mirror_message_entry(
	struct referral_mirror *mirror,
	const struct referral_ldap_stream_entry *entry)
{
	const struct referral_ldap_control *control =
		find_control(entry, REFERRAL_SYNC_STATE_OID);
	struct referral_sync_entry sync;
	const char *error;

	if (control == NULL || control->value == NULL) {
		referral_mirror_sync_distrust(mirror,
			"an entry came without the control of RFC 4533");
		return;
	}
	if (referral_sync_entry_parse(control->value, control->value_size,
				      &sync) < 0) {
		referral_mirror_sync_distrust(mirror,
			"an entry came with an invalid control");
		return;
	}
	if (mirror_set_entry(mirror, &sync, entry, &error) < 0) {
		referral_mirror_sync_distrust(mirror, t_strdup_printf(
			"%s: %s", str_sanitize(entry->dn, 200), error));
		return;
	}
	if (mirror->state == REFERRAL_MIRROR_STATE_FOLLOWING)
		mirror->counters.changes++;
	if (mirror_check_memory(mirror))
		referral_mirror_sync_update(mirror);
}

void referral_mirror_message_info(
	struct referral_mirror *mirror,
	const struct referral_ldap_stream_intermediate *message)
{
	struct referral_sync_info info;
	const char *error;

	if (message->oid == NULL ||
	    strcmp(message->oid, REFERRAL_SYNC_INFO_OID) != 0)
		return;
	if (message->value == NULL ||
	    referral_sync_info_parse(message->value, message->value_size,
				     &info) < 0) {
		referral_mirror_sync_distrust(mirror,
			"a sync info message is invalid");
		return;
	}
	if (referral_mirror_copy_info(mirror->copy, &info, &error) < 0)
		referral_mirror_sync_distrust(mirror, error);
	else
		referral_mirror_sync_update(mirror);
}

/* What has to be changed at the directory before it can be mirrored; NULL if
   it may get better by itself. */
static const char *code_get_remedy(int code)
{
	switch (code) {
	case CODE_UNAVAILABLE_CRITICAL_EXTENSION:
		return "it does not know RFC 4533 (OpenLDAP: the overlay "
			"syncprov is missing; 389 Directory Server: the "
			"plugins Content Synchronization and Retro Changelog; "
			"Active Directory and Samba have nothing like it: set "
			"referral_mirror = no, and the cache is what is left)";
	case CODE_SIZE_LIMIT_EXCEEDED:
	case CODE_TIME_LIMIT_EXCEEDED:
	case CODE_ADMIN_LIMIT_EXCEEDED:
		return "referral_ldap_auth_dn needs to be without limits "
			"there (OpenLDAP: limits ... size=unlimited "
			"time=unlimited)";
	case CODE_NO_SUCH_OBJECT:
		return "check referral_ldap_base, and that "
			"referral_ldap_auth_dn may read it";
	case CODE_REFERRAL:
		return "check referral_ldap_base and referral_ldap_uris";
	case CODE_INSUFFICIENT_ACCESS:
	case CODE_UNWILLING_TO_PERFORM:
		return "check referral_ldap_auth_dn and its rights";
	default:
		return NULL;
	}
}

void referral_mirror_message_done(struct referral_mirror *mirror,
				  int code, const char *text)
{
	const char *remedy = code_get_remedy(code);

	/* section 3.6: also what some servers say to a cookie that they
	   don't know */
	if (code == REFERRAL_SYNC_REFRESH_REQUIRED ||
	    (code == CODE_UNWILLING_TO_PERFORM && mirror->resuming)) {
		referral_mirror_copy_forget_cookie(mirror->copy);
		remedy = NULL;
	}
	if (code == CODE_SUCCESS)
		text = "the server has ended the synchronisation";
	if (remedy == NULL)
		referral_mirror_sync_lost(mirror, text);
	else {
		referral_mirror_sync_refuse_server(mirror, t_strdup_printf(
			"%s: %s: %s", mirror->server, text, remedy));
	}
}
