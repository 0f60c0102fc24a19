#include "lib.h"
#include "array.h"
#include "str.h"
#include "entry.h"
#include "hostmap.h"
#include "identity.h"
#include "mailhost.h"
#include "test-core.h"

static void
test_entry_problem(enum referral_entry_problem problem, const char *detail,
		   void *context)
{
	string_t *str = context;

	if (str_len(str) > 0)
		str_append(str, "; ");
	str_append(str, referral_entry_problem_to_string(problem));
	if (*detail != '\0')
		str_printfa(str, " %s", detail);
}

static void test_entry_rules(struct referral_entry_rules *rules_r)
{
	const struct referral_identity_settings id_set = {
		.local_hosts = "front.example.com nat.example.com:2143",
	};
	pool_t pool = pool_datastack_create();
	struct referral_identity *identity;
	struct referral_hostmap *map;
	struct referral_hostglobs *globs;
	const char *error;

	if (referral_identity_create(pool, &id_set, &identity, &error) < 0 ||
	    referral_hostmap_create(pool, "int.example.net=pub.example.com",
				    &map, &error) < 0 ||
	    referral_hostglobs_create(pool, "referral_allowed_hosts",
				      "*.example.com", &globs, &error) < 0)
		i_fatal("%s", error);
	rules_r->identity = identity;
	rules_r->map = map;
	rules_r->allowed_hosts = globs;
}

void test_entry_check(void)
{
	static const struct {
		/* separated by spaces; NULL: none */
		const char *values, *action;
		const char *home;
		bool here;
		const char *problems;
	} tests[] = {
		{ "front.example.com", NULL, "front.example.com", TRUE, "" },
		{ "FRONT.example.com.", NULL, "front.example.com", TRUE, "" },
		{ "front.example.com:993", NULL, "front.example.com:993", TRUE,
		  "" },
		{ "home.example.com", NULL, "home.example.com", FALSE, "" },
		{ "home.example.com:1143", NULL, "home.example.com:1143",
		  FALSE, "" },
		{ NULL, NULL, "", FALSE, "no_value" },
		{ NULL, "refer", "", FALSE, "no_value" },
		/* any valid one will do, but the others are worth mending */
		{ "-bad- home.example.com", NULL, "home.example.com", FALSE,
		  "invalid_value -bad-: " },
		{ "-bad- worse:0", NULL, "", FALSE,
		  "invalid_value -bad-: ; invalid_value worse:0: " },
		{ "home.example.com front.example.com", NULL,
		  "front.example.com", TRUE, "" },
		{ "home.example.org", NULL, "home.example.org", FALSE,
		  "not_allowed home.example.org" },
		/* what clients are told counts */
		{ "int.example.net", NULL, "int.example.net", FALSE, "" },
		{ "home.example.com:993", NULL, "home.example.com:993", FALSE,
		  "tls_port home.example.com:993" },
		/* only who has come in on that port knows */
		{ "front.example.com:1143", NULL, "front.example.com:1143",
		  TRUE, "port front.example.com:1143" },
		/* this server is named with its port */
		{ "nat.example.com:2143", NULL, "nat.example.com:2143", TRUE,
		  "" },
		{ "nat.example.com:1143", NULL, "nat.example.com:1143", FALSE,
		  "" },
		{ "home.example.com", "OFFER", "home.example.com", FALSE, "" },
		{ "home.example.com", "tempfail", "home.example.com", FALSE,
		  "" },
		{ "home.example.com", "dance", "home.example.com", FALSE,
		  "unknown_action dance" },
		{ "front.example.com", "reject", "front.example.com", TRUE,
		  "unknown_action reject" },
		{ "evil.org", "\n", "evil.org", FALSE,
		  "not_allowed evil.org; unknown_action \\x0a" },
	};
	struct referral_entry_rules rules;
	unsigned int i;

	test_begin("entry: check");
	test_entry_rules(&rules);
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct referral_lookup_result lookup = {
			.status = tests[i].values == NULL ?
				REFERRAL_LOOKUP_NO_VALUE :
				REFERRAL_LOOKUP_HOSTS,
			.mailhosts = tests[i].values == NULL ? NULL :
				t_strsplit(tests[i].values, " "),
			.action = tests[i].action,
		};
		struct referral_host home;
		string_t *problems = t_str_new(128);

		test_assert_idx(referral_entry_check(&rules, &lookup, &home,
			test_entry_problem, problems) == tests[i].here, i);
		test_assert_strcmp_idx(home.name == NULL ? "" :
			referral_host_to_string(&home, 0), tests[i].home, i);
		/* the cause of an invalid value is mailhost's to word */
		if (strstr(tests[i].problems, "invalid_value") == NULL) {
			test_assert_strcmp_idx(str_c(problems),
					       tests[i].problems, i);
		} else {
			test_assert_idx(strncmp(str_c(problems),
				tests[i].problems,
				strcspn(tests[i].problems, ";") - 1) == 0, i);
			test_assert_idx(
				(strchr(str_c(problems), ';') != NULL) ==
				(strchr(tests[i].problems, ';') != NULL), i);
		}
	}
	test_end();
}
