/* Attribute type descriptions: see schema.h */

#include "lib.h"
#include "array.h"
#include "schema.h"

#include <ctype.h>

/* Supertypes of supertypes: a circle ends there. */
#define MAX_SUPERTYPES 16

struct attribute_type {
	/* NULL if there is none */
	const char *sup, *equality;
	/* the OID is the first */
	ARRAY_TYPE(const_string) names;
};

/* Take the next word, quoted string, or parenthesis. Returns FALSE at the
   end. */
static bool next_token(const char **str, const char **token_r)
{
	const char *p = *str + strspn(*str, " \t\r\n"), *end;

	if (*p == '\0')
		return FALSE;
	if (*p == '\'') {
		end = strchr(++p, '\'');
		if (end == NULL)
			return FALSE;
		*token_r = t_strdup_until(p, end);
		*str = end + 1;
		return TRUE;
	}
	if (*p == '(' || *p == ')')
		end = p + 1;
	else
		end = p + strcspn(p, " \t\r\n()'");
	*token_r = t_strdup_until(p, end);
	*str = end;
	return TRUE;
}

/* What follows NAME: 'name', or a list of them */
static void parse_names(const char **str, ARRAY_TYPE(const_string) *names)
{
	const char *token;

	if (!next_token(str, &token))
		return;
	if (strcmp(token, "(") != 0) {
		array_push_back(names, &token);
		return;
	}
	while (next_token(str, &token) && strcmp(token, ")") != 0)
		array_push_back(names, &token);
}

static bool type_has_name(const struct attribute_type *type, const char *name)
{
	const char *const *one;

	array_foreach(&type->names, one) {
		if (strcasecmp(*one, name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Returns FALSE if it is the description of another attribute. */
static bool parse_type(const char *str, const char *name,
		       struct attribute_type *type_r)
{
	const char *token, **dest;

	i_zero(type_r);
	if (!next_token(&str, &token) || strcmp(token, "(") != 0 ||
	    !next_token(&str, &token))
		return FALSE;
	t_array_init(&type_r->names, 4);
	array_push_back(&type_r->names, &token);
	while (next_token(&str, &token)) {
		dest = NULL;
		if (strcmp(token, "NAME") == 0)
			parse_names(&str, &type_r->names);
		else if (strcmp(token, "DESC") == 0)
			dest = &token;
		else if (strcmp(token, "SUP") == 0)
			dest = &type_r->sup;
		else if (strcmp(token, "EQUALITY") == 0)
			dest = &type_r->equality;
		if (dest != NULL && !next_token(&str, dest))
			return FALSE;
	}
	return type_has_name(type_r, name);
}

/* A quick look: is the name there, in quotes, or is it an OID? */
static bool may_be_type(const char *str, const char *name)
{
	size_t len = strlen(name);

	if (i_isdigit(*name))
		return strstr(str, name) != NULL;
	while ((str = strchr(str, '\'')) != NULL) {
		if (strncasecmp(++str, name, len) == 0 && str[len] == '\'')
			return TRUE;
	}
	return FALSE;
}

static bool find_type(const char *const *attribute_types, const char *name,
		      struct attribute_type *type_r)
{
	bool found = FALSE;

	for (; *attribute_types != NULL && !found; attribute_types++) {
		/* a schema has hundreds */
		found = may_be_type(*attribute_types, name) &&
			parse_type(*attribute_types, name, type_r);
	}
	return found;
}

const char *
referral_schema_get_rule(const char *const *attribute_types, const char *name,
			 const char **error_r)
{
	struct attribute_type type = { .sup = name };

	for (unsigned int i = 0; i < MAX_SUPERTYPES && type.sup != NULL; i++) {
		if (!find_type(attribute_types, type.sup, &type)) {
			*error_r = "the directory's schema does not know it";
			return NULL;
		}
		if (type.equality != NULL)
			return type.equality;
	}
	*error_r = "it has no equality matching rule";
	return NULL;
}

const char *const *
referral_schema_get_names(const char *const *attribute_types, const char *name)
{
	struct attribute_type type;

	if (!find_type(attribute_types, name, &type))
		return NULL;
	array_append_zero(&type.names);
	return array_front(&type.names);
}
