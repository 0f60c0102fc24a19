/* Is there anybody? See lookup-probe.h */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "str.h"
#include "ldap-client.h"
#include "question.h"
#include "lookup-probe.h"

#define PROBE_RETRY_MIN_MSECS (60*1000)
#define PROBE_RETRY_MAX_MSECS (60*60*1000)

struct lookup_probe {
	struct event *event;
	struct referral_ldap_client *client;
	const struct referral_question *question;
	/* the base that is asked, or is next */
	unsigned int base_idx;
	struct referral_ldap_request *request;
	struct timeout *to;
	unsigned int retry_msecs;
};

static void probe_ask(struct lookup_probe *probe);

/* All that were asked, and found without anybody. */
static const char *probe_get_bases(const struct lookup_probe *probe)
{
	unsigned int i,
		count = referral_question_get_bases_count(probe->question);
	struct referral_ldap_search_params params;
	string_t *bases = t_str_new(128);

	for (i = 0; i < count; i++) {
		(void)referral_question_get_probe(probe->question, i, &params);
		str_printfa(bases, "%s'%s'", i == 0 ? "" : " or ", params.base);
	}
	return str_c(bases);
}

static void probe_found_nobody(struct lookup_probe *probe, const char *server)
{
	struct referral_ldap_search_params params;

	if (++probe->base_idx <
	    referral_question_get_bases_count(probe->question)) {
		probe_ask(probe);
		return;
	}
	(void)referral_question_get_probe(probe->question, 0, &params);
	e_warning(probe->event, "Nobody has a home server: %s finds no "
		  "entry below %s that matches %s (check "
		  "referral_ldap_base, referral_ldap_attributes, and "
		  "whether referral_ldap_auth_dn may search and read)",
		  server == NULL ? "a search" : server, probe_get_bases(probe),
		  params.filter);
}

static void
probe_answered(const struct referral_ldap_result *result, void *context)
{
	struct lookup_probe *probe = context;

	probe->request = NULL;
	switch (result->status) {
	case REFERRAL_LDAP_ENTRY:
	case REFERRAL_LDAP_SEVERAL_ENTRIES:
		break;
	case REFERRAL_LDAP_NO_ENTRY:
		probe_found_nobody(probe, result->server);
		break;
	case REFERRAL_LDAP_UNAVAILABLE:
		e_debug(probe->event, "Can't see whether anybody has a home "
			"server: %s", result->error);
		probe->to = timeout_add(probe->retry_msecs, probe_ask, probe);
		probe->retry_msecs = I_MIN(probe->retry_msecs * 2,
					   PROBE_RETRY_MAX_MSECS);
		break;
	}
}

static void probe_ask(struct lookup_probe *probe)
{
	struct referral_ldap_search_params params;

	timeout_remove(&probe->to);
	if (!referral_question_get_probe(probe->question, probe->base_idx,
					 &params))
		i_unreached();
	probe->request = referral_ldap_search(probe->client, &params,
					      probe_answered, probe);
}

struct lookup_probe *
referral_lookup_probe_start(struct event *event,
			    struct referral_ldap_client *client,
			    const struct referral_question *question)
{
	struct referral_ldap_search_params params;
	struct lookup_probe *probe;
	unsigned int i;

	for (i = 0; i < referral_question_get_bases_count(question); i++) {
		if (!referral_question_get_probe(question, i, &params))
			return NULL;
	}
	probe = i_new(struct lookup_probe, 1);
	probe->event = event;
	probe->client = client;
	probe->question = question;
	probe->retry_msecs = PROBE_RETRY_MIN_MSECS;
	/* those that have started the process come first */
	probe->to = timeout_add_short(0, probe_ask, probe);
	return probe;
}

void referral_lookup_probe_stop(struct lookup_probe **_probe)
{
	struct lookup_probe *probe = *_probe;

	*_probe = NULL;
	if (probe == NULL)
		return;
	timeout_remove(&probe->to);
	if (probe->request != NULL)
		referral_ldap_search_cancel(&probe->request);
	i_free(probe);
}
