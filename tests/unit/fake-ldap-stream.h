#ifndef FAKE_LDAP_STREAM_H
#define FAKE_LDAP_STREAM_H

/* Stands in for plugin/ldap's streams: one at a time, and the test is the
   server. */

#include "ldap-stream.h"

struct referral_ldap_stream {
	/* the only server that is asked; NULL: any */
	char *uri;
	char *base, *filter;
	/* joined by spaces */
	char *attributes;
	/* of the first control */
	char *control_oid;
	buffer_t *control_value;
	/* each with a space after it */
	string_t *avoided;

	const struct referral_ldap_stream_vfuncs *vfuncs;
	void *context;
};

/* NULL if there is none. Whoever starts one stops the loop. */
extern struct referral_ldap_stream *fake_ldap_stream;

/* The stream ends. */
void fake_ldap_stream_lost(const char *error);

#endif
