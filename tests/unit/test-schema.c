#include "lib.h"
#include "schema.h"
#include "test-core.h"

static const char *const types[] = {
	/* as slapd and 389-ds write them */
	"( 2.5.4.41 NAME 'name' DESC 'RFC4519: common supertype of "
		"name attributes' EQUALITY caseIgnoreMatch SUBSTR "
		"caseIgnoreSubstringsMatch SYNTAX "
		"1.3.6.1.4.1.1466.115.121.1.15{32768} )",
	"( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'it''s EQUALITY "
		"x' SUP name )",
	"( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'EQUALITY x "
		"SUP y' SUP name )",
	"( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) EQUALITY "
		"caseIgnoreMatch )",
	"(1.2.3 NAME 'tight' EQUALITY 2.5.13.5)",
	/* what is said of one is not said of the next */
	"( 1.2.20 NAME 'before' DESC 'noEquality' EQUALITY caseExactMatch )",
	"( 1.2.4 NAME 'noEquality' SYNTAX 1.2 )",
	"( 1.2.21 NAME ( 'c' 'countryName' 'friendlyCountry' ) SUP name )",
	"( 1.2.5 NAME 'circle1' SUP circle2 )",
	"( 1.2.6 NAME 'circle2' SUP circle1 )",
	"( 1.2.7 NAME 'orphan' SUP unknown )",
	"( 1.2.8 NAME 'own' SUP name EQUALITY caseExactMatch )",
	/* broken */
	"", "(", "( 1.2.9", "( 1.2.10 NAME", "( 1.2.11 NAME 'x",
	"( 1.2.12 NAME ( 'open", "( 1.2.13 NAME 'cut' EQUALITY",
	"1.2.14 NAME 'bare' EQUALITY caseExactMatch",
	NULL
};

void test_schema_rule(void)
{
	static const struct {
		const char *name, *rule, *error;
	} tests[] = {
		{ "name", "caseIgnoreMatch", NULL },
		{ "NAME", "caseIgnoreMatch", NULL },
		{ "cn", "caseIgnoreMatch", NULL },
		{ "commonname", "caseIgnoreMatch", NULL },
		{ "2.5.4.3", "caseIgnoreMatch", NULL },
		{ "userid", "caseIgnoreMatch", NULL },
		{ "tight", "2.5.13.5", NULL },
		{ "own", "caseExactMatch", NULL },
		{ "noEquality", NULL, "it has no equality matching rule" },
		{ "circle1", NULL, "it has no equality matching rule" },
		{ "orphan", NULL, "the directory's schema does not know it" },
		{ "mail", NULL, "the directory's schema does not know it" },
		{ "cut", NULL, "the directory's schema does not know it" },
		{ "bare", NULL, "the directory's schema does not know it" },
		{ "open", NULL, "the directory's schema does not know it" },
	};
	const char *error;
	unsigned int i;

	test_begin("schema: matching rule");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		test_assert_strcmp_idx(referral_schema_get_rule(types,
			tests[i].name, &error), tests[i].rule, i);
		test_assert_strcmp_idx(error, tests[i].error, i);
	}
	test_end();
}

void test_schema_names(void)
{
	static const struct {
		/* NULL: it is not known */
		const char *name, *names;
	} tests[] = {
		{ "name", "2.5.4.41 name" },
		{ "cn", "2.5.4.3 cn commonName" },
		{ "COMMONNAME", "2.5.4.3 cn commonName" },
		{ "2.5.4.3", "2.5.4.3 cn commonName" },
		{ "tight", "1.2.3 tight" },
		{ "countryname", "1.2.21 c countryName friendlyCountry" },
		{ "mail", NULL },
		{ "cut", NULL },
		{ "bare", NULL },
		{ "open", NULL },
		{ "", NULL },
	};
	const char *const *names;
	unsigned int i;

	test_begin("schema: names");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		names = referral_schema_get_names(types, tests[i].name);
		test_assert_strcmp_idx(names == NULL ? NULL :
			t_strarray_join(names, " "), tests[i].names, i);
	}
	test_end();
}
