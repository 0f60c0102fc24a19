/* Servers of a domain: see ldap-discover.h */

#include "lib.h"
#include "array.h"
#include "ioloop.h"
#include "lib-event.h"
#include "llist.h"
#include "ldap-srv.h"
#include "ldap-discover.h"

/* A TTL beyond these is not believed. */
#define DISCOVER_MIN_SECS 5
#define DISCOVER_MAX_SECS (60*60)
/* After a failure it is asked again after a second, two, four, ... */
#define DISCOVER_RETRY_MAX_SECS 60

/* What stands for a domain in referral_ldap_uris */
struct discover_domain {
	struct referral_ldap_discover *discover;
	const struct referral_ldap_uri *uri;
	struct referral_ldap_srv_question *question;
	struct timeout *to_ask;
	unsigned int failures;

	/* in the order in which they are tried: new when they change */
	pool_t pool;
	ARRAY_TYPE(referral_srv_record) records;
};

struct referral_ldap_discover {
	pool_t pool;
	struct event *event;
	struct referral_ldap_srv *srv;
	const ARRAY_TYPE(referral_ldap_uri) *uris;
	/* one for each of uris, domain or not */
	ARRAY(struct discover_domain) domains;
	/* each server that was ever found */
	ARRAY_TYPE(referral_ldap_uri_ptr) found;
	ARRAY_TYPE(referral_ldap_uri_ptr) current;

	referral_ldap_discover_callback_t *callback;
	void *context;
};

static void discover_ask(struct discover_domain *domain);

bool referral_ldap_discover_needed(const ARRAY_TYPE(referral_ldap_uri) *uris)
{
	const struct referral_ldap_uri *uri;

	array_foreach(uris, uri) {
		if (uri->domain != NULL)
			return TRUE;
	}
	return FALSE;
}

static const struct referral_ldap_uri *
discover_find(struct referral_ldap_discover *discover,
	      const struct discover_domain *domain,
	      const struct referral_srv_record *record)
{
	bool tls = domain->uri->scheme == REFERRAL_LDAP_SCHEME_LDAPS;
	const struct referral_ldap_uri *known;
	struct referral_ldap_uri *uri;
	const char *name;

	name = t_strdup_printf("%s://%s:%u", tls ? "ldaps" : "ldap",
			       record->host, record->port);
	array_foreach_elem(&discover->found, known) {
		if (strcmp(known->uri, name) == 0)
			return known;
	}
	uri = p_new(discover->pool, struct referral_ldap_uri, 1);
	uri->scheme = domain->uri->scheme;
	uri->uri = p_strdup(discover->pool, name);
	uri->host.name = p_strdup(discover->pool, record->host);
	uri->host.port = record->port;
	known = uri;
	array_push_back(&discover->found, &known);
	return uri;
}

/* The list as it is now. */
static void discover_update(struct referral_ldap_discover *discover)
{
	const struct discover_domain *domain;
	const struct referral_srv_record *record;
	const struct referral_ldap_uri *uri;

	array_clear(&discover->current);
	array_foreach(&discover->domains, domain) {
		if (domain->uri->domain == NULL) {
			array_push_back(&discover->current, &domain->uri);
			continue;
		}
		array_foreach(&domain->records, record) {
			uri = discover_find(discover, domain, record);
			array_push_back(&discover->current, &uri);
		}
	}
}

static void
discover_schedule(struct discover_domain *domain, unsigned int secs)
{
	domain->to_ask = timeout_add(secs * 1000, discover_ask, domain);
}

static int
srv_record_cmp(const struct referral_srv_record *record1,
	       const struct referral_srv_record *record2)
{
	int ret = strcmp(record1->host, record2->host);

	return ret != 0 ? ret : (int)record1->port - (int)record2->port;
}

/* Is every record of both lists in the other, with priority and weight? */
static bool
discover_is_same(const ARRAY_TYPE(referral_srv_record) *records1,
		 const ARRAY_TYPE(referral_srv_record) *records2)
{
	ARRAY_TYPE(referral_srv_record) sorted1, sorted2;
	const struct referral_srv_record *record1, *record2;
	unsigned int i, count;

	t_array_init(&sorted1, array_count(records1) + 1);
	t_array_init(&sorted2, array_count(records2) + 1);
	array_append_array(&sorted1, records1);
	array_append_array(&sorted2, records2);
	array_sort(&sorted1, srv_record_cmp);
	array_sort(&sorted2, srv_record_cmp);
	if ((count = array_count(&sorted1)) != array_count(&sorted2))
		return FALSE;
	for (i = 0; i < count; i++) {
		record1 = array_idx(&sorted1, i);
		record2 = array_idx(&sorted2, i);
		if (srv_record_cmp(record1, record2) != 0 ||
		    record1->priority != record2->priority ||
		    record1->weight != record2->weight)
			return FALSE;
	}
	return TRUE;
}

static void
discover_set_records(struct discover_domain *domain,
		     ARRAY_TYPE(referral_srv_record) *records)
{
	struct referral_srv_record *record;

	referral_srv_order(records, i_rand_limit);
	p_clear(domain->pool);
	p_array_init(&domain->records, domain->pool, array_count(records));
	array_append_array(&domain->records, records);
	array_foreach_modifiable(&domain->records, record)
		record->host = p_strdup(domain->pool, record->host);
}

static void
discover_answered(ARRAY_TYPE(referral_srv_record) *records,
		  unsigned int ttl_secs, const char *error, void *context)
{
	struct discover_domain *domain = context;
	struct referral_ldap_discover *discover = domain->discover;

	domain->question = NULL;
	if (error != NULL) {
		discover_schedule(domain, I_MIN(1U << I_MIN(domain->failures, 6),
						DISCOVER_RETRY_MAX_SECS));
		error = t_strdup_printf("DNS lookup of the servers of %s "
			"failed: %s (check referral_ldap_uris)",
			domain->uri->uri, error);
		/* once, not as long as it lasts */
		if (domain->failures++ == 0)
			e_warning(discover->event, "%s", error);
	} else {
		domain->failures = 0;
		discover_schedule(domain, I_MIN(I_MAX(ttl_secs,
			DISCOVER_MIN_SECS), DISCOVER_MAX_SECS));
		/* Each new order would move the load. */
		if (discover_is_same(&domain->records, records))
			return;
		discover_set_records(domain, records);
		discover_update(discover);
	}
	discover->callback(&discover->current, error, discover->context);
}

static void discover_ask(struct discover_domain *domain)
{
	const char *service =
		domain->uri->scheme == REFERRAL_LDAP_SCHEME_LDAPS ?
		"_ldaps" : "_ldap";

	timeout_remove(&domain->to_ask);
	domain->question = referral_ldap_srv_ask(domain->discover->srv,
		t_strdup_printf("%s._tcp.%s", service, domain->uri->domain),
		discover_answered, domain);
}

int referral_ldap_discover_init(struct event *event_parent,
				const ARRAY_TYPE(referral_ldap_uri) *uris,
				referral_ldap_discover_callback_t *callback,
				void *context,
				struct referral_ldap_discover **discover_r,
				const char **error_r)
{
	struct referral_ldap_discover *discover;
	const struct referral_ldap_uri *uri;
	struct referral_ldap_srv *srv;
	struct discover_domain *domain;
	const char *error;
	pool_t pool;

	if (referral_ldap_srv_init(event_parent, &srv, &error) < 0) {
		*error_r = t_strdup_printf("referral_ldap_uris: %s", error);
		return -1;
	}
	pool = pool_alloconly_create("referral ldap discover", 1024);
	discover = p_new(pool, struct referral_ldap_discover, 1);
	discover->pool = pool;
	discover->event = event_create(event_parent);
	discover->srv = srv;
	discover->uris = uris;
	discover->callback = callback;
	discover->context = context;
	i_array_init(&discover->domains, array_count(uris));
	i_array_init(&discover->found, 8);
	i_array_init(&discover->current, 8);
	array_foreach(uris, uri) {
		domain = array_append_space(&discover->domains);
		domain->discover = discover;
		domain->uri = uri;
	}
	/* they stay where they are now */
	array_foreach_modifiable(&discover->domains, domain) {
		if (domain->uri->domain == NULL)
			continue;
		domain->pool = pool_alloconly_create("srv records", 512);
		p_array_init(&domain->records, domain->pool, 1);
		discover_ask(domain);
	}
	discover_update(discover);
	*discover_r = discover;
	return 0;
}

void referral_ldap_discover_deinit(struct referral_ldap_discover **_discover)
{
	struct referral_ldap_discover *discover = *_discover;
	struct discover_domain *domain;

	if (discover == NULL)
		return;
	*_discover = NULL;
	array_foreach_modifiable(&discover->domains, domain) {
		timeout_remove(&domain->to_ask);
		pool_unref(&domain->pool);
	}
	referral_ldap_srv_deinit(&discover->srv);
	array_free(&discover->domains);
	array_free(&discover->found);
	array_free(&discover->current);
	event_unref(&discover->event);
	pool_unref(&discover->pool);
}

const ARRAY_TYPE(referral_ldap_uri_ptr) *
referral_ldap_discover_get(const struct referral_ldap_discover *discover)
{
	return &discover->current;
}

bool referral_ldap_discover_is_asking(
	const struct referral_ldap_discover *discover)
{
	const struct discover_domain *domain;

	array_foreach(&discover->domains, domain) {
		if (domain->question != NULL)
			return TRUE;
	}
	return FALSE;
}
