#ifndef REFERRAL_LDAP_FRAME_H
#define REFERRAL_LDAP_FRAME_H

/* The outer shape of the LDAP messages in a stream of bytes: RFC 4511 sections
   4.1.1 and 5.1. libldap is given only those that answer something and have
   this shape right: over others it loses memory. */

/* of a message: a longer one is INVALID */
#define REFERRAL_LDAP_MAX_MESSAGE_SIZE (1024*1024)

enum referral_ldap_frame_end {
	REFERRAL_LDAP_FRAME_END_NONE,
	/* a Notice of Disconnection (RFC 4511 section 4.4.1), or a notification
	   that doesn't say what it is */
	REFERRAL_LDAP_FRAME_END_NOTICE,
	/* not LDAP */
	REFERRAL_LDAP_FRAME_END_INVALID,
};

/* Start with zeroes. */
struct referral_ldap_frame {
	/* what came after which nothing is looked at any more */
	enum referral_ldap_frame_end end;
	/* bytes of the current message that are to come */
	size_t left;
};

/* These bytes come next, and they stay where they are until the caller drops
   them. Returns how many of them belong to a message that is right as far as it
   has come; 0 if more have to come first, or if there is an end. skip_r: so many
   bytes before those are of notifications that nobody wants to read. */
size_t referral_ldap_frame_scan(struct referral_ldap_frame *frame,
				const unsigned char *data, size_t size,
				size_t *skip_r);
/* The caller has dropped so many of the bytes that belong to a message. */
void referral_ldap_frame_take(struct referral_ldap_frame *frame, size_t size);

#endif
