#ifndef REFERRAL_SYNC_VALUE_H
#define REFERRAL_SYNC_VALUE_H

/* The values of RFC 4533: what controls and intermediate responses of a
   synchronisation carry. BER in definite form, as LDAP wants it (RFC 4511
   section 5.1). */

#define REFERRAL_SYNC_UUID_SIZE 16
/* A longer cookie is none: the next synchronisation will be a full one. */
#define REFERRAL_SYNC_COOKIE_MAX_SIZE (16*1024)

#define REFERRAL_SYNC_REQUEST_OID "1.3.6.1.4.1.4203.1.9.1.1"
#define REFERRAL_SYNC_STATE_OID "1.3.6.1.4.1.4203.1.9.1.2"
#define REFERRAL_SYNC_DONE_OID "1.3.6.1.4.1.4203.1.9.1.3"
#define REFERRAL_SYNC_INFO_OID "1.3.6.1.4.1.4203.1.9.1.4"

/* e-syncRefreshRequired: the cookie is of no use (section 2.6) */
#define REFERRAL_SYNC_REFRESH_REQUIRED 4096

struct referral_sync_cookie {
	/* NULL if there is none */
	const unsigned char *data;
	size_t size;
};

/* section 2.3: what an entry is sent for */
enum referral_sync_state {
	REFERRAL_SYNC_STATE_PRESENT = 0,
	REFERRAL_SYNC_STATE_ADD = 1,
	REFERRAL_SYNC_STATE_MODIFY = 2,
	REFERRAL_SYNC_STATE_DELETE = 3,
};

struct referral_sync_entry {
	enum referral_sync_state state;
	/* REFERRAL_SYNC_UUID_SIZE bytes */
	const unsigned char *uuid;
	struct referral_sync_cookie cookie;
};

/* section 2.5 */
enum referral_sync_info_type {
	REFERRAL_SYNC_INFO_NEW_COOKIE = 0,
	REFERRAL_SYNC_INFO_REFRESH_DELETE = 1,
	REFERRAL_SYNC_INFO_REFRESH_PRESENT = 2,
	REFERRAL_SYNC_INFO_ID_SET = 3,
};

struct referral_sync_info {
	enum referral_sync_info_type type;
	struct referral_sync_cookie cookie;
	/* _REFRESH_DELETE, _REFRESH_PRESENT */
	bool refresh_done;
	/* _ID_SET: the entries are gone; FALSE: they are there, unchanged */
	bool refresh_deletes;
	/* _ID_SET: see referral_sync_uuid_next() */
	const unsigned char *uuids;
	size_t uuids_size;
};

/* Append the value of the request control for refreshAndPersist (section 2.2).
   cookie->data may be NULL. */
void referral_sync_request_append(string_t *dest,
				  const struct referral_sync_cookie *cookie);

/* Parse the value of the sync state control / of the sync info message. What
   is returned points into data. Returns 0, or -1 if it is anything else. */
int referral_sync_entry_parse(const unsigned char *data, size_t size,
			      struct referral_sync_entry *entry_r);
int referral_sync_info_parse(const unsigned char *data, size_t size,
			     struct referral_sync_info *info_r);
/* Take the next of an _ID_SET's UUIDs. Returns FALSE if there is none left. */
bool referral_sync_uuid_next(struct referral_sync_info *info,
			     const unsigned char **uuid_r);

#endif
