#include "lib.h"
#include "array.h"
#include "ldap-uri.h"
#include "test-core.h"

#define LDAP REFERRAL_LDAP_SCHEME_LDAP
#define LDAPS REFERRAL_LDAP_SCHEME_LDAPS
#define LDAPI REFERRAL_LDAP_SCHEME_LDAPI

/* 107 characters of path are the most that connect() takes */
#define PATH_98 "123456789.123456789.123456789.123456789.123456789."\
	"123456789.123456789.123456789.123456789.12345678"

static const struct {
	const char *uri;
	/* all NULL: invalid */
	const char *host, *path, *domain;
	in_port_t port;
	enum referral_ldap_scheme scheme;
} uris[] = {
	{ .uri = "ldap://ldap.example.com", .host = "ldap.example.com",
	  .port = 389, .scheme = LDAP },
	{ .uri = "ldap://ldap.example.com/", .host = "ldap.example.com",
	  .port = 389, .scheme = LDAP },
	{ .uri = "LDAP://LDAP.example.com", .host = "ldap.example.com",
	  .port = 389, .scheme = LDAP },
	{ .uri = "ldap://localhost:3890", .host = "localhost", .port = 3890,
	  .scheme = LDAP },
	{ .uri = "ldaps://ldap.example.com", .host = "ldap.example.com",
	  .port = 636, .scheme = LDAPS },
	{ .uri = "LdapS://ldap.example.com:6360/", .host = "ldap.example.com",
	  .port = 6360, .scheme = LDAPS },
	{ .uri = "ldap://192.0.2.1", .host = "192.0.2.1", .port = 389,
	  .scheme = LDAP },
	{ .uri = "ldap://[2001:db8::1]", .host = "2001:db8::1", .port = 389,
	  .scheme = LDAP },
	{ .uri = "ldaps://[2001:db8::1]:6360/", .host = "2001:db8::1",
	  .port = 6360, .scheme = LDAPS },
	{ .uri = "ldapi://%2frun%2fslapd%2Fldapi", .path = "/run/slapd/ldapi",
	  .scheme = LDAPI },
	{ .uri = "ldapi://%2frun%2fldapi/", .path = "/run/ldapi",
	  .scheme = LDAPI },
	{ .uri = "ldapi://%2fa%20b%3f%23%25", .path = "/a b?#%",
	  .scheme = LDAPI },
	{ .uri = "ldapi://%2f"PATH_98"%2f1234567",
	  .path = "/"PATH_98"/1234567", .scheme = LDAPI },
	{ .uri = "ldapi://", .path = "/var/run/slapd/ldapi",
	  .scheme = LDAPI },
	{ .uri = "ldapi:///", .path = "/var/run/slapd/ldapi",
	  .scheme = LDAPI },
	{ .uri = "ldap:///dc=example,dc=com", .domain = "example.com",
	  .scheme = LDAP },
	{ .uri = "ldaps:///DC=Example%2c%20dc%3dCOM", .domain = "example.com",
	  .scheme = LDAPS },
	{ .uri = "ldap:///dc=local", .domain = "local", .scheme = LDAP },

	{ .uri = "ldap" },
	{ .uri = "ldap:" },
	{ .uri = "ldap:/" },
	{ .uri = "ldap://" },
	{ .uri = "ldap:///" },
	{ .uri = "ldaps://:636" },
	{ .uri = "ldap.example.com" },
	{ .uri = "ldap:ldap.example.com" },
	{ .uri = "ldap:/ldap.example.com" },
	{ .uri = "cldap://ldap.example.com" },
	{ .uri = "http://ldap.example.com" },
	{ .uri = "ldapis://ldap.example.com" },
	{ .uri = "ldap://ldap.example.com," },
	{ .uri = "ldap://ldap.example.com,ldap://b.example" },
	{ .uri = "ldap://a b" },
	{ .uri = "ldap://a\n" },
	{ .uri = "ldap://user@ldap.example.com" },
	{ .uri = "ldap://a%2eexample" },
	{ .uri = "ldap://%2frun%2fldapi" },
	{ .uri = "ldap://2001:db8::1" },
	{ .uri = "ldap://::1" },
	{ .uri = "ldap://[::1]x" },
	{ .uri = "ldap://h:" },
	{ .uri = "ldap://h:0" },
	{ .uri = "ldap://h:65536" },
	{ .uri = "ldap://h:ldap" },
	{ .uri = "ldap://0.0.0.0" },
	{ .uri = "ldap://1.2" },
	{ .uri = "ldap:///ou=people,dc=example,dc=com" },
	{ .uri = "ldap:///dc=" },
	{ .uri = "ldap:///dc=a,,dc=b" },
	{ .uri = "ldap:///dc=a b" },
	{ .uri = "ldap:///dc=a/b" },
	{ .uri = "ldap:///dc=a?uid" },
	{ .uri = "ldap:///dc=10,dc=0,dc=0,dc=1" },
	{ .uri = "ldap:///dc=a:389" },
	{ .uri = "ldap:///dc=a%00" },
	{ .uri = "ldap:///dc=a%2" },
	{ .uri = "ldap:////" },
	{ .uri = "ldap://h/dc=example" },
	{ .uri = "ldap://h/dc=example?uid" },
	{ .uri = "ldap://h//" },
	{ .uri = "ldap://h?uid" },
	{ .uri = "ldap://h/?uid" },
	{ .uri = "ldap://h#x" },
	{ .uri = "ldapi:///run/ldapi" },
	{ .uri = "ldapi://run" },
	{ .uri = "ldapi://run%2fldapi" },
	{ .uri = "ldapi://%2frun%2" },
	{ .uri = "ldapi://%2frun%" },
	{ .uri = "ldapi://%2frun%2g" },
	{ .uri = "ldapi://%2frun%x2" },
	{ .uri = "ldapi://%2frun%00" },
	{ .uri = "ldapi://%2frun/x" },
	{ .uri = "ldapi://%2f"PATH_98"%2f12345678" },
};

static void test_list(const char *str, unsigned int count)
{
	ARRAY_TYPE(referral_ldap_uri) list;
	const char *error;

	t_array_init(&list, 4);
	test_assert(referral_ldap_uris_parse(pool_datastack_create(), str,
					     &list, &error) == 0);
	test_assert_ucmp(array_count(&list), ==, count);
}

void test_ldap_uris_parse(void)
{
	ARRAY_TYPE(referral_ldap_uri) list;
	const struct referral_ldap_uri *uri;
	const char *error;
	unsigned int i;

	test_begin("ldap uris parse");
	for (i = 0; i < N_ELEMENTS(uris); i++) {
		bool valid = uris[i].host != NULL ||
			uris[i].path != NULL || uris[i].domain != NULL;

		t_array_init(&list, 1);
		if (referral_ldap_uris_parse(pool_datastack_create(),
					     uris[i].uri, &list, &error) < 0) {
			test_assert_idx(!valid, i);
			test_assert_idx(strncmp(error, "referral_ldap_uris: ",
						20) == 0, i);
			continue;
		}
		test_assert_idx(valid && array_count(&list) == 1, i);
		uri = array_front(&list);
		test_assert_idx(uri->scheme == uris[i].scheme, i);
		test_assert_strcmp_idx(uri->uri, uris[i].uri, i);
		test_assert_strcmp_idx(uri->host.name, uris[i].host, i);
		test_assert_idx(uri->host.port == uris[i].port, i);
		test_assert_strcmp_idx(uri->path, uris[i].path, i);
		test_assert_strcmp_idx(uri->domain, uris[i].domain, i);
	}
	test_list("", 0);
	test_list("  ", 0);
	test_list(" ldap://a  ldaps://b\tldapi://%2fc ", 3);
	test_end();
}
