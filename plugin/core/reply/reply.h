#ifndef REFERRAL_REPLY_H
#define REFERRAL_REPLY_H

/* The lines that carry a referral to a client, and the few lines of others
   that have to be read for it. Strings only; everything returned is allocated
   from the data stack. */

enum referral_reply {
	REFERRAL_REPLY_OK,
	REFERRAL_REPLY_NO,
	/* the connection is closed afterwards */
	REFERRAL_REPLY_BYE,
};

/* May c stand in the text of a line as it is? RFC 3501 section 9 TEXT-CHAR
   without the control characters that it lets through, in US-ASCII, since RFC
   5530 and old clients know no other. */
bool referral_reply_is_text_char(char c);

/* What ";AUTH=" shall say (RFC 2221 section 4.1): url_auth is the setting
   referral_url_auth, mech the mechanism of AUTHENTICATE or NULL for the LOGIN
   command. Returns NULL for no ";AUTH=". */
const char *referral_reply_auth(const char *url_auth, const char *mech);

/* "tag NO [REFERRAL url] text", CRLF included (RFC 2221 section 5, RFC 3501
   section 7.1). A BYE is always untagged; tag == NULL is also untagged; url ==
   NULL leaves the code out. url comes from referral_url_create(). text may be
   anything: what a line can't hold is replaced, as is a leading "[", which
   would be taken for a response code, and an empty text. */
const char *referral_reply_imap(enum referral_reply reply, const char *tag,
				const char *url, const char *text);
/* "* OK [ALERT] text", CRLF included: clients must show it to their users (RFC
   3501 section 7.1). text may be anything. */
const char *referral_reply_imap_alert(const char *text);
/* 'NO (REFERRAL "url") "text"', CRLF included (RFC 5804 section 1.3) */
const char *referral_reply_sieve(enum referral_reply reply, const char *url,
				 const char *text);

/* The capabilities in what follows a tagged "OK ": "[CAPABILITY ...] text".
   NULL if it begins with anything else. */
const char *referral_reply_imap_capability(const char *resp_text);

/* Does the same begin with a response code that says something to the client,
   such as ALERT? Capabilities go out in a line of their own, and a referral is
   replaced. */
bool referral_reply_imap_has_code(const char *resp_text);

/* input is what an imap process says to a successful login, in one piece: an
   optional untagged CAPABILITY, then "tag OK [CAPABILITY ...] text". Append
   the same with the capabilities in an untagged line and the referral as the
   only response code, since a reply carries one (RFC 3501 section 7.1).
   Returns FALSE and appends nothing if input is anything else. */
bool referral_reply_imap_login(const char *input, const char *url,
			       const char *text, string_t *dest);

#endif
