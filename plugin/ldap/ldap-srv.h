#ifndef REFERRAL_LDAP_SRV_H
#define REFERRAL_LDAP_SRV_H

/* Ask DNS for the servers of a domain (RFC 2782). Dovecot's dns-client knows
   addresses only, so this is c-ares, on our ioloop. */

#include "srv.h"

struct event;
struct referral_ldap_srv;
struct referral_ldap_srv_question;

/* Success: records are in no order, ttl_secs is how long they are true, error
   is NULL. Else records is empty, ttl_secs is 0 and error is a printable cause
   without the name that was asked for. All of it is valid during the call only,
   the question is gone before. */
typedef void
referral_ldap_srv_callback_t(ARRAY_TYPE(referral_srv_record) *records,
			     unsigned int ttl_secs, const char *error,
			     void *context);

/* Was this built with c-ares? */
bool referral_ldap_srv_available(void);

/* Reads /etc/resolv.conf: at start only.
   Returns 0, or -1 and error_r. */
int referral_ldap_srv_init(struct event *event_parent,
			   struct referral_ldap_srv **srv_r,
			   const char **error_r);
/* Questions are forgotten. */
void referral_ldap_srv_deinit(struct referral_ldap_srv **srv);

/* Ask for name, such as "_ldap._tcp.example.com". The callback is called
   exactly once, never from inside this call and never after deinit or abort; at
   the latest after some seconds. */
struct referral_ldap_srv_question *
referral_ldap_srv_ask(struct referral_ldap_srv *srv, const char *name,
		      referral_ldap_srv_callback_t *callback, void *context);
void referral_ldap_srv_abort(struct referral_ldap_srv_question **question);

#endif
