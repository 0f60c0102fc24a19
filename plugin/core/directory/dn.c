/* DNs as places in a tree: see dn.h */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dn.h"

#include <ctype.h>

const char *referral_dn_skip_component(const char *dn)
{
	for (; *dn != '\0'; dn++) {
		if (*dn == ',')
			return dn + 1;
		if (*dn == '\\' && dn[1] != '\0')
			dn++;
	}
	return dn;
}

static unsigned int hex_digit(char c)
{
	return i_isdigit(c) ? c - '0' : i_tolower(c) - 'a' + 10;
}

/* One octet of a value, behind its escape if it has one. */
static char read_octet(const char **p, bool *escaped_r)
{
	const char *s = *p;

	*escaped_r = *s == '\\' && s[1] != '\0';
	if (!*escaped_r) {
		*p += 1;
		return *s;
	}
	if (i_isxdigit(s[1]) && i_isxdigit(s[2])) {
		*p += 3;
		return hex_digit(s[1]) * 16 + hex_digit(s[2]);
	}
	*p += 2;
	return s[1];
}

/* A component without its escapes, its case and the spaces that mean nothing.
   What separates names and values within it is marked with a character that
   needs no escape and is in no name. */
static const char *component_normalize(const char *start, const char *end)
{
	string_t *str = t_str_new(64);
	size_t kept = 0, begin = 0;
	bool escaped;
	char c;

	while (start < end) {
		c = read_octet(&start, &escaped);
		if (!escaped && (c == '=' || c == '+')) {
			str_truncate(str, kept);
			str_append_c(str, c);
			str_append_c(str, '\n');
			kept = begin = str_len(str);
		} else if (!escaped && c == ' ') {
			/* leading ones go, trailing ones are cut off later */
			if (str_len(str) > begin)
				str_append_c(str, c);
		} else {
			str_append_c(str, i_tolower(c));
			kept = str_len(str);
		}
	}
	str_truncate(str, kept);
	return str_c(str);
}

/* All components, each normalized. */
static const char *const *dn_split(const char *dn, unsigned int *count_r)
{
	ARRAY_TYPE(const_string) components;
	const char *next, *end, *component;

	t_array_init(&components, 8);
	while (*dn != '\0') {
		next = referral_dn_skip_component(dn);
		end = *next == '\0' && next[-1] != ',' ? next : next - 1;
		component = component_normalize(dn, end);
		array_push_back(&components, &component);
		dn = next;
	}
	return array_get(&components, count_r);
}

bool referral_dn_is_below(const char *dn, const char *base)
{
	const char *const *components, *const *base_components;
	unsigned int i, count, base_count;
	bool below;

	T_BEGIN {
		components = dn_split(dn, &count);
		base_components = dn_split(base, &base_count);
		below = count >= base_count;
		for (i = 1; below && i <= base_count; i++) {
			below = strcmp(components[count - i],
				       base_components[base_count - i]) == 0;
		}
	} T_END;
	return below;
}

const char *const *referral_dn_list_split(const char *str)
{
	ARRAY_TYPE(const_string) list;
	const char *p = str, *dn;

	t_array_init(&list, 4);
	for (;; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
			continue;
		}
		if (*p != ';' && *p != '\0')
			continue;
		dn = t_str_trim(t_strdup_until(str, p), " \t");
		array_push_back(&list, &dn);
		if (*p == '\0')
			break;
		str = p + 1;
	}
	array_append_zero(&list);
	return array_front(&list);
}

bool referral_dn_is_elsewhere(const char *dn, const char *const *trees)
{
	if (*trees == NULL)
		return FALSE;
	for (; *trees != NULL; trees++) {
		if (referral_dn_is_below(dn, *trees) ||
		    referral_dn_is_below(*trees, dn))
			return FALSE;
	}
	return TRUE;
}
