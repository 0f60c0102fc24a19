#ifndef REFERRAL_FIELDS_H
#define REFERRAL_FIELDS_H

/* Names that auth, login and imap agree on. */

/* passdb extra field of a finished login, read by the login plugin. Its value
   is the public host of the referral, "name", "address" or "[v6address]",
   each with an optional ":port". It is present with "nologin" (action refer)
   and with "proxy" (action offer), and never with a failure. */
#define REFERRAL_FIELD_HOST "login_referral_host"
/* passdb extra field of a login that is refused although its password was
   right, read by the login plugin: why, as one of these. With _REJECT, the
   field "reason" has the text. */
#define REFERRAL_FIELD_REFUSED "login_referral_refused"
#define REFERRAL_REFUSED_REJECT "reject"
/* the user's mailbox is being moved: a temporary failure with a text of its
   own, referral_moving_text */
#define REFERRAL_REFUSED_MOVING "moving"
/* next to it: the user name for the URL where it isn't the one that the login
   ended with, but a passdb's "destuser", or "bob*root" of a master user's
   login */
#define REFERRAL_FIELD_USER "login_referral_user"
/* userdb field of action suggest, read by the imap plugin: same value */
#define REFERRAL_USERDB_FIELD_HOST "login_referral_host"
/* userdb field next to it: the SASL mechanism of the login, "*" for the LOGIN
   command or where it is not known */
#define REFERRAL_USERDB_FIELD_AUTH "login_referral_auth"
/* userdb field next to it, as REFERRAL_FIELD_USER */
#define REFERRAL_USERDB_FIELD_USER "login_referral_user"

/* What only the login process knows, told to auth as a forward field, where it
   is the extra field "forward_<name>": "yes" if the peer is in
   login_trusted_networks, a proxy that takes the OK form for a failure. A
   proxied session hands it on as "x-forward-<name>", a key of IMAP's ID: with
   more than 30 characters (RFC 2971 section 3.3) Dovecot 2.4 refuses the whole
   command, and with it the client's address and the count of hops. */
#define REFERRAL_FORWARD_TRUSTED "referral_trusted"

/* The drain switch: relative to the login process's chroot, base_dir/login.
   Its first line is the host to refer to, with an optional ":port" for IMAP;
   an empty file means referral_drain_host. */
#define REFERRAL_DRAIN_FILE "referral-drain"

#endif
