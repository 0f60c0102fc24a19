/* The values of an entry: see ldap-result.h */

#include "lib.h"
#include "ldap-names.h"
#include "ldap-result.h"

enum attribute_match {
	MATCH_NONE,
	/* "mailHost;lang-en" for "mailHost" */
	MATCH_OPTIONS,
	MATCH_PLAIN,
};

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

static const char *const *values_dup(pool_t pool, const struct berval *bvs)
{
	unsigned int i, count;
	const char **values;

	for (count = 0; bvs != NULL && bvs[count].bv_val != NULL; count++) ;
	values = p_new(pool, const char *, count + 1);
	for (i = 0; i < count; i++)
		values[i] = value_dup(pool, &bvs[i]);
	return values;
}

static enum attribute_match
name_get_match(const struct berval *name, const char *asked)
{
	size_t len = strlen(asked);

	if (name->bv_len < len || strncasecmp(name->bv_val, asked, len) != 0)
		return MATCH_NONE;
	if (name->bv_len == len)
		return MATCH_PLAIN;
	return name->bv_val[len] == ';' ? MATCH_OPTIONS : MATCH_NONE;
}

/* The server's own name for it may be another one. */
static enum attribute_match
attribute_get_match(const struct berval *name, const char *asked,
		    const struct referral_ldap_names *names)
{
	enum attribute_match match = name_get_match(name, asked);
	const char *const *other, *options;

	if (match != MATCH_NONE || names == NULL)
		return match;
	other = referral_ldap_names_find(names, asked);
	options = asked + strcspn(asked, ";");
	for (; other != NULL && *other != NULL && match == MATCH_NONE; other++) {
		match = name_get_match(name, *options == '\0' ? *other :
				       t_strconcat(*other, options, NULL));
	}
	return match;
}

/* Returns FALSE if nobody has asked for it. */
static bool
entry_add_attribute(pool_t pool, const struct berval *name,
		    const struct berval *bvs, const char *const *attributes,
		    const struct referral_ldap_names *names,
		    const char *const **values, enum attribute_match *matches)
{
	enum attribute_match match;
	bool asked = FALSE;
	unsigned int i;

	for (i = 0; attributes[i] != NULL; i++) {
		match = attribute_get_match(name, attributes[i], names);
		if (match == MATCH_NONE)
			continue;
		asked = TRUE;
		if (match > matches[i] && bvs != NULL &&
		    bvs[0].bv_val != NULL) {
			matches[i] = match;
			values[i] = values_dup(pool, bvs);
		}
	}
	return asked;
}

const char *const *const *
referral_ldap_entry_get_values(pool_t pool, LDAP *ld, LDAPMessage *entry,
			       const char *const *attributes,
			       const struct referral_ldap_names *names,
			       const char **unasked_r)
{
	unsigned int i, count = str_array_length(attributes);
	const char *const **values =
		p_new(pool, const char *const *, count + 1);
	enum attribute_match *matches =
		t_new(enum attribute_match, count + 1);
	struct berval dn, name, *bvs;
	BerElement *ber = NULL;

	*unasked_r = NULL;
	for (i = 0; i < count; i++)
		values[i] = values_dup(pool, NULL);
	if (ldap_get_dn_ber(ld, entry, &ber, &dn) != LDAP_SUCCESS)
		return values;
	while (ldap_get_attribute_ber(ld, entry, ber, &name, &bvs) ==
	       LDAP_SUCCESS && name.bv_val != NULL) {
		if (!entry_add_attribute(pool, &name, bvs, attributes, names,
					 values, matches) && *unasked_r == NULL)
			*unasked_r = value_dup(pool, &name);
		ldap_memfree(bvs);
	}
	ber_free(ber, 0);
	return values;
}
