/* Entries and result codes: see ldap-result.h */

#include "lib.h"
#include "str-sanitize.h"
#include "ldap-result.h"

#define LDAP_DIAGNOSTIC_MAX_LEN 200

void referral_ldap_answer_reset(struct referral_ldap_answer *answer)
{
	answer->entries = 0;
	answer->references = FALSE;
	answer->values = NULL;
}

/* A C string cannot hold a NUL: let the value be an invalid one instead of
   shortening it to one that may be valid. */
static const char *value_dup(pool_t pool, const struct berval *bv)
{
	char *value = p_malloc(pool, bv->bv_len + 1);
	ber_len_t i;

	for (i = 0; i < bv->bv_len; i++)
		value[i] = bv->bv_val[i] == '\0' ? 0x01 : bv->bv_val[i];
	return value;
}

static const char *const *
values_dup(pool_t pool, LDAP *ld, LDAPMessage *entry, const char *attribute)
{
	struct berval **bvs = ldap_get_values_len(ld, entry, attribute);
	unsigned int i, count = ldap_count_values_len(bvs);
	const char **values = p_new(pool, const char *, count + 1);

	for (i = 0; i < count; i++)
		values[i] = value_dup(pool, bvs[i]);
	ldap_value_free_len(bvs);
	return values;
}

const char *const *const *
referral_ldap_entry_get_values(pool_t pool, LDAP *ld, LDAPMessage *entry,
			       const char *const *attributes)
{
	const char *const **values;
	unsigned int i, count = str_array_length(attributes);

	values = p_new(pool, const char *const *, count + 1);
	for (i = 0; i < count; i++)
		values[i] = values_dup(pool, ld, entry, attributes[i]);
	return values;
}

void referral_ldap_answer_add_entry(struct referral_ldap_answer *answer,
				    LDAP *ld, LDAPMessage *entry,
				    const char *const *attributes)
{
	if (answer->entries++ > 0)
		return;
	answer->values = referral_ldap_entry_get_values(answer->pool, ld,
							entry, attributes);
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
	case LDAP_TIMELIMIT_EXCEEDED:
	case LDAP_ADMINLIMIT_EXCEEDED:
		return "that the attributes in referral_ldap_filter are "
			"indexed";
	default:
		return "the directory server";
	}
}

static enum referral_ldap_verdict result_code_get_verdict(int code)
{
	switch (code) {
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
		return REFERRAL_LDAP_VERDICT_SERVER_FAILED;
	case LDAP_DECODING_ERROR:
	case LDAP_OPERATIONS_ERROR:
	case LDAP_TIMELIMIT_EXCEEDED:
	case LDAP_ADMINLIMIT_EXCEEDED:
	case LDAP_UNWILLING_TO_PERFORM:
	case LDAP_LOOP_DETECT:
	case LDAP_OTHER:
		return REFERRAL_LDAP_VERDICT_ELSEWHERE;
	default:
		return REFERRAL_LDAP_VERDICT_FINAL;
	}
}

enum referral_ldap_verdict
referral_ldap_answer_finish(const struct referral_ldap_answer *answer,
			    const char *operation, int code,
			    const char *diagnostic,
			    struct referral_ldap_result *result_r)
{
	i_zero(result_r);

	/* A server that allows us fewer entries than there are says so with
	   the entries it did send. */
	if (answer->entries > 1 ||
	    (answer->entries == 1 && code == LDAP_SIZELIMIT_EXCEEDED &&
	     answer->size_limit != 1)) {
		result_r->status = REFERRAL_LDAP_SEVERAL_ENTRIES;
		result_r->error = t_strdup_printf("%s found several entries "
			"(check referral_ldap_base and referral_ldap_filter)",
			operation);
		return REFERRAL_LDAP_VERDICT_FINAL;
	}
	/* References next to the entry are normal: Active Directory sends
	   some with every search of a whole domain. */
	if (answer->entries == 1 &&
	    (code == LDAP_SUCCESS || code == LDAP_SIZELIMIT_EXCEEDED)) {
		result_r->status = REFERRAL_LDAP_ENTRY;
		result_r->values = answer->values;
		return REFERRAL_LDAP_VERDICT_FINAL;
	}
	if (code == LDAP_SUCCESS && !answer->references) {
		result_r->status = REFERRAL_LDAP_NO_ENTRY;
		return REFERRAL_LDAP_VERDICT_FINAL;
	}

	result_r->status = REFERRAL_LDAP_UNAVAILABLE;
	if (code == LDAP_SUCCESS) {
		/* RFC 4511 section 4.5.3: the entry may be over there. */
		result_r->error = t_strdup_printf("%s failed: nothing found, "
			"but the server refers to other servers "
			"(check referral_ldap_base and referral_ldap_uris)",
			operation);
		return REFERRAL_LDAP_VERDICT_FINAL;
	}
	/* noSuchObject too: a base that does not exist says nothing about
	   the user. */
	result_r->error = t_strdup_printf("%s failed: %s (check %s)",
		operation, referral_ldap_strerror(code, diagnostic),
		result_code_get_hint(code));
	return result_code_get_verdict(code);
}
