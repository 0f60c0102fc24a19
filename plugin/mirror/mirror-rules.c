/* The matching rules of the filter's attributes, from the directory's schema
   (RFC 4512 sections 4.2 and 5.1). Where it can't be read, rules stay unknown,
   and names that are not the same to the letter are asked about. */

#include "lib.h"
#include "array.h"
#include "lib-event.h"
#include "str-sanitize.h"
#include "schema.h"
#include "mirror-private.h"

/* LDAP_SCOPE_BASE */
#define SCOPE_BASE 0

static const char *const root_attributes[] = { "subschemaSubentry", NULL };
static const char *const schema_attributes[] = { "attributeTypes", NULL };

static void mirror_rules_unknown(struct referral_mirror *mirror,
				 const char *error)
{
	e_debug(mirror->event, "mirror: matching rules are not known: %s",
		error);
	referral_mirror_sync_begin(mirror);
}

/* Returns 0, or -1 and error_r. */
static int mirror_rule_get(const char *const *attribute_types,
			   const struct referral_mirror_attribute *attribute,
			   enum referral_mirror_rule *rule_r,
			   const char **error_r)
{
	const char *name, *error;

	if (attribute->have_rule) {
		*rule_r = attribute->rule;
		return 0;
	}
	name = referral_schema_get_rule(attribute_types, attribute->name,
					&error);
	if (name == NULL) {
		*error_r = t_strdup_printf("attribute %s in "
			"referral_ldap_filter can't be mirrored: %s",
			attribute->name, error);
		return -1;
	}
	if (!referral_mirror_rule_find(name, rule_r)) {
		*error_r = t_strdup_printf("attribute %s in "
			"referral_ldap_filter can't be mirrored: its matching "
			"rule is %s", attribute->name, str_sanitize(name, 80));
		return -1;
	}
	return 0;
}

static void mirror_rules_set(struct referral_mirror *mirror,
			     const enum referral_mirror_rule *rules,
			     unsigned int count)
{
	if (mirror->copy != NULL &&
	    memcmp(mirror->rules, rules, sizeof(*rules) * count) != 0) {
		/* what is kept depends on the rules */
		referral_mirror_copy_destroy(&mirror->copy);
		mirror->have_copy = FALSE;
	}
	memcpy(mirror->rules, rules, sizeof(*rules) * count);
	mirror->rules_known = TRUE;
	referral_mirror_sync_begin(mirror);
}

static void mirror_rules_schema_callback(
	const struct referral_ldap_result *result, void *context)
{
	struct referral_mirror *mirror = context;
	enum referral_mirror_rule rules[REFERRAL_MIRROR_MAX_ATTRIBUTES];
	const struct referral_mirror_attribute *attributes;
	unsigned int i, count;
	const char *error;

	mirror->rules_request = NULL;
	if (result->status != REFERRAL_LDAP_ENTRY ||
	    result->values[0][0] == NULL) {
		mirror_rules_unknown(mirror, t_strdup_printf(
			"no attributeTypes in %s", mirror->schema_dn));
		return;
	}
	referral_ldap_client_learn_names(mirror->client,
		mirror->search.attributes, result->values[0]);
	attributes = array_get(&mirror->filter->attributes, &count);
	for (i = 0; i < count; i++) {
		if (mirror_rule_get(result->values[0], &attributes[i],
				    &rules[i], &error) < 0) {
			referral_mirror_sync_refuse(mirror, error);
			return;
		}
	}
	mirror_rules_set(mirror, rules, count);
}

static void mirror_rules_root_callback(
	const struct referral_ldap_result *result, void *context)
{
	struct referral_mirror *mirror = context;
	struct referral_ldap_search_params params = {
		.scope = SCOPE_BASE,
		.filter = "(objectClass=subschema)",
		.attributes = schema_attributes,
	};

	mirror->rules_request = NULL;
	if (result->status != REFERRAL_LDAP_ENTRY ||
	    result->values[0][0] == NULL) {
		mirror_rules_unknown(mirror, result->error != NULL ?
			result->error : "no subschemaSubentry in the root DSE");
		return;
	}
	i_free(mirror->schema_dn);
	mirror->schema_dn = i_strdup(result->values[0][0]);
	params.base = mirror->schema_dn;
	mirror->rules_request =
		referral_ldap_search(mirror->client, &params,
				     mirror_rules_schema_callback, mirror);
}

void referral_mirror_rules_ask(struct referral_mirror *mirror)
{
	const struct referral_ldap_search_params params = {
		.base = "",
		.scope = SCOPE_BASE,
		.filter = "(objectClass=*)",
		.attributes = root_attributes,
	};

	mirror->rules_request =
		referral_ldap_search(mirror->client, &params,
				     mirror_rules_root_callback, mirror);
}
