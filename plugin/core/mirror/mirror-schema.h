#ifndef REFERRAL_MIRROR_SCHEMA_H
#define REFERRAL_MIRROR_SCHEMA_H

/* Which matching rule has an attribute? A directory says so in its subschema
   (RFC 4512 sections 4.1.2 and 4.2.2). */

/* attribute_types: the values of attributeTypes, NULL-terminated. name is an
   attribute's name or OID. Returns the name or OID of its equality matching
   rule, own or inherited (data stack), or NULL and error_r: unknown attribute,
   or one without such a rule. */
const char *
referral_mirror_schema_get_rule(const char *const *attribute_types,
				const char *name, const char **error_r);

#endif
