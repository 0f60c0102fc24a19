#ifndef REFERRAL_SCHEMA_H
#define REFERRAL_SCHEMA_H

/* What a directory says of its attributes in its subschema (RFC 4512 sections
   4.1.2 and 4.2.2). attribute_types: the values of attributeTypes,
   NULL-terminated. name: an attribute's name, any of them, or OID. */

/* Returns the name or OID of its equality matching rule, own or inherited (data
   stack), or NULL and error_r: unknown attribute, or one without such a rule. */
const char *
referral_schema_get_rule(const char *const *attribute_types, const char *name,
			 const char **error_r);
/* Returns its OID and all its names, NULL-terminated (data stack). NULL if it
   is not known. */
const char *const *
referral_schema_get_names(const char *const *attribute_types, const char *name);

#endif
