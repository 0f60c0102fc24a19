/* Checks and mends the carrier's place in the passdb chains. */

#include "auth-common.h"
#include "array.h"
#include "auth.h"
#include "passdb.h"
#include "compat-auth.h"
#include "auth-check.h"

struct referral_chain {
	const char *protocol;
	/* "passdb" or "master passdb" */
	const char *kind;
	const char *driver;
};

static bool
referral_passdb_is_carrier(const struct auth_passdb *passdb, const char *driver)
{
	return strcmp(passdb->passdb->iface.name, driver) == 0;
}

static void
referral_chain_check_carrier(const struct referral_chain *chain,
			     const struct auth_passdb *carrier)
{
	struct referral_compat_passdb passdb;

	referral_compat_passdb_get(carrier, &passdb);
	if (passdb.deny) {
		i_error("referral: %s %s { driver = %s } has deny set: "
			"remove it, no decision is made by a deny passdb",
			chain->protocol, chain->kind, chain->driver);
	}
	if (passdb.filtered) {
		i_error("referral: %s %s { driver = %s } is limited to some "
			"mechanisms or user names: remove the limit, "
			"other logins get no decision",
			chain->protocol, chain->kind, chain->driver);
	}
	if (passdb.skips) {
		i_error("referral: %s %s { driver = %s } has skip set: "
			"remove it, it could miss logins",
			chain->protocol, chain->kind, chain->driver);
	}
}

/* Returns TRUE if there is a carrier. */
static bool
referral_chain_check(const struct referral_chain *chain,
		     struct auth_passdb **list)
{
	struct auth_passdb **pos, *carrier;

	for (pos = list; *pos != NULL; pos = &(*pos)->next) {
		if (referral_passdb_is_carrier(*pos, chain->driver))
			break;
	}
	if ((carrier = *pos) == NULL)
		return FALSE;
	if (pos != list) {
		/* An earlier passdb that says yes would end the lookup before
		   the login is known to us. */
		i_warning("referral: %s %s { driver = %s } is not the first: "
			  "moved there. Put it before the others",
			  chain->protocol, chain->kind, chain->driver);
		*pos = carrier->next;
		carrier->next = *list;
		*list = carrier;
	}
	referral_chain_check_carrier(chain, carrier);
	if (carrier->next == NULL && strcmp(chain->kind, "passdb") == 0) {
		i_error("referral: %s %s { driver = %s } is the only one: "
			"it finds no passwords, nobody can log in",
			chain->protocol, chain->kind, chain->driver);
	}
	return TRUE;
}

/* A master login that never comes to the user's own passdbs never meets the
   carrier there. */
static void
referral_chain_check_masters(const struct referral_chain *chain,
			     const struct auth_passdb *list)
{
	struct referral_compat_passdb passdb;

	for (; list != NULL; list = list->next) {
		referral_compat_passdb_get(list, &passdb);
		if (passdb.returns)
			break;
	}
	if (list != NULL) {
		i_error("referral: %s master logins get no decision and stay "
			"on this server: set pass = yes "
			"(2.4: result_success = continue) in the master passdb "
			"or add a master passdb { driver = %s } before it",
			chain->protocol, chain->driver);
	}
}

void referral_auth_check_chains(const char *driver)
{
	struct referral_chain chain;
	struct auth *auth;
	const char *name;

	i_zero(&chain);
	chain.driver = driver;
	array_foreach_elem(&auths, auth) {
		name = referral_compat_auth_protocol(auth);
		chain.protocol = name == NULL ? "every protocol's" :
			t_strdup_printf("protocol %s:", name);
		chain.kind = "passdb";
		if (!referral_chain_check(&chain, &auth->passdbs)) {
			if (auth->passdbs != NULL) {
				i_warning("referral: %s passdbs have no "
					  "{ driver = %s }: its logins get no "
					  "decision", chain.protocol, driver);
			}
			continue;
		}
		chain.kind = "master passdb";
		if (!referral_chain_check(&chain, &auth->masterdbs))
			referral_chain_check_masters(&chain, auth->masterdbs);
	}
}
