#ifndef REFERRAL_PAGED_H
#define REFERRAL_PAGED_H

/* The value of the paged results control (RFC 2696 section 2):

       SEQUENCE { size INTEGER (0..maxInt), cookie OCTET STRING }

   BER in definite form, as LDAP wants it (RFC 4511 section 5.1). */

#define REFERRAL_PAGED_OID "1.2.840.113556.1.4.319"
/* A server that sends a longer one is not understood. */
#define REFERRAL_PAGED_COOKIE_MAX_SIZE (16*1024)

/* Append the request's value: pages of size entries, the next one after that
   which came with cookie (NULL, 0 for the first). */
void referral_paged_request_append(string_t *dest, unsigned int size,
				   const void *cookie, size_t cookie_size);
/* The cookie of a response's value, which points into data; it is empty after
   the last page. Returns 0, or -1 if data is anything else. */
int referral_paged_response_parse(const void *data, size_t size,
				  const void **cookie_r, size_t *cookie_size_r);

#endif
