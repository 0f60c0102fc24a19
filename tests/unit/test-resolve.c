/* resolve.c over a fake DNS */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "str.h"
#include "resolve.h"
#include "fake-dns.h"
#include "test-lookup.h"

#define NOW 1000000000

static struct ioloop *test_ioloop;
static struct event *parent_event;
static struct referral_resolver *test_resolver;

/* One who asks: what came of it. */
struct resolve_caller {
	unsigned int calls;
	/* joined by spaces */
	char *ips;
	char *error;
	/* what to do in the callback, if anything */
	void (*hook)(struct resolve_caller *caller);
	struct referral_resolve_request *request;
};

static void resolver_start(void)
{
	test_ioloop = io_loop_create();
	io_loop_set_current(test_ioloop);
	ioloop_time = NOW;
	parent_event = event_create(NULL);
	test_resolver = referral_resolver_init(parent_event, "dns-client");
	fake_dns_count = fake_dns_abort_count = 0;
}

static void resolver_stop(void)
{
	referral_resolver_deinit(&test_resolver);
	test_assert(test_resolver == NULL);
	test_assert(fake_dns_waiting == 0);
	event_unref(&parent_event);
	io_loop_destroy(&test_ioloop);
}

static const char *join_ips(const struct ip_addr *ips, unsigned int ips_count)
{
	string_t *str = t_str_new(64);

	for (unsigned int i = 0; i < ips_count; i++) {
		if (i > 0)
			str_append_c(str, ' ');
		str_append(str, net_ip2addr(&ips[i]));
	}
	return str_c(str);
}

static void
resolve_callback(const struct ip_addr *ips, unsigned int ips_count,
		 const char *error, void *context)
{
	struct resolve_caller *caller = context;

	test_assert((ips_count > 0) == (error == NULL));
	i_free(caller->ips);
	i_free(caller->error);
	caller->calls++;
	caller->ips = i_strdup(join_ips(ips, ips_count));
	caller->error = i_strdup(error);
	caller->request = NULL;
	if (caller->hook != NULL)
		caller->hook(caller);
}

static void ask(struct resolve_caller *caller, const char *host)
{
	unsigned int calls = caller->calls;

	caller->request = referral_resolve_start(test_resolver, host,
						 resolve_callback, caller);
	/* never from inside */
	test_assert(caller->calls == calls);
}

static void caller_free(struct resolve_caller *caller)
{
	i_free(caller->ips);
	i_free(caller->error);
	i_zero(caller);
}

/* NULL if not known, "" if known to have no address */
static const char *cached(const char *host)
{
	const struct ip_addr *ips;
	unsigned int ips_count;

	if (!referral_resolve_cached(test_resolver, host, &ips, &ips_count))
		return NULL;
	return join_ips(ips, ips_count);
}

static unsigned int waiting_callers;

static void hook_stop(struct resolve_caller *caller)
{
	caller->hook = NULL;
	if (--waiting_callers == 0)
		io_loop_stop(current_ioloop);
}

/* Run the ioloop until all have been called; its clock is the real one. */
static void wait_for(struct resolve_caller *callers, unsigned int count)
{
	time_t now = ioloop_time;

	waiting_callers = count;
	for (unsigned int i = 0; i < count; i++)
		callers[i].hook = hook_stop;
	io_loop_run(test_ioloop);
	ioloop_time = now;
}

void test_resolve_answers(void)
{
	static const struct {
		/* "" = an error */
		const char *ips;
		int age;
		bool known;
	} tests[] = {
		{ "192.0.2.1", 0, TRUE },
		{ "192.0.2.1 2001:db8::1 192.0.2.2", 59, TRUE },
		{ "192.0.2.1", 60, FALSE },
		/* the clock was set back */
		{ "192.0.2.1", -1, FALSE },
		{ "192.0.2.1", -100000, FALSE },
		{ "", 0, TRUE },
		{ "", 9, TRUE },
		{ "", 10, FALSE },
		{ "", -100000, FALSE },
	};
	unsigned int i;

	test_begin("resolve answers");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct resolve_caller caller = { .calls = 0 };

		resolver_start();
		test_assert_idx(cached("host") == NULL, i);
		ask(&caller, "host");
		test_assert_idx(cached("host") == NULL, i);
		test_assert_strcmp_idx(fake_dns_get_host(), "host", i);
		test_assert_idx(fake_dns_get_timeout() == 1000, i);
		fake_dns_answer(tests[i].ips);
		test_assert_idx(caller.calls == 1, i);
		test_assert_strcmp_idx(caller.ips, tests[i].ips, i);

		ioloop_time += tests[i].age;
		test_assert_idx(null_strcmp(cached("host"), tests[i].known ?
					    tests[i].ips : NULL) == 0, i);
		test_assert_idx(cached("HOST") == NULL, i);
		/* known: told without DNS, but from the ioloop */
		ask(&caller, "host");
		test_assert_idx(fake_dns_count == (tests[i].known ? 1 : 2), i);
		if (!tests[i].known)
			fake_dns_answer("192.0.2.9");
		else
			wait_for(&caller, 1);
		test_assert_idx(caller.calls == 2, i);
		test_assert_strcmp_idx(caller.ips, tests[i].known ?
				       tests[i].ips : "192.0.2.9", i);
		caller_free(&caller);
		resolver_stop();
	}
	test_end();
}

/* DNS trouble after good times */
void test_resolve_stale(void)
{
	static const struct {
		int age;
		const char *ips;
	} tests[] = {
		{ 60, "192.0.2.1" },
		{ 3599, "192.0.2.1" },
		{ 3600, "" },
		{ -100, "192.0.2.1" },
	};
	unsigned int i;

	test_begin("resolve stale");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct resolve_caller caller = { .calls = 0 };

		resolver_start();
		ask(&caller, "host");
		fake_dns_answer("192.0.2.1");
		ioloop_time += tests[i].age;
		ask(&caller, "host");
		fake_dns_answer("");
		test_assert_idx(caller.calls == 2, i);
		test_assert_strcmp_idx(caller.ips, tests[i].ips, i);
		/* asked again soon */
		ioloop_time += 9;
		test_assert_strcmp_idx(cached("host"), tests[i].ips, i);
		ioloop_time += 1;
		test_assert_idx(cached("host") == NULL, i);
		ask(&caller, "host");
		fake_dns_answer("192.0.2.2");
		test_assert_strcmp_idx(caller.ips, "192.0.2.2", i);
		caller_free(&caller);
		resolver_stop();
	}
	test_end();
}

void test_resolve_cancel(void)
{
	/* a bit for each of three who ask the same */
	unsigned int cancelled, i;

	test_begin("resolve merge and cancel");
	for (cancelled = 0; cancelled < 8; cancelled++) {
		struct resolve_caller callers[3];

		resolver_start();
		i_zero(&callers);
		for (i = 0; i < N_ELEMENTS(callers); i++)
			ask(&callers[i], "host");
		test_assert_idx(fake_dns_count == 1, cancelled);
		for (i = 0; i < N_ELEMENTS(callers); i++) {
			if ((cancelled & (1 << i)) != 0)
				referral_resolve_cancel(&callers[i].request);
		}
		fake_dns_answer("192.0.2.1");
		for (i = 0; i < N_ELEMENTS(callers); i++) {
			test_assert_idx(callers[i].calls ==
				((cancelled & (1 << i)) != 0 ? 0 : 1),
				cancelled);
			caller_free(&callers[i]);
		}
		test_assert_strcmp_idx(cached("host"), "192.0.2.1", cancelled);
		resolver_stop();
	}

	/* cancelled while the known answer is on its way */
	struct resolve_caller caller = { .calls = 0 };
	struct resolve_caller other = { .calls = 0 };

	resolver_start();
	ask(&caller, "host");
	fake_dns_answer("192.0.2.1");
	ask(&caller, "host");
	ask(&other, "host");
	referral_resolve_cancel(&caller.request);
	referral_resolve_cancel(&caller.request);
	wait_for(&other, 1);
	test_assert(caller.calls == 1);
	test_assert(other.calls == 1);
	ask(&caller, "host");
	referral_resolve_cancel(&caller.request);
	resolver_stop();
	test_assert(caller.calls == 1);
	caller_free(&caller);
	caller_free(&other);
	test_end();
}

static struct resolve_caller *other_caller;

static void hook_cancel_other(struct resolve_caller *caller ATTR_UNUSED)
{
	referral_resolve_cancel(&other_caller->request);
}

static void hook_ask_again(struct resolve_caller *caller)
{
	caller->hook = NULL;
	ask(caller, "host");
}

void test_resolve_reentrant(void)
{
	struct resolve_caller callers[3];
	unsigned int i;

	test_begin("resolve reentrant");
	resolver_start();
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		ask(&callers[i], "host");
	callers[0].hook = hook_ask_again;
	callers[1].hook = hook_cancel_other;
	other_caller = &callers[2];
	fake_dns_answer("192.0.2.1");
	test_assert(callers[0].calls == 1);
	test_assert(callers[1].calls == 1);
	test_assert(callers[2].calls == 0);
	/* not in the round that was under way */
	wait_for(&callers[0], 1);
	test_assert(callers[0].calls == 2);
	test_assert(callers[1].calls == 1);
	test_assert(fake_dns_count == 1);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		caller_free(&callers[i]);
	resolver_stop();
	test_end();
}

void test_resolve_bounds(void)
{
	struct resolve_caller callers[200], caller = { .calls = 0 };
	string_t *many_ips = t_str_new(1024);
	unsigned int i;

	test_begin("resolve bounds");
	resolver_start();
	/* at the same time */
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		ask(&callers[i], t_strdup_printf("host%u", i));
	test_assert(fake_dns_count == 64);
	/* the others wait, the first one first */
	fake_dns_answer("192.0.2.2");
	test_assert(fake_dns_count == 65);
	test_assert(fake_dns_waiting == 64);
	wait_for(&callers[65], N_ELEMENTS(callers) - 65);
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls ==
				(i == 0 || i > 64 ? 1 : 0), i);
		test_assert_idx(i <= 64 || strstr(callers[i].error,
						  "too many") != NULL, i);
	}
	/* that is no answer to keep */
	test_assert(cached("host100") == NULL);
	while (fake_dns_waiting > 0)
		fake_dns_answer("192.0.2.1");
	test_assert(fake_dns_count == 65);
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == 1, i);
		caller_free(&callers[i]);
	}
	/* in time */
	i_zero(&callers);
	for (i = 0; i < N_ELEMENTS(callers); i++)
		ask(&callers[i], t_strdup_printf("soon%u", i));
	test_assert(fake_dns_waiting == 64);
	while (fake_dns_waiting > 0)
		fake_dns_answer("192.0.2.1");
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == 1, i);
		test_assert_strcmp_idx(callers[i].ips, "192.0.2.1", i);
		caller_free(&callers[i]);
	}
	ask(&caller, "host100");
	fake_dns_answer("192.0.2.1");
	test_assert_strcmp(caller.ips, "192.0.2.1");

	/* in all: the least recently used one goes */
	for (i = 0; i < 2000; i++) {
		ask(&caller, t_strdup_printf("name%u", i));
		fake_dns_answer("192.0.2.1");
		test_assert_idx(cached("name0") != NULL, i);
	}
	test_assert(cached("host100") == NULL);
	test_assert(cached("name1000") == NULL);
	test_assert(cached("name1001") != NULL);
	test_assert(cached("name1999") != NULL);
	/* but never one that someone waits for */
	ask(&callers[0], "waiting");
	for (i = 0; i < 2000; i++) {
		referral_resolve_cancel(&caller.request);
		ask(&caller, t_strdup_printf("name%u", i));
	}
	while (fake_dns_waiting > 0)
		fake_dns_answer("192.0.2.3");
	test_assert(callers[0].calls == 1);
	test_assert_strcmp(callers[0].ips, "192.0.2.3");

	/* addresses of one name */
	for (i = 0; i < 100; i++)
		str_printfa(many_ips, "192.0.2.%u ", i);
	referral_resolve_cancel(&caller.request);
	ask(&caller, "many");
	fake_dns_answer(str_c(many_ips));
	test_assert(strstr(caller.ips, "192.0.2.63") != NULL);
	test_assert(strstr(caller.ips, "192.0.2.64") == NULL);
	caller_free(&caller);
	caller_free(&callers[0]);
	resolver_stop();
	test_end();
}

void test_resolve_deinit(void)
{
	struct resolve_caller callers[6];
	unsigned int i;

	test_begin("resolve deinit");
	resolver_start();
	i_zero(&callers);
	ask(&callers[0], "host0");
	fake_dns_answer("192.0.2.1");
	callers[0].calls = 0;
	/* 0 and 1: the answer is known, but not yet told */
	for (i = 0; i < N_ELEMENTS(callers); i++)
		ask(&callers[i], t_strdup_printf("host%u", i / 2));
	callers[2].hook = hook_cancel_other;
	other_caller = &callers[3];
	resolver_stop();
	for (i = 0; i < N_ELEMENTS(callers); i++) {
		test_assert_idx(callers[i].calls == (i == 3 ? 0 : 1), i);
		test_assert_idx(i == 3 || callers[i].error != NULL, i);
		caller_free(&callers[i]);
	}
	test_assert(fake_dns_abort_count == 2);
	referral_resolver_deinit(&test_resolver);
	test_end();
}
