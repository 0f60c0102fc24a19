/* Filters of a mirror: see mirror-filter.h */

#include "lib.h"
#include "array.h"
#include "hex-dec.h"
#include "str.h"
#include "ldap-syntax.h"
#include "mailhost.h"
#include "mirror-table.h"
#include "template.h"
#include "mirror-filter.h"

/* Lookups for each login */
#define MAX_ITEMS 16

struct splitter {
	pool_t pool;
	struct referral_mirror_filter *filter;
	string_t *dest;
	const char *error;
};

static int split_filter(struct splitter *splitter, const char **str);

static int
fail(struct splitter *splitter, const char *part, const char *part_end,
     const char *why)
{
	splitter->error = t_strdup_printf("%s can't be mirrored: %s",
		referral_mailhost_sanitize(t_strdup_until(part, part_end)),
		why);
	return -1;
}

/* The end of the filter that begins at str: parentheses inside of values are
   escaped. */
static const char *filter_end(const char *str)
{
	unsigned int depth = 0;

	do {
		if (*str == '(')
			depth++;
		else if (*str == ')')
			depth--;
		str++;
	} while (depth > 0);
	return str;
}

/* Does it depend on the user? "%%" does not. */
static bool is_variable(const char *str, const char *end)
{
	for (; str < end; str++) {
		if (*str != '%')
			continue;
		if (str[1] != '%')
			return TRUE;
		str++;
	}
	return FALSE;
}

static void
append_literal(string_t *dest, const char *str, const char *end)
{
	for (; str < end; str++) {
		str_append_c(dest, *str);
		/* "%%" */
		if (*str == '%')
			str++;
	}
}

/* RFC 4515's escapes, in a template that stays one */
static const char *t_unescape(const char *str, const char *end)
{
	string_t *dest = t_str_new(64);
	unsigned char c;

	while (str < end) {
		if (*str != '\\') {
			str_append_c(dest, *str++);
			continue;
		}
		c = hex2dec((const unsigned char *)str + 1, 2);
		str_append_c(dest, c);
		if (c == '%')
			str_append_c(dest, c);
		str += 3;
	}
	return str_c(dest);
}

/* Returns the number of the attribute, which is added if it is new. */
static unsigned int
get_attribute(struct referral_mirror_filter *filter,
	      const struct referral_mirror_attribute *attribute)
{
	const struct referral_mirror_attribute *old;
	unsigned int i, count;

	old = array_get(&filter->attributes, &count);
	for (i = 0; i < count; i++) {
		if (strcasecmp(old[i].name, attribute->name) == 0 &&
		    old[i].have_rule == attribute->have_rule &&
		    old[i].rule == attribute->rule)
			return i;
	}
	array_push_back(&filter->attributes, attribute);
	return count;
}

static int
add_item(struct splitter *splitter, const char *name, const char *rule_name,
	 const char *value, const char **error_r)
{
	struct referral_mirror_filter *filter = splitter->filter;
	struct referral_mirror_attribute attribute = { .name = name };
	struct referral_mirror_item item;

	if (rule_name != NULL) {
		attribute.have_rule = TRUE;
		if (!referral_mirror_rule_find(rule_name, &attribute.rule)) {
			*error_r = "its matching rule is none of "
				"caseIgnoreMatch, caseIgnoreIA5Match, "
				"caseExactMatch, caseExactIA5Match";
			return -1;
		}
	}
	if (referral_template_create(splitter->pool, value,
				     REFERRAL_TEMPLATE_ESCAPE_NONE,
				     &item.value, error_r) < 0)
		return -1;
	if ((referral_template_get_uses(item.value, NULL) &
	     (REFERRAL_TEMPLATE_ORIGINAL | REFERRAL_TEMPLATE_PROTOCOL)) != 0) {
		*error_r = "it depends on more than the user's name";
		return -1;
	}
	item.attribute = get_attribute(filter, &attribute);
	array_push_back(&filter->items, &item);
	if (array_count(&filter->attributes) > REFERRAL_MIRROR_MAX_ATTRIBUTES ||
	    array_count(&filter->items) > MAX_ITEMS) {
		*error_r = "there are too many parts like this";
		return -1;
	}
	return 0;
}

/* What is between an item's attribute and its value: "=", ":=" or ":rule:=".
   Returns where the value begins, NULL and error_r if it can't be mirrored. */
static const char *
parse_match(const char *p, const char **rule_r, const char **error_r)
{
	size_t len;

	*rule_r = NULL;
	if (strncasecmp(p, ":dn:", 4) == 0) {
		*error_r = "the copy has no DNs";
		return NULL;
	}
	if (p[0] == ':' && p[1] != '=') {
		len = referral_oid_span(p + 1);
		*rule_r = t_strndup(p + 1, len);
		p += 1 + len;
	}
	if (*p == ':')
		p++;
	if (*p != '=') {
		*error_r = "only \"=\" can be";
		return NULL;
	}
	return p + 1;
}

/* An item that depends on the user */
static int split_item(struct splitter *splitter, const char *part,
		      const char *end)
{
	size_t len = referral_attribute_span(part + 1);
	const char *name = p_strndup(splitter->pool, part + 1, len);
	const char *value, *rule, *error;

	if (len == 0 || is_variable(part, strchr(part, '=')))
		return fail(splitter, part, end,
			    "only a value may depend on the user");
	if (strchr(name, ';') != NULL)
		return fail(splitter, part, end, "the attribute has options");
	value = parse_match(part + 1 + len, &rule, &error);
	if (value == NULL)
		return fail(splitter, part, end, error);
	if (memchr(value, '*', end - value) != NULL)
		return fail(splitter, part, end, "it is a substring");

	if (add_item(splitter, name, rule, t_unescape(value, end - 1),
		     &error) < 0)
		return fail(splitter, part, end, error);
	str_printfa(splitter->dest, "(%s=*)", name);
	return 0;
}

/* (|...) that depends on the user: each of its parts has to. */
static int split_or(struct splitter *splitter, const char *part,
		    const char *end)
{
	const char *p, *next;

	str_append(splitter->dest, "(|");
	for (p = part + 2; *p == '('; p = next) {
		next = filter_end(p);
		if (!is_variable(p, next)) {
			return fail(splitter, part, end, t_strdup_printf(
				"its part %s does not depend on the user",
				t_strdup_until(p, next)));
		}
		if (p[1] == '&')
			return fail(splitter, p, next, "it is inside of (|...)");
		if (split_filter(splitter, &p) < 0)
			return -1;
	}
	str_append_c(splitter->dest, ')');
	return 0;
}

/* (&...) that depends on the user: one of its parts does. */
static int split_and(struct splitter *splitter, const char *part,
		     const char *end)
{
	const char *p, *next;
	bool have_variable = FALSE;

	str_append(splitter->dest, "(&");
	for (p = part + 2; *p == '('; p = next) {
		next = filter_end(p);
		if (is_variable(p, next)) {
			if (have_variable)
				return fail(splitter, part, end, "two of its "
					    "parts depend on the user");
			have_variable = TRUE;
		}
		if (split_filter(splitter, &p) < 0)
			return -1;
	}
	str_append_c(splitter->dest, ')');
	return 0;
}

static int split_filter(struct splitter *splitter, const char **str)
{
	const char *part = *str, *end = filter_end(part);

	*str = end;
	if (!is_variable(part, end)) {
		append_literal(splitter->dest, part, end);
		return 0;
	}
	switch (part[1]) {
	case '&':
		return split_and(splitter, part, end);
	case '|':
		return split_or(splitter, part, end);
	case '!':
		return fail(splitter, part, end, "everyone else matches it");
	default:
		return split_item(splitter, part, end);
	}
}

int referral_mirror_filter_create(pool_t pool, const char *str,
				  struct referral_mirror_filter **filter_r,
				  const char **error_r)
{
	struct splitter splitter = {
		.pool = pool,
		.filter = p_new(pool, struct referral_mirror_filter, 1),
		.dest = t_str_new(128),
	};

	if (!is_variable(str, str + strlen(str))) {
		*error_r = t_strdup_printf("%s can't be mirrored: it does not "
			"depend on the user", referral_mailhost_sanitize(str));
		return -1;
	}
	p_array_init(&splitter.filter->attributes, pool, 2);
	p_array_init(&splitter.filter->items, pool, 2);
	if (split_filter(&splitter, &str) < 0) {
		*error_r = splitter.error;
		return -1;
	}
	splitter.filter->filter = p_strdup(pool, str_c(splitter.dest));
	*filter_r = splitter.filter;
	return 0;
}
