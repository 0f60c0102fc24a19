/* Decisions that would lead back here. */

#include "auth-common.h"
#include "ioloop.h"
#include "str.h"
#include "time-util.h"
#include "auth-request.h"
#include "keyhash.h"
#include "loop.h"
#include "mailhost.h"
#include "policy.h"
#include "proxy-fields.h"
#include "referral-decision.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-query.h"
#include "auth-outcome-fields.h"
#include "auth-outcome.h"
#include "auth-loop.h"

static uint64_t
referral_loop_hash(const struct auth_request *request, in_port_t port)
{
	string_t *str = t_str_new(128);

	str_printfa(str, "%s %u ", net_ip2addr(&request->fields.remote_ip),
		    port);
	str_append(str, request->fields.user);
	return referral_keyhash_own(str_data(str), str_len(str));
}

static bool referral_loop_is_forwarded(const struct auth_request *request)
{
	return request->fields.real_remote_ip.family != 0 &&
		(!net_ip_compare(&request->fields.real_remote_ip,
				 &request->fields.remote_ip) ||
		 request->fields.real_remote_port !=
		 request->fields.remote_port);
}

static void
referral_loop_session_init(struct auth_request *request,
			   const struct referral_auth_answer *answer,
			   const struct referral_host *dest,
			   struct referral_loop_session *session_r)
{
	i_zero(session_r);
	session_r->remote_ip = request->fields.remote_ip;
	session_r->real_remote_ip = request->fields.real_remote_ip;
	session_r->forwarded = referral_loop_is_forwarded(request);
	session_r->local_ip = request->fields.local_ip;
	session_r->local_port = request->fields.local_port;
	if (dest->ip.family != 0) {
		session_r->dest_ips = &dest->ip;
		session_r->dest_ips_count = 1;
	} else {
		session_r->dest_ips = answer->home_ips;
		session_r->dest_ips_count = answer->home_ips_count;
	}
}

static bool referral_action_is_told(enum referral_action action)
{
	return action == REFERRAL_ACTION_REFER ||
		action == REFERRAL_ACTION_OFFER;
}

/* Would the client that we refer come back to where it is? */
static enum referral_loop
referral_loop_find_referral(struct auth_request *request,
			  const struct referral_auth_answer *answer,
			  const struct referral_decision *decision)
{
	const struct referral_host *target = &decision->target;
	const char *protocol = referral_compat_request_protocol(request);
	struct referral_loop_session session;

	if (!referral_action_is_told(decision->action) ||
	    /* nobody has looked up another name */
	    (target->ip.family == 0 &&
	     strcmp(target->name, decision->home.name) != 0))
		return REFERRAL_LOOP_NONE;
	referral_loop_session_init(request, answer, target, &session);
	session.dest_port = target->port != 0 ? target->port :
		referral_proxy_fields_port(&(const char *){ NULL }, protocol);
	/* an imap URL can't name implicit TLS, which is the same server */
	if (session.local_port == REFERRAL_IMAPS_PORT)
		session.local_port = REFERRAL_IMAP_PORT;
	return referral_loop_find(&session);
}

static void
referral_loop_proxied_init(struct auth_request *request,
			   const struct referral_auth_answer *answer,
			   const struct referral_auth_protocol *protocol,
			   const struct referral_decision *decision,
			   struct referral_loop_session *session_r)
{
	const char *name = referral_compat_request_protocol(request);

	referral_loop_session_init(request, answer, &decision->home, session_r);
	session_r->dest_port = referral_proxy_fields_port(
		referral_outcome_proxy_fields(request, protocol, decision),
		name);
	session_r->no_login = !referral_protocol_has_logins(name);
}

static void
referral_loop_add_detail(struct auth_request *request,
			 struct referral_decision *decision, const char *text)
{
	decision->detail = decision->detail == NULL ?
		p_strdup(request->pool, text) :
		p_strconcat(request->pool, decision->detail, "; ", text, NULL);
}

static void
referral_loop_refuse(struct auth_request *request, enum referral_loop loop,
		     bool temporary, struct referral_decision *decision)
{
	referral_loop_add_detail(request, decision,
				 referral_loop_to_string(loop));
	/* A proxy would try again what may succeed later, so that each one of a
	   circle made the next one turn three times. */
	decision->action = loop == REFERRAL_LOOP_HERE || temporary ||
		!referral_protocol_has_logins(
			referral_compat_request_protocol(request)) ?
		REFERRAL_ACTION_TEMPFAIL : REFERRAL_ACTION_REJECT;
	decision->reason = REFERRAL_REASON_LOOP;
}

static bool referral_action_is_proxied(enum referral_action action)
{
	return action == REFERRAL_ACTION_OFFER ||
		action == REFERRAL_ACTION_PROXY;
}

bool referral_auth_loop_is_back(struct auth_request *request,
				const struct referral_auth_answer *answer,
				const struct referral_auth_protocol *protocol)
{
	struct referral_decision decision;

	/* most are not, and need no decision */
	if (!referral_loop_is_forwarded(request))
		return FALSE;
	referral_outcome_decide(request, answer, protocol,
				referral_outcome_can_proxy(request, protocol),
				&decision);
	return decision.reason == REFERRAL_REASON_LOOP;
}

void referral_auth_loop_end(struct auth_request *request,
			    const struct referral_auth_answer *answer,
			    const struct referral_auth_protocol *protocol,
			    struct referral_decision *decision)
{
	struct referral_loop_session session;
	enum referral_loop loop;

	loop = referral_loop_find_referral(request, answer, decision);
	if (loop != REFERRAL_LOOP_NONE &&
	    decision->action == REFERRAL_ACTION_OFFER) {
		referral_loop_add_detail(request, decision, t_strconcat(
			"proxy in place of offer: ",
			referral_loop_to_string(loop), NULL));
		decision->action = REFERRAL_ACTION_PROXY;
		loop = REFERRAL_LOOP_NONE;
	}
	if (referral_action_is_proxied(decision->action)) {
		referral_loop_proxied_init(request, answer, protocol, decision,
					   &session);
		loop = referral_loop_find(&session);
	}
	if (loop == REFERRAL_LOOP_NONE)
		return;
	/* A proxy that we trust has brought the session straight from there,
	   and tries again a few times: if the user is just being moved, that
	   is right, and no circle. */
	referral_loop_refuse(request, loop, loop == REFERRAL_LOOP_BACK &&
			     answer->changing, decision);
}

void referral_auth_loop_count(const struct referral_auth_config *config,
			      struct auth_request *request,
			      const struct referral_auth_answer *answer,
			      const struct referral_auth_protocol *protocol,
			      struct referral_decision *decision)
{
	in_port_t remote_port = request->fields.remote_port;
	struct referral_loop_session session;
	enum referral_loop loop;

	if (!referral_action_is_proxied(decision->action) ||
	    request->fields.remote_ip.family == 0)
		return;
	referral_loop_proxied_init(request, answer, protocol, decision,
				   &session);
	session.client_id = referral_loop_hash(request, 0);
	if (remote_port != 0) {
		session.connection_id =
			referral_loop_hash(request, remote_port);
	}
	loop = referral_loops_add(config->loops, &session,
				  timeval_to_usecs(&ioloop_timeval) / 1000);
	if (loop != REFERRAL_LOOP_NONE)
		referral_loop_refuse(request, loop, FALSE, decision);
}
