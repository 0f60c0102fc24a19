#ifndef REFERRAL_DECISION_H
#define REFERRAL_DECISION_H

/* What the rooms tell each other about one login: what the directory said
   (struct referral_lookup_result) and what follows from it (enum
   referral_action, struct referral_decision). Plain data, no behaviour. */

#include "net.h"

/* inetLocalMailRecipient: mailHost is an IA5 string of up to 256 characters
   (draft-lachman-laser-ldap-mail-routing). */
#define REFERRAL_HOST_MAX_LEN 256

/* How a login whose home server is elsewhere ends. */
enum referral_action {
	/* NO [REFERRAL url], * BYE (RFC 2221 section 4.1) */
	REFERRAL_ACTION_REFER,
	/* OK [REFERRAL url] on a session proxied to the home server */
	REFERRAL_ACTION_OFFER,
	/* OK [REFERRAL url] on a local session */
	REFERRAL_ACTION_SUGGEST,
	/* a proxied session without a referral */
	REFERRAL_ACTION_PROXY,
	/* a local session */
	REFERRAL_ACTION_LOCAL,
	/* NO with a text that says where to go */
	REFERRAL_ACTION_REJECT,
	/* NO [UNAVAILABLE] (RFC 5530) */
	REFERRAL_ACTION_TEMPFAIL,
};

/* Of whom something is asked. */
struct referral_user {
	/* complete, after all changes by passdbs; valid UTF-8 or not */
	const char *name;
	/* as the client gave it; NULL: the same */
	const char *original;
	/* "imap" and so on; NULL: not known */
	const char *protocol;
};

/* A valid host as mailHost, host map or URL name it. */
struct referral_host {
	/* lower case, without a trailing dot; for an address its canonical
	   text without brackets */
	const char *name;
	/* family != 0 if the host is an address */
	struct ip_addr ip;
	/* 0 if none was named */
	in_port_t port;
};

/* Results of a lookup stay apart everywhere: in code, log and event. */
enum referral_lookup_status {
	/* one entry with at least one mailHost value */
	REFERRAL_LOOKUP_HOSTS,
	REFERRAL_LOOKUP_NO_ENTRY,
	REFERRAL_LOOKUP_NO_VALUE,
	REFERRAL_LOOKUP_SEVERAL_ENTRIES,
	/* the servers of the directory say different things */
	REFERRAL_LOOKUP_DISAGREE,
	/* no server could answer (in time) */
	REFERRAL_LOOKUP_UNAVAILABLE,
};

enum referral_lookup_source {
	/* the copy of the directory that is kept up to date (RFC 4533) */
	REFERRAL_SOURCE_MIRROR,
	/* the passdb field named by referral_mailhost_field */
	REFERRAL_SOURCE_FIELD,
	REFERRAL_SOURCE_LDAP,
	REFERRAL_SOURCE_CACHE,
	/* an expired cache entry, used because LDAP cannot answer */
	REFERRAL_SOURCE_STALE,
};

struct referral_lookup_result {
	enum referral_lookup_status status;
	enum referral_lookup_source source;
	/* NULL-terminated values of the first attribute of
	   referral_ldap_attributes that has one; NULL unless _HOSTS. They are
	   hostile: not validated yet. A NUL inside a value has been turned
	   into 0x01, which no valid host name contains. */
	const char *const *mailhosts;
	/* the same, parsed: a valid host for each of them, name == NULL where
	   it is none. NULL: not parsed yet. */
	const struct referral_host *hosts;
	/* raw first value of referral_action_attribute, NULL if none */
	const char *action;
	/* _UNAVAILABLE, _SEVERAL_ENTRIES, _DISAGREE: printable cause for the log.
	   _SOURCE_STALE: why nobody could be asked. */
	const char *error;
	/* the URI of the directory server that said so, NULL if not known */
	const char *server;
	/* for the log: another server has an older entry that says something
	   else. NULL if not, or not known. */
	const char *late;
	/* since when it said so; 0 if it was asked for this login */
	unsigned int age_secs;
	/* no other server of the directory says anything else: all were
	   asked */
	bool compared;
};

/* Why the decision is what it is: one word for the event and the log. */
enum referral_reason {
	/* one of the hosts is this server */
	REFERRAL_REASON_HOME,
	/* home is elsewhere, and the action says what follows */
	REFERRAL_REASON_ELSEWHERE,
	REFERRAL_REASON_NO_ENTRY,
	REFERRAL_REASON_NO_VALUE,
	REFERRAL_REASON_SEVERAL_ENTRIES,
	/* the servers of the directory don't agree about the home */
	REFERRAL_REASON_DISAGREE,
	/* the user's entry says that the mailbox is being moved */
	REFERRAL_REASON_MOVING,
	/* no value is a valid host */
	REFERRAL_REASON_INVALID_VALUE,
	/* valid, but outside referral_allowed_hosts */
	REFERRAL_REASON_NOT_ALLOWED,
	REFERRAL_REASON_UNAVAILABLE,
	/* proxying was asked for, but there is neither a password nor
	   configured credentials */
	REFERRAL_REASON_NO_CREDENTIALS,
	/* the session would be proxied to where it came from */
	REFERRAL_REASON_LOOP,
};

struct referral_decision {
	enum referral_action action;
	enum referral_reason reason;
	/* as the directory names it: where a proxied session goes.
	   name == NULL if the reason knows of no host. */
	struct referral_host home;
	/* as clients are told, after referral_host_map */
	struct referral_host target;
	/* what has chosen the action: a setting, with the circumstances in
	   parentheses. Static, NULL if no setting had a choice. */
	const char *setting;
	/* printable detail for the log, escaped and cut; NULL if none. It may
	   be set together with any action: an unknown value in
	   referral_action_attribute is noted here. */
	const char *detail;
};

#endif
