/* Expand templates with a user's name, for filters and DNs. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dn.h"
#include "mailhost.h"
#include "template.h"

enum template_part_type {
	PART_LITERAL,
	PART_USER,
	PART_USERNAME,
	PART_DOMAIN,
	/* what follows the last "\", all where there is none */
	PART_ACCOUNT,
	/* as components of a DN: "dc=example,dc=com" */
	PART_DOMAIN_DN,
	/* the same without the first "dc=", as Dovecot 2.3 has it */
	PART_DOMAIN_DN_REST,
};

struct template_part {
	enum template_part_type type;
	const char *literal;
};

struct referral_template {
	ARRAY(struct template_part) parts;
	enum referral_template_escape escape;
};

/* The variable at the beginning of str. Returns its length, 0 if it is
   unknown. */
static size_t
find_variable(const char *str, enum template_part_type *type_r)
{
	static const struct {
		const char *key;
		enum template_part_type type;
	} vars[] = {
		{ "%{user}", PART_USER },
		{ "%{username}", PART_USERNAME },
		{ "%{domain}", PART_DOMAIN },
		{ "%{account}", PART_ACCOUNT },
		{ "%{domain|ldap_dn}", PART_DOMAIN_DN },
		{ "%{domain | ldap_dn}", PART_DOMAIN_DN },
		{ "%u", PART_USER },
		{ "%n", PART_USERNAME },
		{ "%d", PART_DOMAIN },
		{ "%Dd", PART_DOMAIN_DN_REST },
	};
	unsigned int i;
	size_t len;

	for (i = 0; i < N_ELEMENTS(vars); i++) {
		len = strlen(vars[i].key);
		if (strncmp(str, vars[i].key, len) == 0) {
			*type_r = vars[i].type;
			return len;
		}
	}
	return 0;
}

static void
add_literal(pool_t pool, struct referral_template *template, string_t *literal)
{
	struct template_part part = { .type = PART_LITERAL };

	if (str_len(literal) == 0)
		return;
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
		str = t_strndup(str, 2);
	return t_strdup_printf("unknown variable %s (known: %%{user}, "
			       "%%{username}, %%{domain}, %%{account}, "
			       "%%{domain|ldap_dn}, %%%%)",
			       referral_mailhost_sanitize(str));
}

int referral_template_create(pool_t pool, const char *str,
			     enum referral_template_escape escape,
			     struct referral_template **template_r,
			     const char **error_r)
{
	struct referral_template *template;
	struct template_part part = { .literal = NULL };
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
		} else if ((len = find_variable(str, &part.type)) > 0) {
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

void referral_template_expand(const struct referral_template *template,
			      const char *user, string_t *dest)
{
	const struct template_part *part;
	size_t user_len = strlen(user);
	size_t name_len = strcspn(user, "@");
	size_t domain_pos = I_MIN(name_len + 1, user_len);
	const char *account = strrchr(user, '\\');

	account = account == NULL ? user : account + 1;
	array_foreach(&template->parts, part) {
		switch (part->type) {
		case PART_LITERAL:
			str_append(dest, part->literal);
			break;
		case PART_USER:
			append_escaped(dest, template->escape, user, user_len);
			break;
		case PART_USERNAME:
			append_escaped(dest, template->escape, user, name_len);
			break;
		case PART_DOMAIN:
			append_escaped(dest, template->escape,
				       user + domain_pos,
				       user_len - domain_pos);
			break;
		case PART_ACCOUNT:
			append_escaped(dest, template->escape, account,
				       strlen(account));
			break;
		case PART_DOMAIN_DN:
			str_append(dest, "dc=");
			/* fall through */
		case PART_DOMAIN_DN_REST:
			append_components(dest, template->escape,
					  user + domain_pos);
			break;
		}
	}
}

static bool
uses(const struct referral_template *template, enum template_part_type type)
{
	const struct template_part *part;

	array_foreach(&template->parts, part) {
		if (part->type == type || part->type == PART_USER ||
		    part->type == PART_ACCOUNT)
			return TRUE;
	}
	return FALSE;
}

bool referral_template_uses_username(const struct referral_template *template)
{
	return uses(template, PART_USERNAME);
}

bool referral_template_uses_domain(const struct referral_template *template)
{
	return uses(template, PART_DOMAIN) ||
		uses(template, PART_DOMAIN_DN) ||
		uses(template, PART_DOMAIN_DN_REST);
}

const char *
referral_template_get_constant_tail(const struct referral_template *template)
{
	const struct template_part *parts;
	unsigned int count;

	parts = array_get(&template->parts, &count);
	if (count == 0 || parts[count - 1].type != PART_LITERAL)
		return "";
	if (count == 1)
		return parts[0].literal;
	/* what follows the variable belongs to its component */
	return referral_dn_skip_component(parts[count - 1].literal);
}

bool referral_template_is_name(const struct referral_template *template)
{
	const struct template_part *part = array_front(&template->parts);

	return array_count(&template->parts) == 1 &&
		(part->type == PART_USER || part->type == PART_USERNAME);
}
