/* The words of an explained login. */

#include "auth-common.h"
#include "str.h"
#include "strescape.h"
#include "time-util.h"
#include "auth-request.h"
#include "mailhost.h"
#include "proxy-fields.h"
#include "session.h"
#include "words.h"
#include "referral-settings.h"
#include "compat-auth.h"
#include "auth-config.h"
#include "auth-outcome.h"
#include "auth-outcome-fields.h"
#include "auth-query.h"
#include "auth-explain-answer.h"

static void
explain_add(string_t *dest, const char *key, const char *value)
{
	if (value == NULL)
		return;
	str_printfa(dest, "\t%s=", key);
	str_append_tabescaped(dest, value);
}

static void
explain_add_host(string_t *dest, const char *key,
		 const struct referral_host *host)
{
	if (host->name != NULL)
		explain_add(dest, key, referral_host_to_string(host, 0));
}

static const char *explain_values(const char *const *values)
{
	string_t *str = t_str_new(64);

	for (; *values != NULL; values++) {
		if (str_len(str) > 0)
			str_append(str, ", ");
		str_append(str, referral_mailhost_sanitize(*values));
	}
	return str_c(str);
}

static void
explain_add_lookup(string_t *dest, const struct referral_lookup_result *lookup)
{
	explain_add(dest, "result", referral_status_to_string(lookup->status));
	explain_add(dest, "source", referral_source_to_string(lookup->source));
	explain_add(dest, "age", dec2str(lookup->age_secs));
	explain_add(dest, "server", lookup->server);
	if (lookup->mailhosts != NULL)
		explain_add(dest, "values", explain_values(lookup->mailhosts));
	if (lookup->action != NULL) {
		explain_add(dest, "user_action",
			    referral_mailhost_sanitize(lookup->action));
	}
}

static void
explain_decide(const struct referral_explain_answer *answer,
	       struct referral_decision *decision_r)
{
	const char *mech = answer->request->fields.mech_name;

	referral_outcome_decide(answer->request, answer->lookup,
		answer->protocol,
		referral_outcome_can_proxy(answer->request, answer->protocol) ||
		mech == NULL || referral_mech_leaves_secret(mech),
		decision_r);
}

/* A port in mailHost means this server, too, if the client has come in on it.
   Nobody knows which ports a session has come in on: it is not ended for
   that. */
static bool
explain_is_home_by_port(const struct referral_explain_answer *answer)
{
	const char *const *values = answer->lookup->lookup.mailhosts, *error;
	struct referral_decision decision;
	struct referral_host host;

	if (values == NULL || answer->request->fields.local_port != 0)
		return FALSE;
	for (; *values != NULL; values++) {
		if (referral_mailhost_parse(pool_datastack_create(), *values,
					    &host, &error) < 0 ||
		    host.port == 0)
			continue;
		if (!auth_request_import_auth(answer->request, "lport",
					      dec2str(host.port)))
			i_unreached();
		explain_decide(answer, &decision);
		if (decision.reason == REFERRAL_REASON_HOME)
			return TRUE;
	}
	return FALSE;
}

static enum referral_session_place
explain_place(const struct referral_explain_answer *answer,
	      const struct referral_decision *decision)
{
	enum referral_session_place place = referral_session_place(decision,
		answer->protocol->set->referral_dry_run);

	if (place == REFERRAL_SESSION_ELSEWHERE &&
	    explain_is_home_by_port(answer))
		place = REFERRAL_SESSION_HOME;
	return place;
}

static const char *explain_rule(const struct referral_explain_answer *answer)
{
	struct referral_policy_input input;

	referral_auth_answer_to_input(answer->request, answer->protocol,
				      answer->lookup, &input);
	return referral_policy_get_rule(answer->protocol->policy, &input,
					answer->lookup->home_ips,
					answer->lookup->home_ips_count);
}

static void
explain_add_decision(string_t *dest,
		     const struct referral_explain_answer *answer)
{
	struct referral_decision decision;

	explain_decide(answer, &decision);
	explain_add(dest, "rule", explain_rule(answer));
	explain_add(dest, "setting", decision.setting);
	explain_add(dest, "action", referral_action_to_string(decision.action));
	explain_add(dest, "reason", referral_reason_to_string(decision.reason));
	explain_add_host(dest, "home", &decision.home);
	explain_add_host(dest, "target", &decision.target);
	explain_add(dest, "detail", decision.detail);
	if (answer->protocol->set->referral_dry_run)
		explain_add(dest, "dry_run", "yes");
	/* last, for it changes the request */
	explain_add(dest, "place", referral_session_place_to_string(
		explain_place(answer, &decision)));
}

void referral_explain_answer_append(const struct referral_explain_answer *answer,
				    string_t *dest)
{
	struct timeval now;

	explain_add(dest, "user", answer->request->fields.user);
	explain_add(dest, "protocol",
		    referral_compat_request_protocol(answer->request));
	explain_add(dest, "mech", answer->request->fields.mech_name);
	explain_add(dest, "passdb", answer->passdb);
	if (answer->lookup != NULL) {
		explain_add_lookup(dest, &answer->lookup->lookup);
		explain_add_decision(dest, answer);
	}
	/* the loop's own time may be older */
	i_gettimeofday(&now);
	explain_add(dest, "usecs", t_strdup_printf("%lld",
		I_MAX(timeval_diff_usecs(&now, &answer->started), 0LL)));
}
