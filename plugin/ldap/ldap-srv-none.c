/* Without c-ares nobody can be asked for SRV records. */

#include "lib.h"
#include "ldap-srv.h"

bool referral_ldap_srv_available(void)
{
	return FALSE;
}

int referral_ldap_srv_init(struct event *event_parent ATTR_UNUSED,
			   struct referral_ldap_srv **srv_r ATTR_UNUSED,
			   const char **error_r)
{
	*error_r = "servers of a domain can't be found: this was built "
		"without c-ares";
	return -1;
}

void referral_ldap_srv_deinit(struct referral_ldap_srv **srv)
{
	*srv = NULL;
}

struct referral_ldap_srv_question *
referral_ldap_srv_ask(struct referral_ldap_srv *srv ATTR_UNUSED,
		      const char *name ATTR_UNUSED,
		      referral_ldap_srv_callback_t *callback ATTR_UNUSED,
		      void *context ATTR_UNUSED)
{
	i_unreached();
}

void referral_ldap_srv_abort(struct referral_ldap_srv_question **question)
{
	*question = NULL;
}
