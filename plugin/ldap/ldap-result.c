/* Entries and result codes: see ldap-result.h */

#include "lib.h"
#include "str-sanitize.h"
#include "dn.h"
#include "ldap-result.h"

#define LDAP_DIAGNOSTIC_MAX_LEN 200

void referral_ldap_answer_reset(struct referral_ldap_answer *answer)
{
	answer->entries = 0;
	answer->references = FALSE;
	answer->values = NULL;
	answer->unasked = answer->missing = NULL;
}

void referral_ldap_answer_add_entry(struct referral_ldap_answer *answer,
				    LDAP *ld, LDAPMessage *entry,
				    const char *const *attributes)
{
	unsigned int i;

	if (answer->entries++ > 0)
		return;
	answer->values = referral_ldap_entry_get_values(answer->pool, ld,
		entry, attributes, answer->names, &answer->unasked);
	for (i = 0; attributes[i] != NULL && answer->missing == NULL; i++) {
		if (answer->values[i][0] == NULL)
			answer->missing = attributes[i];
	}
}

bool referral_ldap_message_is_refusal(LDAP *ld, LDAPMessage *msg)
{
	int code;

	return ldap_msgtype(msg) == LDAP_RES_EXTENDED &&
		ldap_parse_result(ld, msg, &code, NULL, NULL, NULL, NULL,
				  0) == LDAP_SUCCESS && code != LDAP_SUCCESS;
}

const char *referral_ldap_strerror(int code, const char *diagnostic)
{
	if (diagnostic == NULL || *diagnostic == '\0')
		return ldap_err2string(code);
	return t_strdup_printf("%s: %s", ldap_err2string(code),
		str_sanitize(diagnostic, LDAP_DIAGNOSTIC_MAX_LEN));
}

static const char *result_code_get_hint(int code)
{
	switch (code) {
	case LDAP_NO_SUCH_OBJECT:
		/* also where it may not be known that there is one */
		return "referral_ldap_base, and that referral_ldap_auth_dn "
			"may read it";
	case LDAP_INVALID_DN_SYNTAX:
		return "referral_ldap_base";
	case LDAP_REFERRAL:
		return "referral_ldap_base and referral_ldap_uris";
	case LDAP_FILTER_ERROR:
		return "referral_ldap_filter";
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_STRONG_AUTH_REQUIRED:
	case LDAP_CONFIDENTIALITY_REQUIRED:
	case LDAP_INAPPROPRIATE_AUTH:
		return "referral_ldap_auth_dn and referral_ldap_starttls";
	case LDAP_UNWILLING_TO_PERFORM:
		return "the directory server, and that the account in "
			"referral_ldap_auth_dn need not change its password";
	case LDAP_TIMELIMIT_EXCEEDED:
	case LDAP_ADMINLIMIT_EXCEEDED:
		return "that the attributes in referral_ldap_filter are "
			"indexed";
	default:
		return "the directory server";
	}
}

static bool is_set(const char *str)
{
	return str != NULL && *str != '\0';
}

/* Part of the base depends on the user, and what doesn't is there: it is the
   user who isn't. If all of it does, an entry above has to be there, or it may
   be an empty replica that has answered; and if the domain's own entry is there,
   it is something else that is missing. */
static bool
reply_is_no_entry(const struct referral_ldap_search_params *params,
		  const struct referral_ldap_reply *reply)
{
	const char *matched_dn = reply->matched_dn;

	if (reply->code != LDAP_NO_SUCH_OBJECT || !is_set(matched_dn))
		return FALSE;
	if (is_set(params->base_tail))
		return referral_dn_is_below(matched_dn, params->base_tail);
	return is_set(params->base_tree) &&
		referral_dn_is_below(params->base_tree, matched_dn) &&
		!referral_dn_is_below(matched_dn, params->base_tree);
}

/* An answer that is one: a status other than UNAVAILABLE. */
static bool
answer_get_status(const struct referral_ldap_answer *answer,
		  const struct referral_ldap_search_params *params,
		  const struct referral_ldap_reply *reply,
		  enum referral_ldap_status *status_r)
{
	bool success = reply->code == LDAP_SUCCESS;
	bool limited = reply->code == LDAP_SIZELIMIT_EXCEEDED;

	/* A server that allows us fewer entries than there are says so with
	   the entries it did send. */
	if (answer->entries > 1 ||
	    (answer->entries == 1 && limited && answer->size_limit != 1)) {
		*status_r = REFERRAL_LDAP_SEVERAL_ENTRIES;
		return TRUE;
	}
	/* References next to the entry are normal: Active Directory sends
	   some with every search of a whole domain. */
	if (answer->entries == 1 && (success || limited)) {
		*status_r = REFERRAL_LDAP_ENTRY;
		return answer->unasked == NULL || answer->missing == NULL;
	}
	if ((success && (!answer->references || !answer->heed_references)) ||
	    reply_is_no_entry(params, reply)) {
		*status_r = REFERRAL_LDAP_NO_ENTRY;
		return TRUE;
	}
	return FALSE;
}

/* Why there is no answer. */
static const char *
answer_get_error(const struct referral_ldap_answer *answer,
		 const struct referral_ldap_reply *reply)
{
	if (reply->code != LDAP_SUCCESS &&
	    (answer->entries != 1 || reply->code != LDAP_SIZELIMIT_EXCEEDED)) {
		return t_strdup_printf("%s (check %s)",
			referral_ldap_strerror(reply->code, reply->diagnostic),
			result_code_get_hint(reply->code));
	}
	if (answer->entries == 0) {
		/* RFC 4511 section 4.5.3: the entry may be over there. */
		return "nothing found, but the server refers to other servers "
			"(check referral_ldap_base and referral_ldap_uris)";
	}
	return t_strdup_printf("the entry has \"%s\", which was not asked for, "
		"and no \"%s\" (use the name that the server has for it in "
		"referral_ldap_attributes and referral_action_attribute)",
		str_sanitize(answer->unasked, 100), answer->missing);
}

bool referral_ldap_answer_has_other_name(
	const struct referral_ldap_answer *answer,
	const struct referral_ldap_reply *reply)
{
	bool ended = reply->code == LDAP_SUCCESS ||
		(reply->code == LDAP_SIZELIMIT_EXCEEDED &&
		 answer->size_limit == 1);

	return answer->entries == 1 && ended && answer->unasked != NULL &&
		answer->missing != NULL;
}

enum referral_ldap_verdict
referral_ldap_answer_finish(const struct referral_ldap_answer *answer,
			    const struct referral_ldap_search_params *params,
			    const struct referral_ldap_reply *reply,
			    struct referral_ldap_result *result_r)
{
	i_zero(result_r);
	result_r->server = reply->server_name;
	if (answer_get_status(answer, params, reply, &result_r->status)) {
		if (result_r->status == REFERRAL_LDAP_ENTRY)
			result_r->values = answer->values;
		if (result_r->status == REFERRAL_LDAP_SEVERAL_ENTRIES) {
			result_r->error = t_strdup_printf("ldap search under "
				"'%s' at %s found several entries (check "
				"referral_ldap_base and referral_ldap_filter)",
				params->base, reply->server_name);
		}
		return REFERRAL_LDAP_VERDICT_FINAL;
	}
	/* noSuchObject too: a base that does not exist says nothing about
	   the user. */
	result_r->status = REFERRAL_LDAP_UNAVAILABLE;
	result_r->nothing_there = reply->code == LDAP_NO_SUCH_OBJECT &&
		!is_set(reply->matched_dn);
	result_r->error = t_strdup_printf("ldap search under '%s' at %s "
		"failed: %s", params->base, reply->server_name,
		answer_get_error(answer, reply));
	return reply->code == LDAP_BUSY || reply->code == LDAP_UNAVAILABLE ?
		REFERRAL_LDAP_VERDICT_BUSY : REFERRAL_LDAP_VERDICT_ELSEWHERE;
}
