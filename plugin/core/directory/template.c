/* Expand templates with a user's name, for filters and DNs. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dn.h"
#include "mailhost.h"
#include "template.h"

enum template_value {
	VALUE_NAME,
	VALUE_ORIGINAL,
	VALUE_PROTOCOL,
};

enum template_cut {
	CUT_NONE,
	/* before the "@" */
	CUT_USERNAME,
	/* after it */
	CUT_DOMAIN,
	/* after the last "\", all where there is none */
	CUT_ACCOUNT,
};

enum template_dn {
	DN_NONE,
	/* components of a DN: "dc=example,dc=com" */
	DN_ALL,
	/* the same without the first "dc=", as Dovecot 2.3 has it */
	DN_REST,
};

struct template_part {
	/* NULL: a variable */
	const char *literal;
	enum template_value value;
	enum template_cut cut;
	enum template_dn dn;
	bool lower;
};

struct referral_template {
	ARRAY(struct template_part) parts;
	enum referral_template_escape escape;
};

static const struct template_var {
	const char *name;
	/* as Dovecot 2.3 has it, too; 0 if it has not */
	char letter;
	enum template_value value;
	enum template_cut cut;
} template_vars[] = {
	{ "user", 'u', VALUE_NAME, CUT_NONE },
	{ "username", 'n', VALUE_NAME, CUT_USERNAME },
	{ "domain", 'd', VALUE_NAME, CUT_DOMAIN },
	{ "account", 0, VALUE_NAME, CUT_ACCOUNT },
	{ "original_user", 0, VALUE_ORIGINAL, CUT_NONE },
	{ "original_username", 0, VALUE_ORIGINAL, CUT_USERNAME },
	{ "original_domain", 0, VALUE_ORIGINAL, CUT_DOMAIN },
	{ "protocol", 's', VALUE_PROTOCOL, CUT_NONE },
	/* Dovecot 2.3's names */
	{ "orig_user", 0, VALUE_ORIGINAL, CUT_NONE },
	{ "orig_username", 0, VALUE_ORIGINAL, CUT_USERNAME },
	{ "orig_domain", 0, VALUE_ORIGINAL, CUT_DOMAIN },
	{ "service", 0, VALUE_PROTOCOL, CUT_NONE },
};

static bool part_set_var(struct template_part *part, const char *name,
			 char letter)
{
	const struct template_var *var;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(template_vars); i++) {
		var = &template_vars[i];
		if (name != NULL ? strcmp(var->name, name) == 0 :
		    letter != '\0' && var->letter == letter) {
			part->value = var->value;
			part->cut = var->cut;
			return TRUE;
		}
	}
	return FALSE;
}

/* "domain | lower | ldap_dn": Dovecot 2.4's way */
static bool part_parse_braces(struct template_part *part, const char *str)
{
	const char *const *words = t_strsplit(str, "|");

	if (*words == NULL ||
	    !part_set_var(part, t_str_trim(*words, " "), '\0'))
		return FALSE;
	for (words++; *words != NULL; words++) {
		const char *word = t_str_trim(*words, " ");

		if (strcmp(word, "lower") == 0)
			part->lower = TRUE;
		else if (strcmp(word, "ldap_dn") == 0 && part->dn == DN_NONE)
			part->dn = DN_ALL;
		else
			return FALSE;
	}
	return TRUE;
}

/* The variable at the beginning of str. Returns its length, 0 if it is
   unknown. */
static size_t find_variable(const char *str, struct template_part *part_r)
{
	const char *p = str + 1, *end;
	bool known;

	i_zero(part_r);
	/* Dovecot 2.3's modifiers */
	if (*p == 'L') {
		part_r->lower = TRUE;
		p++;
	}
	if (*p == 'D') {
		part_r->dn = DN_REST;
		p++;
	}
	if (*p != '{') {
		known = part_set_var(part_r, NULL, *p);
		end = p;
	} else {
		end = strchr(p, '}');
		if (end == NULL)
			return 0;
		known = part_parse_braces(part_r, t_strdup_until(p + 1, end));
	}
	if (!known || (part_r->dn != DN_NONE && part_r->cut != CUT_DOMAIN))
		return 0;
	return end + 1 - str;
}

static void
add_literal(pool_t pool, struct referral_template *template, string_t *literal)
{
	struct template_part part;

	if (str_len(literal) == 0)
		return;
	i_zero(&part);
	part.literal = p_strdup(pool, str_c(literal));
	array_push_back(&template->parts, &part);
	str_truncate(literal, 0);
}

static const char *variable_error(const char *str)
{
	if (str[1] == '{' && strchr(str, '}') == NULL)
		return "\"%{\" without \"}\"";
	if (str[1] == '{')
		str = t_strdup_until(str, strchr(str, '}') + 1);
	else
		str = t_strndup(str, 2 + strspn(str + 1, "LD"));
	return t_strdup_printf("unknown variable %s (known: %%{user}, "
			       "%%{username}, %%{domain}, %%{account}, "
			       "%%{original_user}, "
			       "%%{protocol}, with |lower, %%{domain|ldap_dn}, "
			       "%%%%)", referral_mailhost_sanitize(str));
}

int referral_template_create(pool_t pool, const char *str,
			     enum referral_template_escape escape,
			     struct referral_template **template_r,
			     const char **error_r)
{
	struct referral_template *template;
	struct template_part part;
	string_t *literal = t_str_new(128);
	size_t len;

	template = p_new(pool, struct referral_template, 1);
	template->escape = escape;
	p_array_init(&template->parts, pool, 4);
	while (*str != '\0') {
		if (*str != '%') {
			str_append_c(literal, *str++);
		} else if (str[1] == '%') {
			str_append_c(literal, '%');
			str += 2;
		} else if ((len = find_variable(str, &part)) > 0) {
			add_literal(pool, template, literal);
			array_push_back(&template->parts, &part);
			str += len;
		} else {
			*error_r = variable_error(str);
			return -1;
		}
	}
	add_literal(pool, template, literal);
	*template_r = template;
	return 0;
}

/* What means something in a filter (RFC 4515 section 3) or in a DN (RFC 4514
   section 2.4: some of it only at an end of the value, but escaping is never
   wrong). Both may escape more: with octets outside printable ASCII it does not
   matter that a user's name can be invalid UTF-8. */
static bool needs_escape(enum referral_template_escape escape, char c)
{
	const char *special = escape == REFERRAL_TEMPLATE_ESCAPE_FILTER ?
		"*()\\" : " \"#+,;<=>\\";

	return c < ' ' || c > '~' || strchr(special, c) != NULL;
}

static void
append_escaped(string_t *dest, enum referral_template_escape escape,
	       const char *value, size_t len)
{
	size_t i;

	if (escape == REFERRAL_TEMPLATE_ESCAPE_NONE) {
		str_append_data(dest, value, len);
		return;
	}
	for (i = 0; i < len; i++) {
		if (needs_escape(escape, value[i]))
			str_printfa(dest, "\\%02x", (unsigned char)value[i]);
		else
			str_append_c(dest, value[i]);
	}
}

/* "example.com" becomes "example,dc=com". */
static void
append_components(string_t *dest, enum referral_template_escape escape,
		  const char *domain)
{
	size_t len;

	for (;;) {
		len = strcspn(domain, ".");
		append_escaped(dest, escape, domain, len);
		if (domain[len] == '\0')
			break;
		str_append(dest, ",dc=");
		domain += len + 1;
	}
}

static const char *
part_get_value(const struct template_part *part,
	       const struct referral_user *user)
{
	const char *value = user->name, *pos;

	if (part->value == VALUE_ORIGINAL && user->original != NULL)
		value = user->original;
	else if (part->value == VALUE_PROTOCOL)
		value = user->protocol == NULL ? "" : user->protocol;
	switch (part->cut) {
	case CUT_NONE:
		break;
	case CUT_USERNAME:
		value = t_strcut(value, '@');
		break;
	case CUT_DOMAIN:
		pos = strchr(value, '@');
		value = pos == NULL ? "" : pos + 1;
		break;
	case CUT_ACCOUNT:
		pos = strrchr(value, '\\');
		value = pos == NULL ? value : pos + 1;
		break;
	}
	return part->lower ? t_str_lcase(value) : value;
}

static void
append_part(const struct referral_template *template,
	    const struct template_part *part, const struct referral_user *user,
	    string_t *dest)
{
	const char *value;

	if (part->literal != NULL) {
		str_append(dest, part->literal);
		return;
	}
	value = part_get_value(part, user);
	if (part->dn == DN_NONE) {
		append_escaped(dest, template->escape, value, strlen(value));
		return;
	}
	if (part->dn == DN_ALL)
		str_append(dest, "dc=");
	append_components(dest, template->escape, value);
}

void referral_template_expand(const struct referral_template *template,
			      const struct referral_user *user, string_t *dest)
{
	const struct template_part *part;

	array_foreach(&template->parts, part)
		append_part(template, part, user, dest);
}

/* Where the last component of str begins, which may be still to come. */
static const char *last_component(const char *str)
{
	const char *begin = str;

	for (; *str != '\0'; str++) {
		if (*str == ',')
			begin = str + 1;
		else if (*str == '\\' && str[1] != '\0')
			str++;
	}
	return begin;
}

void referral_template_expand_tree(const struct referral_template *template,
				   const struct referral_user *user,
				   string_t *dest)
{
	const struct template_part *parts;
	unsigned int i = 0, count;

	parts = array_get(&template->parts, &count);
	if (count > 0 && parts[0].literal != NULL) {
		if (count > 1)
			str_append(dest, last_component(parts[0].literal));
		i = 1;
	}
	for (; i < count; i++)
		append_part(template, &parts[i], user, dest);
}

static enum referral_template_uses
part_get_uses(const struct template_part *part)
{
	if (part->literal != NULL)
		return 0;
	switch (part->value) {
	case VALUE_NAME:
		return part->cut == CUT_USERNAME ? REFERRAL_TEMPLATE_USERNAME :
			part->cut == CUT_DOMAIN ? REFERRAL_TEMPLATE_DOMAIN :
			REFERRAL_TEMPLATE_USERNAME | REFERRAL_TEMPLATE_DOMAIN;
	case VALUE_ORIGINAL:
		return REFERRAL_TEMPLATE_ORIGINAL;
	case VALUE_PROTOCOL:
		return REFERRAL_TEMPLATE_PROTOCOL;
	}
	i_unreached();
}

enum referral_template_uses
referral_template_get_uses(const struct referral_template *template,
			   enum referral_template_uses *exact_r)
{
	enum referral_template_uses uses = 0, exact = 0;
	const struct template_part *part;

	array_foreach(&template->parts, part) {
		uses |= part_get_uses(part);
		if (!part->lower)
			exact |= part_get_uses(part);
	}
	if (exact_r != NULL)
		*exact_r = exact;
	return uses;
}

bool referral_template_lacks_domain(const struct referral_template *template,
				    const struct referral_user *user)
{
	const struct template_part *part;

	array_foreach(&template->parts, part) {
		if (part->literal == NULL && part->cut == CUT_DOMAIN &&
		    *part_get_value(part, user) == '\0')
			return TRUE;
	}
	return FALSE;
}

const char *
referral_template_get_constant_tail(const struct referral_template *template)
{
	const struct template_part *parts;
	unsigned int count;

	parts = array_get(&template->parts, &count);
	if (count == 0 || parts[count - 1].literal == NULL)
		return "";
	if (count == 1)
		return parts[0].literal;
	/* what follows the variable belongs to its component */
	return referral_dn_skip_component(parts[count - 1].literal);
}

bool referral_template_is_name(const struct referral_template *template)
{
	const struct template_part *part = array_front(&template->parts);

	return array_count(&template->parts) == 1 && part->literal == NULL &&
		part->value == VALUE_NAME &&
		(part->cut == CUT_NONE || part->cut == CUT_USERNAME);
}
