#ifndef REFERRAL_LDAP_FRAME_H
#define REFERRAL_LDAP_FRAME_H

/* The outer shape of the LDAP messages in a stream of bytes: RFC 4511 sections
   4.1.1 and 5.1. libldap is given only those that answer something and have
   this shape right: over others it loses memory. */

/* message, message ID and operation: each a tag and a length of up to five
   bytes, and the ID itself of up to four */
#define REFERRAL_LDAP_FRAME_HEADER_SIZE (3 * 6 + 4)

enum referral_ldap_frame_end {
	REFERRAL_LDAP_FRAME_END_NONE,
	/* an unsolicited notification: of disconnection, nothing else is
	   defined for us */
	REFERRAL_LDAP_FRAME_END_NOTICE,
	/* not LDAP */
	REFERRAL_LDAP_FRAME_END_INVALID,
};

/* Start with zeroes. */
struct referral_ldap_frame {
	/* what came after which nothing is looked at any more */
	enum referral_ldap_frame_end end;
	/* the current message: its beginning, until it is understood, and then
	   how many bytes are to come */
	unsigned char header[REFERRAL_LDAP_FRAME_HEADER_SIZE];
	size_t header_size, left;
};

/* These bytes come next. Returns how many of them belong to messages that are
   right as far as they have come: all, or fewer if there is an end. */
size_t referral_ldap_frame_scan(struct referral_ldap_frame *frame,
				const unsigned char *data, size_t size);

#endif
