/* Attribute descriptions and distinguished names. */

#include "lib.h"
#include "unichar.h"
#include "ldap-syntax.h"

#include <ctype.h>

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"
#define HEX DIGIT"ABCDEFabcdef"
#define KEYCHAR ALPHA DIGIT"-"

static size_t numericoid_span(const char *str)
{
	size_t len, total = 0;
	unsigned int numbers = 0;

	for (;;) {
		len = strspn(str + total, DIGIT);
		if (len == 0 || (len > 1 && str[total] == '0'))
			return 0;
		total += len;
		numbers++;
		if (str[total] != '.')
			break;
		total++;
	}
	return numbers > 1 ? total : 0;
}

size_t referral_oid_span(const char *str)
{
	return strspn(str, ALPHA) > 0 ? strspn(str, KEYCHAR) :
		numericoid_span(str);
}

size_t referral_attribute_span(const char *str)
{
	size_t len, total = referral_oid_span(str);

	while (total > 0 && str[total] == ';') {
		len = strspn(str + total + 1, KEYCHAR);
		if (len == 0)
			return 0;
		total += 1 + len;
	}
	return total;
}

int referral_attribute_check(const char *str, const char **error_r)
{
	size_t len = referral_attribute_span(str);
	const char *p;

	if (len == 0 || str[len] != '\0') {
		*error_r = "invalid name";
		return -1;
	}
	if (i_isdigit(*str)) {
		*error_r = "servers answer under the attribute's name: use it "
			"in place of the OID";
		return -1;
	}
	for (p = strchr(str, ';'); p != NULL; p = strchr(p + 1, ';')) {
		if (p[strcspn(p + 1, ";")] == '-') {
			*error_r = "invalid option";
			return -1;
		}
	}
	return 0;
}

/* "#" and the BER encoding in hexadecimal (RFC 4514 section 2.4) */
static int skip_hexstring(const char **p, const char **error_r)
{
	size_t len = strspn(*p + 1, HEX);

	if (len == 0 || len % 2 != 0) {
		*error_r = "invalid hexadecimal value";
		return -1;
	}
	*p += 1 + len;
	return 0;
}

static int skip_string(const char **p, const char **error_r)
{
	while (**p != '\0' && **p != ',' && **p != '+') {
		if (strchr("\"<>;", **p) != NULL) {
			*error_r = t_strdup_printf(
				"\"%c\" needs a backslash", **p);
			return -1;
		}
		if (*(*p)++ != '\\')
			continue;
		if (**p != '\0' && strchr(" \"#+,;<=>\\", **p) != NULL)
			*p += 1;
		else if (i_isxdigit((*p)[0]) && i_isxdigit((*p)[1]))
			*p += 2;
		else {
			*error_r = "invalid escape after a backslash";
			return -1;
		}
	}
	return 0;
}

static int skip_value(const char **p, const char **error_r)
{
	*p += strspn(*p, " ");
	if (**p != '#')
		return skip_string(p, error_r);
	if (skip_hexstring(p, error_r) < 0)
		return -1;
	*p += strspn(*p, " ");
	if (**p != '\0' && **p != ',' && **p != '+') {
		*error_r = "invalid hexadecimal value";
		return -1;
	}
	return 0;
}

int referral_dn_check(const char *str, const char **error_r)
{
	const char *p = str;
	size_t len;

	if (!uni_utf8_str_is_valid(str)) {
		*error_r = "invalid UTF-8";
		return -1;
	}
	if (*p == '\0')
		return 0;
	for (;;) {
		p += strspn(p, " ");
		len = referral_oid_span(p);
		if (len == 0) {
			*error_r = "attribute type expected";
			return -1;
		}
		p += len;
		p += strspn(p, " ");
		if (*p++ != '=') {
			*error_r = "\"=\" expected after an attribute type";
			return -1;
		}
		if (skip_value(&p, error_r) < 0)
			return -1;
		if (*p == '\0')
			return 0;
		p++;
	}
}
