/* Turns a decision into fields. */

#include "auth-common.h"
#include "auth-fields.h"
#define AUTH_REQUEST_FIELDS_CONST
#include "auth-request.h"
#include "mailhost.h"
#include "proxy-fields.h"
#include "referral-decision.h"
#include "referral-fields.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-query.h"
#include "auth-outcome-fields.h"

#define REFERRAL_REJECT_TEXT "Your mailbox is on another server"

/* What says where a session goes, if anywhere else. */
static const char *const destination_fields[] = {
	"proxy", "proxy_maybe", "proxy_always", "host", "hostip", "port",
	REFERRAL_FIELD_HOST, REFERRAL_FIELD_USER, REFERRAL_FIELD_REFUSED, NULL
};

static const char *
referral_field_find(const struct auth_request *request, const char *key)
{
	return auth_fields_find(request->fields.extra_fields, key);
}

static void referral_field_remove(struct auth_request *request, const char *key)
{
	auth_fields_remove(request->fields.extra_fields, key);
}

static void
referral_field_add(struct auth_request *request, const char *key,
		   const char *value)
{
	/* auth_request_set_field() wants a current passdb; there is none any
	   more */
	auth_fields_add(request->fields.extra_fields, key, value, 0);
}

static void referral_outcome_clear(struct auth_request *request)
{
	unsigned int i;

	for (i = 0; destination_fields[i] != NULL; i++)
		referral_field_remove(request, destination_fields[i]);
}

/* Who the user is at the home server, where it is not as here: a passdb has said
   so, or it is a master user's login. "bob" and the master user's password would
   open nothing. Returns NULL if it is as here. */
static const char *referral_outcome_user(const struct auth_request *request)
{
	const char *separators = request->set->master_user_separator;
	const char *master = request->fields.master_user;
	const char *user = referral_field_find(request, "destuser");

	if (user != NULL && *user == '\0')
		user = NULL;
	if (master == NULL || *separators == '\0')
		return user;
	return t_strdup_printf("%s%c%s", user != NULL ? user :
			       request->fields.user, *separators, master);
}

static void referral_outcome_set_user(struct auth_request *request)
{
	const char *user = referral_outcome_user(request);

	if (user != NULL)
		referral_field_add(request, REFERRAL_FIELD_USER, user);
}

static void
referral_outcome_refer(struct auth_request *request,
		       const struct referral_decision *decision)
{
	struct referral_host host = decision->target;

	/* The fields that Dovecot's own referral has always had, so that a
	   login process without our plugin still refers. */
	host.port = 0;
	referral_field_add(request, "nologin", NULL);
	referral_field_add(request, "host", referral_host_to_string(&host, 0));
	if (decision->target.port != 0) {
		referral_field_add(request, "port",
				   dec2str(decision->target.port));
	}
	referral_field_add(request, REFERRAL_FIELD_HOST,
			   referral_host_to_string(&decision->target, 0));
	referral_outcome_set_user(request);
}

static bool referral_passdb_has_password(const struct auth_request *request)
{
	const char *pass = referral_field_find(request, "pass");

	return pass != NULL && *pass != '\0';
}

void referral_request_get_user(const struct auth_request *request,
			       struct referral_user *user_r)
{
	i_zero(user_r);
	user_r->name = request->fields.user;
	user_r->original = request->fields.original_username;
	user_r->protocol = referral_compat_request_protocol(request);
}

bool referral_outcome_can_proxy(const struct auth_request *request,
				const struct referral_auth_protocol *protocol)
{
	/* SCRAM and CRAM-MD5 leave no password to log in with elsewhere */
	return request->mech_password != NULL || protocol->proxy_credentials ||
		referral_passdb_has_password(request);
}

const char *const *
referral_outcome_proxy_fields(const struct auth_request *request,
			      const struct referral_auth_protocol *protocol,
			      const struct referral_decision *decision)
{
	return referral_proxy_fields_for(protocol->proxy_fields,
		referral_compat_request_protocol(request), &decision->home);
}

/* Our word on TLS or on credentials is all there is to say. */
static void
referral_outcome_clear_replaced(struct auth_request *request, const char *key)
{
	if (strcmp(key, "ssl") == 0 || strcmp(key, "starttls") == 0) {
		referral_field_remove(request, "ssl");
		referral_field_remove(request, "starttls");
	} else if (strcmp(key, "pass") == 0) {
		referral_field_remove(request, "pass");
		referral_field_remove(request, "master");
	}
}

static void
referral_outcome_add_proxy_fields(struct auth_request *request,
				  const char *const *fields)
{
	const char *const *field, *value;

	for (field = fields; *field != NULL; field++) {
		referral_outcome_clear_replaced(request,
			t_strcut(*field, '='));
	}
	for (field = fields; *field != NULL; field++) {
		value = strchr(*field, '=');
		referral_field_add(request, t_strcut(*field, '='),
				   value == NULL ? NULL : value + 1);
	}
}

static void
referral_outcome_proxy(struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       const struct referral_auth_protocol *protocol,
		       const struct referral_decision *decision)
{
	struct referral_user user;

	referral_request_get_user(request, &user);
	referral_outcome_add_proxy_fields(request,
		referral_proxy_fields_expand(
			referral_outcome_proxy_fields(request, protocol,
						      decision), &user));
	if (!referral_passdb_has_password(request) &&
	    request->fields.mech_name != NULL &&
	    referral_mech_leaves_token(request->fields.mech_name) &&
	    referral_field_find(request, "proxy_mech") == NULL) {
		/* what was given is a token: no password for LOGIN */
		referral_field_add(request, "proxy_mech",
				   request->fields.mech_name);
	}
	referral_field_add(request, "proxy", NULL);
	referral_field_add(request, "host", decision->home.name);
	if (decision->home.ip.family == 0 && answer->home_ips_count > 0) {
		/* else Dovecot asks DNS for each login by itself, and fails
		   them when there are many */
		referral_field_add(request, "hostip",
				   net_ip2addr(&answer->home_ips[0]));
	}
	if (decision->action == REFERRAL_ACTION_OFFER) {
		referral_field_add(request, REFERRAL_FIELD_HOST,
			referral_host_to_string(&decision->target, 0));
		referral_outcome_set_user(request);
	}
}

static void
referral_outcome_suggest(struct auth_request *request,
			 const struct referral_decision *decision)
{
	const char *auth = request->fields.mech_name;
	const char *user = referral_outcome_user(request);

	/* A proxy takes an OK with a referral for a failure. */
	if (referral_field_find(request,
				"forward_"REFERRAL_FORWARD_TRUSTED) != NULL)
		return;
	/* The LOGIN command comes here as PLAIN. Only the login process knows
	   the difference, and it has no say in this reply. */
	if (strcmp(auth, "PLAIN") == 0)
		auth = "*";
	referral_compat_userdb_field_add(request, REFERRAL_USERDB_FIELD_HOST,
		referral_host_to_string(&decision->target, 0));
	referral_compat_userdb_field_add(request, REFERRAL_USERDB_FIELD_AUTH,
					 auth);
	if (user != NULL) {
		referral_compat_userdb_field_add(request,
			REFERRAL_USERDB_FIELD_USER, user);
	}
}

static void
referral_outcome_reject(struct auth_request *request,
			const struct referral_decision *decision)
{
	const char *text = REFERRAL_REJECT_TEXT;

	if (decision->reason == REFERRAL_REASON_LOOP)
		text = "The servers disagree about where your mailbox is";
	else if (decision->target.name != NULL) {
		text = t_strdup_printf("%s: %s", text,
			referral_host_to_string(&decision->target,
						REFERRAL_IMAP_PORT));
	} else if (decision->home.name == NULL)
		text = "There is no mailbox for you on this server";
	/* The password was right: "nologin" without a host is how Dovecot says
	   that this account can't log in here. */
	referral_field_add(request, "nologin", NULL);
	referral_field_add(request, "reason", text);
	referral_field_add(request, REFERRAL_FIELD_REFUSED,
			   REFERRAL_REFUSED_REJECT);
}

void referral_outcome_set_tempfail(struct auth_request *request)
{
	referral_outcome_clear(request);
	request->internal_failure = TRUE;
	referral_compat_failure_nodelay(request);
}

void referral_outcome_set_fields(struct auth_request *request,
				 const struct referral_auth_answer *answer,
				 const struct referral_auth_protocol *protocol,
				 const struct referral_decision *decision)
{
	referral_outcome_clear(request);
	switch (decision->action) {
	case REFERRAL_ACTION_REFER:
		referral_outcome_refer(request, decision);
		break;
	case REFERRAL_ACTION_OFFER:
	case REFERRAL_ACTION_PROXY:
		referral_outcome_proxy(request, answer, protocol, decision);
		break;
	case REFERRAL_ACTION_SUGGEST:
		referral_outcome_suggest(request, decision);
		break;
	case REFERRAL_ACTION_LOCAL:
		break;
	case REFERRAL_ACTION_REJECT:
		referral_outcome_reject(request, decision);
		break;
	case REFERRAL_ACTION_TEMPFAIL:
		referral_outcome_set_tempfail(request);
		if (decision->reason == REFERRAL_REASON_MOVING) {
			referral_field_add(request, REFERRAL_FIELD_REFUSED,
					   REFERRAL_REFUSED_MOVING);
		}
		break;
	}
}
