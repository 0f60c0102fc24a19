/* Check the syntax of an LDAP filter. */

#include "lib.h"
#include "unichar.h"
#include "ldap-syntax.h"
#include "filter.h"

#include <ctype.h>

#define FILTER_MAX_DEPTH 32

struct filter_parser {
	const char *str, *p;
	unsigned int depth;
	const char *error;
};

static int fail(struct filter_parser *parser, const char *error)
{
	parser->error = t_strdup_printf("%s at character %u", error,
		(unsigned int)(parser->p - parser->str) + 1);
	return -1;
}

static int expect(struct filter_parser *parser, char c, const char *error)
{
	if (*parser->p != c)
		return fail(parser, error);
	parser->p++;
	return 0;
}

/* Nothing in RFC 4515 allows them, libldap does in these places. */
static void skip_spaces(struct filter_parser *parser)
{
	parser->p += strspn(parser->p, " \t\r\n");
}

/* assertionvalue, or the substrings and the "*" of a presence filter */
static int parse_value(struct filter_parser *parser, bool allow_asterisk)
{
	for (; *parser->p != ')'; parser->p++) {
		switch (*parser->p) {
		case '\0':
			return fail(parser, "\")\" is missing");
		case '(':
			return fail(parser, "\"(\" in a value (write \\28)");
		case '*':
			if (!allow_asterisk) {
				return fail(parser,
					    "\"*\" in a value (write \\2a)");
			}
			break;
		case '\\':
			if (!i_isxdigit(parser->p[1]) ||
			    !i_isxdigit(parser->p[2])) {
				return fail(parser, "backslash without two "
					    "hexadecimal digits");
			}
			parser->p += 2;
			break;
		}
	}
	return 0;
}

/* [":dn"] [":" matchingrule] ":=" assertionvalue */
static int parse_extensible(struct filter_parser *parser, bool have_attr)
{
	size_t len;

	if (strncasecmp(parser->p, ":dn:", 4) == 0)
		parser->p += 3;
	if (parser->p[0] == ':' && parser->p[1] != '=') {
		len = referral_oid_span(parser->p + 1);
		if (len == 0)
			return fail(parser, "matching rule expected");
		parser->p += 1 + len;
	} else if (!have_attr) {
		return fail(parser, "attribute or matching rule expected");
	}
	if (parser->p[0] != ':' || parser->p[1] != '=')
		return fail(parser, "\":=\" expected");
	parser->p += 2;
	return parse_value(parser, FALSE);
}

static int parse_item(struct filter_parser *parser)
{
	size_t len = referral_attribute_span(parser->p);

	parser->p += len;
	if (parser->p[0] == ':')
		return parse_extensible(parser, len > 0);
	if (len == 0)
		return fail(parser, "attribute expected");
	if (parser->p[0] == '=') {
		parser->p++;
		return parse_value(parser, TRUE);
	}
	if (parser->p[0] != '\0' && strchr("~<>", parser->p[0]) != NULL &&
	    parser->p[1] == '=') {
		parser->p += 2;
		return parse_value(parser, FALSE);
	}
	return fail(parser, "\"=\" expected after the attribute");
}

static int parse_filter(struct filter_parser *parser)
{
	int ret;

	if (expect(parser, '(', "\"(\" expected") < 0)
		return -1;
	if (++parser->depth > FILTER_MAX_DEPTH)
		return fail(parser, "nested too deeply");
	skip_spaces(parser);
	switch (*parser->p) {
	case '&':
	case '|':
		/* none at all: true and false (RFC 4526) */
		parser->p++;
		skip_spaces(parser);
		ret = 0;
		while (ret == 0 && *parser->p == '(') {
			ret = parse_filter(parser);
			skip_spaces(parser);
		}
		break;
	case '!':
		parser->p++;
		skip_spaces(parser);
		ret = parse_filter(parser);
		break;
	default:
		ret = parse_item(parser);
		break;
	}
	parser->depth--;
	return ret < 0 ? -1 : expect(parser, ')', "\")\" expected");
}

int referral_filter_check(const char *str, const char **error_r)
{
	struct filter_parser parser = { .str = str, .p = str };

	if (!uni_utf8_str_is_valid(str)) {
		*error_r = "invalid UTF-8";
		return -1;
	}
	if (parse_filter(&parser) < 0 ||
	    expect(&parser, '\0', "nothing expected") < 0) {
		*error_r = parser.error;
		return -1;
	}
	return 0;
}
