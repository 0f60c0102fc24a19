#ifndef REFERRAL_LDAP_SOCKBUF_H
#define REFERRAL_LDAP_SOCKBUF_H

/* libldap on Dovecot's streams: it never sees a socket, so that it cannot
   block on one. */

#include "ldap-frame.h"

#include <ldap.h>

struct istream;
struct ostream;

/* The owner replaces the streams when TLS starts and clears them before they
   are destroyed; the LDAP handle must not outlive this struct. */
struct referral_ldap_sockbuf {
	struct istream *input;
	/* without a size limit, so that no request is ever written in part */
	struct ostream *output;
	/* Something could not be written: no answer to it will come. */
	bool output_failed;
	/* of what libldap has read; after its end it gets an error */
	struct referral_ldap_frame frame;
	/* With no more than so many bytes nobody knows what they are. */
	size_t starved_size;
	/* bytes that libldap may still read in this turn of the loop */
	size_t budget;
	/* bytes that it has read since it handed out the last message */
	uint64_t idle_bytes;
};

/* Make an LDAP handle that reads and writes through sockbuf. fd is only what
   the handle is known by; deref is LDAP_DEREF_*. Returns 0, or -1 and error_r. */
int referral_ldap_sockbuf_init(struct referral_ldap_sockbuf *sockbuf, int fd,
			       int deref, LDAP **ld_r, const char **error_r);

/* TRUE if nothing can be made of what is buffered without more. */
bool
referral_ldap_sockbuf_is_starved(const struct referral_ldap_sockbuf *sockbuf);
/* TRUE if libldap can go on without more input from the network. */
bool referral_ldap_sockbuf_has_data(const struct referral_ldap_sockbuf *sockbuf);

#endif
