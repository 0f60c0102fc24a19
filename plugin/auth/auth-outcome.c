/* Turns a decision into fields. */

#include "auth-common.h"
#include "str.h"
#include "auth-fields.h"
#define AUTH_REQUEST_FIELDS_CONST
#include "auth-request.h"
#include "mailhost.h"
#include "policy.h"
#include "proxy-fields.h"
#include "referral-decision.h"
#include "referral-fields.h"
#include "referral-settings.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-log.h"
#include "auth-query.h"
#include "auth-outcome.h"

#define REFERRAL_REJECT_TEXT "Your mailbox is on another server"

static struct referral_host
referral_host_without_port(const struct referral_host *host)
{
	struct referral_host copy = *host;

	copy.port = 0;
	return copy;
}

static void
referral_field_add(struct auth_request *request, const char *key,
		   const char *value)
{
	/* auth_request_set_field() wants a current passdb; there is none any
	   more */
	auth_fields_add(request->fields.extra_fields, key, value, 0);
}

/* refer: the fields that Dovecot's own referral has always had, so that a
   login process without our plugin still refers. */
static void
referral_outcome_refer(struct auth_request *request,
		       const struct referral_decision *decision)
{
	const struct referral_host host =
		referral_host_without_port(&decision->target);

	referral_field_add(request, "nologin", NULL);
	referral_field_add(request, "host", referral_host_to_string(&host, 0));
	if (decision->target.port != 0) {
		referral_field_add(request, "port",
				   dec2str(decision->target.port));
	}
	referral_field_add(request, REFERRAL_FIELD_HOST,
			   referral_host_to_string(&decision->target, 0));
}

/* RFC 7628 and its forerunner */
static bool referral_mech_has_token(const char *mech_name)
{
	return mech_name != NULL &&
		(strcmp(mech_name, "OAUTHBEARER") == 0 ||
		 strcmp(mech_name, "XOAUTH2") == 0);
}

static void
referral_outcome_proxy(struct auth_request *request,
		       const struct referral_auth_protocol *protocol,
		       const struct referral_decision *decision)
{
	const char *const *field, *value;

	for (field = protocol->proxy_fields; *field != NULL; field++) {
		value = strchr(*field, '=');
		if (value == NULL)
			referral_field_add(request, *field, NULL);
		else {
			referral_field_add(request,
					   t_strdup_until(*field, value),
					   value + 1);
		}
	}
	if (!protocol->proxy_credentials &&
	    referral_mech_has_token(request->fields.mech_name) &&
	    !auth_fields_exists(request->fields.extra_fields, "proxy_mech")) {
		/* what was given is a token: no password for LOGIN */
		referral_field_add(request, "proxy_mech",
				   request->fields.mech_name);
	}
	referral_field_add(request, "proxy", NULL);
	referral_field_add(request, "host", decision->home.name);
	if (decision->home.port != 0) {
		referral_field_add(request, "port",
				   dec2str(decision->home.port));
	}
	if (decision->action == REFERRAL_ACTION_OFFER) {
		referral_field_add(request, REFERRAL_FIELD_HOST,
			referral_host_to_string(&decision->target, 0));
	}
}

static void
referral_outcome_suggest(struct auth_request *request,
			 const struct referral_decision *decision)
{
	const char *auth = request->fields.mech_name;

	/* A proxy takes an OK with a referral for a failure. */
	if (auth_fields_exists(request->fields.extra_fields,
			       "forward_"REFERRAL_FORWARD_TRUSTED))
		return;
	/* The LOGIN command comes here as PLAIN. Only the login process knows
	   the difference, and it has no say in this reply. */
	if (strcmp(auth, "PLAIN") == 0)
		auth = "*";
	referral_compat_userdb_field_add(request, REFERRAL_USERDB_FIELD_HOST,
		referral_host_to_string(&decision->target, 0));
	referral_compat_userdb_field_add(request, REFERRAL_USERDB_FIELD_AUTH,
					 auth);
}

static void
referral_outcome_reject(struct auth_request *request,
			const struct referral_decision *decision)
{
	const char *text = REFERRAL_REJECT_TEXT;

	if (decision->target.name != NULL) {
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
	request->internal_failure = TRUE;
	referral_compat_failure_nodelay(request);
}

static enum auth_client_result
referral_outcome_set_fields(struct auth_request *request,
			    const struct referral_auth_protocol *protocol,
			    const struct referral_decision *decision)
{
	switch (decision->action) {
	case REFERRAL_ACTION_REFER:
		referral_outcome_refer(request, decision);
		break;
	case REFERRAL_ACTION_OFFER:
	case REFERRAL_ACTION_PROXY:
		referral_outcome_proxy(request, protocol, decision);
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
		return AUTH_CLIENT_RESULT_FAILURE;
	}
	return AUTH_CLIENT_RESULT_SUCCESS;
}

/* Would the session be proxied to where the client itself has connected to?
   A trusted proxy in front of us (login_trusted_networks) has told us where
   that was, so this sees longer loops too. Dovecot's own check comes later,
   in the login process. */
static bool
referral_outcome_is_loop(const struct auth_request *request,
			 const struct referral_auth_answer *answer,
			 const struct referral_auth_protocol *protocol,
			 const struct referral_decision *decision)
{
	const struct ip_addr *local_ip = &request->fields.local_ip;
	in_port_t port = decision->home.port;
	unsigned int i;

	if ((decision->action != REFERRAL_ACTION_OFFER &&
	     decision->action != REFERRAL_ACTION_PROXY) ||
	    request->fields.local_port == 0)
		return FALSE;
	if (port == 0) {
		port = referral_proxy_fields_port(protocol->proxy_fields,
			referral_compat_request_protocol(request));
	}
	if (port != request->fields.local_port)
		return FALSE;
	if (decision->home.ip.family != 0)
		return net_ip_compare(&decision->home.ip, local_ip);
	for (i = 0; i < answer->home_ips_count; i++) {
		if (net_ip_compare(&answer->home_ips[i], local_ip))
			return TRUE;
	}
	return FALSE;
}

void referral_outcome_decide(struct auth_request *request,
			     const struct referral_auth_answer *answer,
			     const struct referral_auth_protocol *protocol,
			     bool can_proxy,
			     struct referral_decision *decision_r)
{
	struct referral_policy_input input;

	referral_auth_answer_to_input(request, answer, &input);
	input.can_proxy = can_proxy;
	referral_policy_decide(protocol->policy, request->pool,
			       &input, decision_r);
	if (referral_outcome_is_loop(request, answer, protocol, decision_r)) {
		decision_r->action = REFERRAL_ACTION_TEMPFAIL;
		decision_r->reason = REFERRAL_REASON_LOOP;
		decision_r->detail = "the session has come from there "
			"(check referral_local_hosts there)";
	}
}

static void
referral_outcome_decide_login(struct auth_request *request,
			      const struct referral_auth_answer *answer,
			      const struct referral_auth_protocol *protocol,
			      bool can_proxy,
			      struct referral_decision *decision_r)
{
	referral_outcome_decide(request, answer, protocol, can_proxy,
				decision_r);
	referral_auth_log(request, answer, decision_r,
			  protocol->set->referral_dry_run);
	if (protocol->set->referral_dry_run)
		decision_r->action = REFERRAL_ACTION_LOCAL;
}

enum auth_client_result
referral_outcome_apply(struct auth_request *request,
		       const struct referral_auth_answer *answer,
		       const struct referral_auth_protocol *protocol)
{
	struct referral_decision decision;

	/* SCRAM and CRAM-MD5 leave no password to log in with elsewhere */
	referral_outcome_decide_login(request, answer, protocol,
				      request->mech_password != NULL ||
				      protocol->proxy_credentials, &decision);
	return referral_outcome_set_fields(request, protocol, &decision);
}

enum passdb_result
referral_outcome_apply_pass(struct auth_request *request,
			    const struct referral_auth_answer *answer,
			    const struct referral_auth_protocol *protocol)
{
	struct referral_decision decision;

	/* LMTP has no passwords */
	referral_outcome_decide_login(request, answer, protocol, TRUE,
				      &decision);
	switch (decision.action) {
	case REFERRAL_ACTION_OFFER:
	case REFERRAL_ACTION_PROXY:
		decision.action = REFERRAL_ACTION_PROXY;
		referral_outcome_proxy(request, protocol, &decision);
		return PASSDB_RESULT_OK;
	case REFERRAL_ACTION_LOCAL:
	case REFERRAL_ACTION_SUGGEST:
		return PASSDB_RESULT_OK;
	case REFERRAL_ACTION_REFER:
	case REFERRAL_ACTION_REJECT:
	case REFERRAL_ACTION_TEMPFAIL:
		break;
	}
	/* Not "unknown user": that would have the mail delivered here. */
	return PASSDB_RESULT_INTERNAL_FAILURE;
}
