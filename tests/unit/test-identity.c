#include "lib.h"
#include "identity.h"
#include "test-core.h"

/* "Would a referral to this host come back to us?" */
static const struct {
	/* NULL: not set, as on a server that finds out by itself:
	   imap1 / imap1.example.com / 192.0.2.1, 2001:db8::1 */
	const char *local_hosts;
	const char *host;
	in_port_t local_port;
	bool us;
} identities[] = {
	/* own names */
	{ .host = "imap1", .us = TRUE },
	{ .host = "imap1.example.com", .us = TRUE },
	{ .host = "IMAP1.Example.COM.", .us = TRUE },
	{ .host = "localhost", .us = TRUE },
	{ .host = "LOCALHOST.", .us = TRUE },
	{ .host = "imap2" },
	{ .host = "imap2.example.com" },
	{ .host = "imap1.example.org" },
	{ .host = "imap1.example.com.example.org" },
	{ .host = "ximap1.example.com" },
	{ .host = "imap" },
	{ .host = "localhost.example.com" },
	/* own addresses */
	{ .host = "192.0.2.1", .us = TRUE },
	{ .host = "::ffff:192.0.2.1", .us = TRUE },
	{ .host = "2001:db8::1", .us = TRUE },
	{ .host = "[2001:DB8:0:0:0:0:0:1]", .us = TRUE },
	{ .host = "127.0.0.1", .us = TRUE },
	{ .host = "127.0.1.1", .us = TRUE },
	{ .host = "::1", .us = TRUE },
	{ .host = "[::ffff:127.0.0.1]", .us = TRUE },
	{ .host = "192.0.2.2" },
	{ .host = "2001:db8::2" },
	{ .host = "128.0.0.1" },
	/* ports */
	{ .host = "imap1.example.com:143", .us = TRUE },
	{ .host = "imap1.example.com:993", .us = TRUE },
	{ .host = "imap1.example.com:143", .local_port = 993, .us = TRUE },
	{ .host = "imap1.example.com:1143", .local_port = 1143, .us = TRUE },
	{ .host = "imap1.example.com", .local_port = 1143, .us = TRUE },
	{ .host = "imap1.example.com:1143" },
	{ .host = "imap1.example.com:1143", .local_port = 143 },
	{ .host = "imap1.example.com:110", .local_port = 110, .us = TRUE },
	{ .host = "192.0.2.1:143", .us = TRUE },
	{ .host = "192.0.2.1:2143" },
	{ .host = "127.0.0.1:2143", .local_port = 1143 },
	{ .host = "127.0.0.1:1143", .local_port = 1143, .us = TRUE },
	{ .host = "[::1]:2143", .local_port = 1143 },
	{ .host = "imap2.example.com:1143", .local_port = 1143 },

	/* named by the administrator: then only these */
	{ "mail.example.com", "mail.example.com", .us = TRUE },
	{ "mail.example.com", "MAIL.example.com:143", .us = TRUE },
	{ "mail.example.com", "imap1.example.com", .us = FALSE },
	{ "mail.example.com", "192.0.2.1", .us = FALSE },
	{ "mail.example.com", "localhost", .us = FALSE },
	{ "mail.example.com", "127.0.0.1", .us = FALSE },
	{ "a b c", "b", .us = TRUE },
	{ "a b c", "d", .us = FALSE },
	{ "*.example.com", "x.example.com", .us = TRUE },
	{ "*.example.com", "example.com", .us = FALSE },
	{ "192.0.2.0/24", "192.0.2.200", .us = TRUE },
	{ "192.0.2.0/24", "192.0.3.200", .us = FALSE },
	{ "192.0.2.0/24", "imap1.example.com", .us = FALSE },
	/* several servers behind one address */
	{ "nat.example.com:1143", "nat.example.com:1143", .us = TRUE },
	{ "nat.example.com:1143", "nat.example.com:2143", .us = FALSE },
	{ "nat.example.com:1143", "nat.example.com:2143", .local_port = 2143 },
	{ "nat.example.com:1143", "nat.example.com:143", .us = FALSE },
	{ "nat.example.com:1143", "nat.example.com", .us = FALSE },
	{ "nat.example.com:143", "nat.example.com", .us = TRUE },
	{ "nat.example.com:993", "nat.example.com", .us = TRUE },
	{ "nat.example.com:143", "nat.example.com:143", .us = TRUE },
	{ "nat.example.com:143", "nat.example.com:993", .us = FALSE },
	{ "nat.example.com", "nat.example.com:1143", .local_port = 1143,
	  .us = TRUE },
	{ "nat.example.com", "nat.example.com:1143", .us = FALSE },
	{ "nat.example.com:1143 nat.example.com:1993", "nat.example.com:1993",
	  .us = TRUE },
	{ "[2001:db8::9]:1143", "[2001:db8::9]:1143", .us = TRUE },
	{ "[2001:db8::9]:1143", "2001:db8::9", .us = FALSE },
	{ "*", "anything.example", .us = TRUE },
	{ "*", "198.51.100.1", .us = TRUE },
};

static struct referral_identity *create(const char *local_hosts)
{
	struct ip_addr ips[] = { test_ip("192.0.2.1"), test_ip("2001:db8::1") };
	const struct referral_identity_settings set = {
		.local_hosts = local_hosts == NULL ? "" : local_hosts,
		.hostname = "imap1",
		.fqdn = "IMAP1.example.com",
		.own_ips = ips,
		.own_ips_count = N_ELEMENTS(ips),
	};
	struct referral_identity *identity;
	const char *error;

	if (referral_identity_create(pool_datastack_create(), &set, &identity,
				     &error) < 0)
		i_fatal("referral_identity_create(): %s", error);
	return identity;
}

void test_identity(void)
{
	struct referral_host host;
	unsigned int i;

	test_begin("identity");
	for (i = 0; i < N_ELEMENTS(identities); i++) {
		host = test_host(identities[i].host);
		test_assert_idx(referral_identity_matches(
			create(identities[i].local_hosts), &host,
			identities[i].local_port) == identities[i].us, i);
	}
	test_end();
}

void test_identity_ip(void)
{
	static const struct {
		const char *local_hosts, *host, *ip;
		in_port_t local_port;
		bool us;
	} tests[] = {
		{ .host = "alias", .ip = "192.0.2.1", .us = TRUE },
		{ .host = "alias", .ip = "::ffff:192.0.2.1", .us = TRUE },
		{ .host = "alias", .ip = "2001:db8::1", .us = TRUE },
		{ .host = "alias", .ip = "127.0.1.1", .us = TRUE },
		{ .host = "alias", .ip = "192.0.2.2" },
		{ .host = "alias:143", .ip = "192.0.2.1", .us = TRUE },
		{ .host = "alias:1143", .ip = "192.0.2.1" },
		{ .host = "alias:1143", .ip = "192.0.2.1", .local_port = 1143,
		  .us = TRUE },
		{ "mail.example.com", "alias", "192.0.2.1", .us = FALSE },
		{ "mail.example.com", "alias", "127.0.0.1", .us = FALSE },
		{ "198.51.100.7", "alias", "198.51.100.7", .us = TRUE },
		{ "198.51.100.7", "alias", "192.0.2.1", .us = FALSE },
		{ "198.51.100.7:1143", "alias:1143", "198.51.100.7",
		  .us = TRUE },
		{ "198.51.100.7:1143", "alias:2143", "198.51.100.7",
		  .us = FALSE },
		{ "198.51.100.7:1143", "alias", "198.51.100.7", .us = FALSE },
	};
	struct referral_host host;
	struct ip_addr ip;
	unsigned int i;

	test_begin("identity ip");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		host = test_host(tests[i].host);
		ip = test_ip(tests[i].ip);
		test_assert_idx(referral_identity_matches_ip(
			create(tests[i].local_hosts), &host, &ip,
			tests[i].local_port) == tests[i].us, i);
	}
	test_end();
}

void test_identity_invalid(void)
{
	struct referral_identity_settings set = { .local_hosts = "ok b@d" };
	struct referral_identity *identity;
	struct referral_host host = test_host("x");
	const char *error;

	test_begin("identity: invalid");
	test_assert(referral_identity_create(pool_datastack_create(), &set,
					     &identity, &error) == -1);
	test_assert(strncmp(error, "referral_local_hosts: b@d: ", 27) == 0);

	/* a machine without a usable name still has its loopback */
	set.local_hosts = " ";
	set.hostname = "my machine";
	set.fqdn = NULL;
	test_assert(referral_identity_create(pool_datastack_create(), &set,
					     &identity, &error) == 0);
	test_assert(!referral_identity_matches(identity, &host, 0));
	host = test_host("::1");
	test_assert(referral_identity_matches(identity, &host, 0));
	test_end();
}

void test_identity_rule(void)
{
	static const struct {
		/* NULL: names and addresses of its own */
		const char *local_hosts, *host, *ip;
		/* NULL: it is another server */
		const char *rule;
	} tests[] = {
		{ NULL, "IMAP1.example.com", "",
		  "imap1.example.com is this server's name" },
		{ NULL, "192.0.2.1", "",
		  "192.0.2.1 is this server's address" },
		{ NULL, "127.0.1.1:993", "",
		  "127.0.0.0/8 is this server's address" },
		{ NULL, "imap2.example.com", "192.0.2.1",
		  "it resolves to 192.0.2.1, and 192.0.2.1 is this server's "
		  "address" },
		{ NULL, "imap2.example.com", "192.0.2.2", NULL },
		{ NULL, "imap1.example.com:1143", "192.0.2.1", NULL },
		{ "a *.example.com", "b.example.com", "",
		  "referral_local_hosts has *.example.com" },
		{ "nat.example.com:1143", "nat.example.com:1143", "",
		  "referral_local_hosts has nat.example.com:1143" },
		{ "192.0.2.0/24", "b.example.com", "192.0.2.9",
		  "it resolves to 192.0.2.9, and referral_local_hosts has "
		  "192.0.2.0/24" },
		{ "a", "b", "", NULL },
	};
	struct ip_addr own_ip = test_ip("192.0.2.1");
	struct referral_identity_settings set = {
		.hostname = "imap1",
		.fqdn = "imap1.example.com",
		.own_ips = &own_ip,
		.own_ips_count = 1,
	};
	struct referral_identity *identity;
	unsigned int i;

	test_begin("identity: rule");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		struct referral_host host = test_host(tests[i].host);
		struct ip_addr ip = test_ip(tests[i].ip);
		const char *error, *rule;

		set.local_hosts = tests[i].local_hosts == NULL ? "" :
			tests[i].local_hosts;
		test_assert_idx(referral_identity_create(
			pool_datastack_create(), &set, &identity,
			&error) == 0, i);
		rule = referral_identity_get_rule(identity, &host, &ip,
			ip.family == 0 ? 0 : 1, 0);
		test_assert_strcmp_idx(rule == NULL ? "" : rule,
			tests[i].rule == NULL ? "" : tests[i].rule, i);
	}
	test_end();
}
