#include "lib.h"
#include "mailhost.h"
#include "test-core.h"

#include <malloc.h>

struct referral_host test_host(const char *str)
{
	struct referral_host host;
	const char *error;

	i_zero(&host);
	if (*str != '\0' &&
	    referral_mailhost_parse(pool_datastack_create(), str, &host,
				    &error) < 0)
		i_fatal("test_host(%s): %s", str, error);
	return host;
}

struct ip_addr test_ip(const char *str)
{
	struct ip_addr ip;

	i_zero(&ip);
	if (*str != '\0' && net_addr2ip(str, &ip) < 0)
		i_fatal("test_ip(%s)", str);
	return ip;
}

size_t test_malloc_bytes(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#else
	return 0;
#endif
}
