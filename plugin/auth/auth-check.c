/* Checks and mends the carrier's place in the passdb chains. */

#include "auth-common.h"
#include "array.h"
#include "str.h"
#include "auth.h"
#include "passdb.h"
#include "compat-auth.h"
#include "passdb-referral.h"
#include "auth-check.h"

#define REFERRAL_PASSDB_BLOCK "passdb { driver = "REFERRAL_PASSDB_DRIVER" }"

enum referral_chain_fault {
	/* An earlier passdb that says yes would end the lookup before the
	   login is known to us. */
	REFERRAL_CHAIN_NOT_FIRST,
	REFERRAL_CHAIN_DENY,
	REFERRAL_CHAIN_FILTERED,
	REFERRAL_CHAIN_SKIPS,
	REFERRAL_CHAIN_ONLY,
	REFERRAL_CHAIN_MISSING,
	/* mechanisms that ask no passdb */
	REFERRAL_CHAIN_ANONYMOUS,
	REFERRAL_CHAIN_WINBIND,

	REFERRAL_CHAIN_FAULT_COUNT
};

static const struct {
	enum log_type level;
	const char *text;
} chain_faults[REFERRAL_CHAIN_FAULT_COUNT] = {
	[REFERRAL_CHAIN_NOT_FIRST] = { LOG_TYPE_WARNING,
		REFERRAL_PASSDB_BLOCK" is not the first: moved there. "
		"Put it before the others" },
	[REFERRAL_CHAIN_DENY] = { LOG_TYPE_ERROR,
		REFERRAL_PASSDB_BLOCK" has deny set: remove it, "
		"no decision is made by a deny passdb" },
	[REFERRAL_CHAIN_FILTERED] = { LOG_TYPE_ERROR,
		REFERRAL_PASSDB_BLOCK" is limited to some mechanisms or user "
		"names: remove the limit, other logins are refused" },
	[REFERRAL_CHAIN_SKIPS] = { LOG_TYPE_ERROR,
		REFERRAL_PASSDB_BLOCK" has skip set: remove it, "
		"logins that it misses are refused" },
	[REFERRAL_CHAIN_ONLY] = { LOG_TYPE_ERROR,
		REFERRAL_PASSDB_BLOCK" is the only one: it finds no passwords, "
		"nobody can log in" },
	[REFERRAL_CHAIN_MISSING] = { LOG_TYPE_WARNING,
		REFERRAL_PASSDB_BLOCK" is missing: added. "
		"Put it before the others" },
	[REFERRAL_CHAIN_ANONYMOUS] = { LOG_TYPE_WARNING,
		"ANONYMOUS meets no passdb: its logins have a session here, "
		"wherever their user is at home. "
		"Take it out of auth_mechanisms" },
	[REFERRAL_CHAIN_WINBIND] = { LOG_TYPE_ERROR,
		"winbind meets no passdb: its logins (NTLM, GSS-SPNEGO) have a "
		"session here, wherever their user is at home. "
		"Take them out of auth_mechanisms" },
};

/* A configuration has one chain for each protocol, most of them copies of one
   that is for all protocols. Which of them have a fault is said in one line. */
struct referral_chain_protocols {
	string_t *names;
	bool all;
};

struct referral_chains {
	struct referral_chain_protocols users[REFERRAL_CHAIN_FAULT_COUNT];
	struct referral_chain_protocols masters[REFERRAL_CHAIN_FAULT_COUNT];
};

struct referral_chain {
	struct referral_chains *chains;
	struct auth *auth;
	bool master;
};

static void
referral_chain_fault(const struct referral_chain *chain,
		     enum referral_chain_fault fault)
{
	struct referral_chain_protocols *protocols = chain->master ?
		&chain->chains->masters[fault] : &chain->chains->users[fault];
	const char *name = referral_compat_auth_protocol(chain->auth);

	if (protocols->names == NULL)
		protocols->names = t_str_new(64);
	if (name == NULL)
		protocols->all = TRUE;
	else {
		if (str_len(protocols->names) > 0)
			str_append(protocols->names, ", ");
		str_append(protocols->names, name);
	}
}

static bool referral_passdb_is_carrier(const struct auth_passdb *passdb)
{
	return strcmp(passdb->passdb->iface.name, REFERRAL_PASSDB_DRIVER) == 0;
}

static void
referral_chain_check_carrier(const struct referral_chain *chain,
			     const struct auth_passdb *carrier)
{
	struct referral_compat_passdb passdb;

	referral_compat_passdb_get(carrier, &passdb);
	if (passdb.deny)
		referral_chain_fault(chain, REFERRAL_CHAIN_DENY);
	if (passdb.filtered)
		referral_chain_fault(chain, REFERRAL_CHAIN_FILTERED);
	if (passdb.skips)
		referral_chain_fault(chain, REFERRAL_CHAIN_SKIPS);
	if (carrier->next == NULL && !chain->master)
		referral_chain_fault(chain, REFERRAL_CHAIN_ONLY);
}

/* Returns the place of the carrier, or that of the chain's end. */
static struct auth_passdb **referral_chain_find(struct auth_passdb **list)
{
	while (*list != NULL && !referral_passdb_is_carrier(*list))
		list = &(*list)->next;
	return list;
}

static struct auth_passdb *referral_chains_find_any(void)
{
	struct auth_passdb *carrier = NULL;
	struct auth *auth;

	array_foreach_elem(&auths, auth) {
		if (carrier == NULL)
			carrier = *referral_chain_find(&auth->passdbs);
		if (carrier == NULL)
			carrier = *referral_chain_find(&auth->masterdbs);
	}
	return carrier;
}

static bool referral_carrier_is_limited(const struct auth_passdb *carrier)
{
	struct referral_compat_passdb passdb;

	referral_compat_passdb_get(carrier, &passdb);
	return passdb.filtered || passdb.skips;
}

bool referral_auth_check_is_guard(const struct auth_passdb *passdb)
{
	/* a guard has its carrier's settings, but goes by none of them */
	return passdb->next != NULL && passdb->next->set == passdb->set;
}

static void
referral_chain_check(const struct referral_chain *chain,
		     struct auth_passdb **list)
{
	struct auth_passdb **pos = referral_chain_find(list);
	struct auth_passdb *carrier = *pos;

	if (carrier == NULL) {
		referral_chain_fault(chain, REFERRAL_CHAIN_MISSING);
		carrier = referral_compat_passdb_copy(chain->auth->pool,
			referral_chains_find_any());
		referral_compat_passdb_set_unlimited(carrier);
	} else if (pos != list) {
		referral_chain_fault(chain, REFERRAL_CHAIN_NOT_FIRST);
		*pos = carrier->next;
	}
	if (carrier != *list) {
		carrier->next = *list;
		*list = carrier;
	}
	referral_chain_check_carrier(chain, carrier);
	if (referral_carrier_is_limited(carrier)) {
		*list = referral_compat_passdb_copy(chain->auth->pool, carrier);
		referral_compat_passdb_set_unlimited(*list);
		(*list)->next = carrier;
	}
}

/* A master login that never comes to the user's own passdbs never meets the
   carrier there. */
static bool referral_masters_need_carrier(struct auth_passdb **list)
{
	const struct auth_passdb *master;
	struct referral_compat_passdb passdb;

	if (*referral_chain_find(list) != NULL)
		return TRUE;
	for (master = *list; master != NULL; master = master->next) {
		referral_compat_passdb_get(master, &passdb);
		if (passdb.returns)
			return TRUE;
	}
	return FALSE;
}

static bool referral_auth_has_mech(const struct auth *auth, const char *name)
{
	return str_array_icase_find(referral_compat_auth_mechanisms(auth),
				    name);
}

static void referral_chain_check_mechanisms(const struct referral_chain *chain)
{
	const struct auth *auth = chain->auth;

	if (referral_auth_has_mech(auth, "ANONYMOUS"))
		referral_chain_fault(chain, REFERRAL_CHAIN_ANONYMOUS);
	if (referral_compat_auth_uses_winbind(auth) &&
	    (referral_auth_has_mech(auth, "NTLM") ||
	     referral_auth_has_mech(auth, "GSS-SPNEGO")))
		referral_chain_fault(chain, REFERRAL_CHAIN_WINBIND);
}

static void
referral_auth_check_protocol(struct referral_chains *chains, struct auth *auth)
{
	struct referral_chain chain = {
		.chains = chains,
		.auth = auth,
	};

	if (auth->passdbs != NULL)
		referral_chain_check(&chain, &auth->passdbs);
	referral_chain_check_mechanisms(&chain);
	chain.master = TRUE;
	if (referral_masters_need_carrier(&auth->masterdbs))
		referral_chain_check(&chain, &auth->masterdbs);
}

static void
referral_auth_check_log(struct event *event,
			const struct referral_chain_protocols *protocols,
			const char *kind)
{
	unsigned int i;

	for (i = 0; i < REFERRAL_CHAIN_FAULT_COUNT; i++) {
		if (protocols[i].names == NULL)
			continue;
		e_log(event, chain_faults[i].level, "%s%s%s", kind,
		      chain_faults[i].text, protocols[i].all ? "" :
		      t_strdup_printf(" (protocol %s)",
				      str_c(protocols[i].names)));
	}
}

void referral_auth_check_chains(struct event *event)
{
	struct referral_chains chains;
	struct auth *auth;

	i_zero(&chains);
	T_BEGIN {
		array_foreach_elem(&auths, auth)
			referral_auth_check_protocol(&chains, auth);
		if (!worker) {
			referral_auth_check_log(event, chains.users, "");
			referral_auth_check_log(event, chains.masters,
						"master ");
		}
	} T_END;
}
