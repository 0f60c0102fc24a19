#ifndef FAKE_DNS_H
#define FAKE_DNS_H

/* Stands in for plugin/compat's DNS: lookups wait until the test answers. */

#include "compat-dns.h"

/* How many are waiting, have been started, aborted */
extern unsigned int fake_dns_waiting, fake_dns_count, fake_dns_abort_count;

/* Name and time limit of the oldest lookup, which must exist */
const char *fake_dns_get_host(void);
unsigned int fake_dns_get_timeout(void);
/* Answer the oldest lookup with addresses separated by spaces, or with an
   error if there are none. */
void fake_dns_answer(const char *ips);

#endif
