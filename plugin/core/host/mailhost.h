#ifndef REFERRAL_MAILHOST_H
#define REFERRAL_MAILHOST_H

#include "referral-decision.h"

/* RFC 3501, RFC 5804: the port that a URL need not say; RFC 8314: that of TLS
   from the start */
#define REFERRAL_IMAP_PORT 143
#define REFERRAL_SIEVE_PORT 4190
#define REFERRAL_IMAPS_PORT 993

/* Parse one hostile value "name", "v4address", "v6address" or
   "[v6address]", the bracketed and non-v6 forms with an optional ":port"
   (RFC 3986 section 3.2.2; RFC 1123 section 2.1 for names). Names may hold
   letters, digits, "-", "_" and dots; a trailing dot is dropped; case is
   folded. An all-numeric name that is no address is refused.

   host_r->name is allocated from pool. Returns 0, or -1 and error_r, a static
   cause without any part of the value: log the value with
   referral_mailhost_sanitize(). */
int referral_mailhost_parse(pool_t pool, const char *value,
			    struct referral_host *host_r,
			    const char **error_r);

/* For logs: printable ASCII, everything else escaped, cut to 80 characters.
   Allocated from the data stack. */
const char *referral_mailhost_sanitize(const char *value);

/* Same host and port (names compared without case, addresses by value)? */
bool referral_host_equals(const struct referral_host *host1,
			  const struct referral_host *host2);

/* "name", "address" or "[v6address]", plus ":port" if there is one and it is
   not default_port. Allocated from the data stack. This is the form that
   REFERRAL_FIELD_HOST carries and referral_mailhost_parse() accepts. */
const char *referral_host_to_string(const struct referral_host *host,
				    in_port_t default_port);

#endif
