/* What settings can work, alone and together. Found out by doveconf, so that
   no login has to fail for it. */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dn.h"
#include "domains.h"
#include "filter.h"
#include "template.h"
#include "hostformat.h"
#include "identity.h"
#include "ldap-syntax.h"
#include "ldap-uri.h"
#include "mailhost.h"
#include "mirror-filter.h"
#include "policy.h"
#include "proxy-fields.h"
#include "sasl.h"
#include "url.h"
#include "text.h"
#include "referral-settings.h"

/* Dovecot's auth gives up on a request after 150 seconds; a user, sooner. */
#define TIMEOUT_MAX_MSECS (60 * 1000)
/* They are searched one after the other. */
#define BASES_MAX_COUNT 8

static int fail(const char **error_r, const char *setting, const char *error)
{
	*error_r = t_strdup_printf("%s: %s", setting, error);
	return -1;
}

static bool is_one_of(const char *value, const char *const *words)
{
	return str_array_find(words, value);
}

static int check_tls(const struct referral_directory_settings *set,
		     const ARRAY_TYPE(referral_ldap_uri) *uris,
		     const char **error_r)
{
	const struct referral_ldap_uri *uri;
	bool have_ldap = FALSE;

	array_foreach(uris, uri) {
		if (uri->scheme == REFERRAL_LDAP_SCHEME_LDAP)
			have_ldap = TRUE;
	}
	if (set->referral_ldap_starttls && array_count(uris) > 0 &&
	    !have_ldap) {
		return fail(error_r, "referral_ldap_starttls",
			    "referral_ldap_uris has no ldap:// URI for it");
	}
	if (set->referral_ldap_tls_cert_file[0] != '\0' &&
	    set->referral_ldap_tls_key_file[0] == '\0') {
		return fail(error_r, "referral_ldap_tls_cert_file",
			    "needs referral_ldap_tls_key_file");
	}
	if (set->referral_ldap_tls_key_file[0] != '\0' &&
	    set->referral_ldap_tls_cert_file[0] == '\0') {
		return fail(error_r, "referral_ldap_tls_key_file",
			    "needs referral_ldap_tls_cert_file");
	}
	if (set->referral_ldap_tls_crl_file[0] != '\0' &&
	    set->referral_ldap_tls_ca_file[0] == '\0' &&
	    set->referral_ldap_tls_ca_dir[0] == '\0') {
		return fail(error_r, "referral_ldap_tls_crl_file",
			    "needs referral_ldap_tls_ca_file or "
			    "referral_ldap_tls_ca_dir");
	}
	return 0;
}

static int check_external(const struct referral_directory_settings *set,
			  const ARRAY_TYPE(referral_ldap_uri) *uris,
			  const char **error_r)
{
	const struct referral_ldap_uri *uri;
	bool have_cert = set->referral_ldap_tls_cert_file[0] != '\0';
	bool tls;

	/* RFC 4422 appendix A: who we are is what the socket or the
	   certificate says. */
	if (set->referral_ldap_auth_dn[0] != '\0' ||
	    set->referral_ldap_auth_dn_password[0] != '\0') {
		return fail(error_r, "referral_ldap_auth_dn",
			    "has no meaning with referral_ldap_sasl_mechanism "
			    "= EXTERNAL");
	}
	array_foreach(uris, uri) {
		tls = uri->scheme == REFERRAL_LDAP_SCHEME_LDAPS ||
			set->referral_ldap_starttls;
		if (uri->scheme != REFERRAL_LDAP_SCHEME_LDAPI &&
		    (!tls || !have_cert)) {
			return fail(error_r, "referral_ldap_sasl_mechanism",
				    "EXTERNAL needs ldapi://, or TLS and "
				    "referral_ldap_tls_cert_file");
		}
	}
	return 0;
}

static int check_bind(const struct referral_directory_settings *set,
		      const ARRAY_TYPE(referral_ldap_uri) *uris,
		      const char **error_r)
{
	bool have_dn = set->referral_ldap_auth_dn[0] != '\0';
	bool have_password = set->referral_ldap_auth_dn_password[0] != '\0';
	const char *mech = set->referral_ldap_sasl_mechanism, *error;
	bool with_password;

	if (*mech != '\0' &&
	    referral_sasl_mechanism_check(mech, &with_password, &error) < 0)
		return fail(error_r, "referral_ldap_sasl_mechanism", error);
	if (*mech != '\0' && !with_password)
		return check_external(set, uris, error_r);
	if (*mech != '\0' && !have_dn) {
		return fail(error_r, "referral_ldap_auth_dn",
			    "referral_ldap_sasl_mechanism needs a name here");
	}
	/* A DN without a password is an unauthenticated bind, which succeeds
	   as anonymous (RFC 4513 section 5.1.2). */
	if (have_dn && !have_password) {
		return fail(error_r, "referral_ldap_auth_dn",
			    "needs referral_ldap_auth_dn_password");
	}
	if (have_password && !have_dn) {
		return fail(error_r, "referral_ldap_auth_dn_password",
			    "needs referral_ldap_auth_dn");
	}
	return 0;
}

static int check_server(const struct referral_directory_settings *set,
			const char **error_r)
{
	const struct {
		const char *setting;
		unsigned int msecs;
	} timeouts[] = {
		{ "referral_ldap_timeout", set->referral_ldap_timeout },
		{ "referral_ldap_connect_timeout",
		  set->referral_ldap_connect_timeout },
		{ "referral_ldap_queue_timeout",
		  set->referral_ldap_queue_timeout },
	};
	ARRAY_TYPE(referral_ldap_uri) uris;
	unsigned int i;

	t_array_init(&uris, 4);
	if (referral_ldap_uris_parse(pool_datastack_create(),
				     set->referral_ldap_uris, &uris,
				     error_r) < 0 ||
	    check_tls(set, &uris, error_r) < 0 ||
	    check_bind(set, &uris, error_r) < 0)
		return -1;
	for (i = 0; i < N_ELEMENTS(timeouts); i++) {
		if (timeouts[i].msecs == 0 ||
		    timeouts[i].msecs > TIMEOUT_MAX_MSECS) {
			return fail(error_r, timeouts[i].setting,
				    "must be more than 0 and at most "
				    "1 minute");
		}
	}
	/* Searching from the root of the directory is what an administrator
	   forgot to prevent, and servers refuse it. */
	if (array_count(&uris) > 0 && set->referral_ldap_base[0] == '\0') {
		return fail(error_r, "referral_ldap_base",
			    "must be set together with referral_ldap_uris");
	}
	return 0;
}

/* The template's expansion for a user "x@x", which no escaping changes */
static int
expand_example(const char *setting, const char *str,
	       enum referral_template_escape escape, const char **example_r,
	       const char **error_r)
{
	static const struct referral_user user = {
		.name = "x@x", .original = "x@x", .protocol = "imap",
	};
	struct referral_template *template;
	string_t *example = t_str_new(128);
	const char *error;

	if (referral_template_create(pool_datastack_create(), str, escape,
				     &template, &error) < 0)
		return fail(error_r, setting, error);
	referral_template_expand(template, &user, example);
	*example_r = str_c(example);
	return 0;
}

/* What was written, and what the place in error counts from */
static const char *
filter_error(const char *filter, const char *example, const char *error)
{
	const char *shown = t_strdup_printf("%s in \"%s\"", error,
		referral_mailhost_sanitize(example));

	if (strcmp(filter, example) == 0)
		return shown;
	return t_strdup_printf("%s, which is \"%s\" for the user x@x", shown,
			       referral_mailhost_sanitize(filter));
}

static int check_bases(const char *setting, const char **error_r)
{
	const char *const *bases = referral_dn_list_split(setting);
	unsigned int i, count = str_array_length(bases);
	const char *example, *error;

	if (count > BASES_MAX_COUNT) {
		return fail(error_r, "referral_ldap_base",
			    t_strdup_printf("more than %u bases",
					    BASES_MAX_COUNT));
	}
	for (i = 0; i < count; i++) {
		if (count > 1 && bases[i][0] == '\0') {
			return fail(error_r, "referral_ldap_base",
				    "nothing before or after a \";\"");
		}
		if (expand_example("referral_ldap_base", bases[i],
				   REFERRAL_TEMPLATE_ESCAPE_DN, &example,
				   error_r) < 0)
			return -1;
		if (referral_dn_check(example, &error) < 0)
			return fail(error_r, "referral_ldap_base", error);
	}
	return 0;
}

static int check_search(const struct referral_directory_settings *set,
			const char **error_r)
{
	static const char *const scopes[] = {
		"subtree", "onelevel", "base", NULL
	};
	const char *example, *error;

	if (check_bases(set->referral_ldap_base, error_r) < 0)
		return -1;
	if (expand_example("referral_ldap_filter", set->referral_ldap_filter,
			   REFERRAL_TEMPLATE_ESCAPE_FILTER, &example,
			   error_r) < 0)
		return -1;
	if (referral_filter_check(example, &error) < 0) {
		return fail(error_r, "referral_ldap_filter",
			    filter_error(set->referral_ldap_filter, example,
					 error));
	}
	if (!is_one_of(set->referral_ldap_scope, scopes)) {
		return fail(error_r, "referral_ldap_scope",
			    "must be subtree, onelevel or base");
	}
	return 0;
}

static int
check_attribute(const char *setting, const char *name, const char **error_r)
{
	const char *error;

	if (referral_attribute_check(name, &error) == 0)
		return 0;
	return fail(error_r, setting, t_strdup_printf("\"%s\": %s",
		referral_mailhost_sanitize(name), error));
}

static int check_attributes(const struct referral_directory_settings *set,
			    const char **error_r)
{
	const char *const *names =
		t_strsplit_spaces(set->referral_ldap_attributes, " ,\t");
	const char *action = set->referral_action_attribute;

	if (*names == NULL) {
		return fail(error_r, "referral_ldap_attributes",
			    "must name an attribute");
	}
	for (; *names != NULL; names++) {
		if (check_attribute("referral_ldap_attributes", *names,
				    error_r) < 0)
			return -1;
	}
	return action[0] == '\0' ? 0 :
		check_attribute("referral_action_attribute", action, error_r);
}

static int check_format(const struct referral_directory_settings *set,
			const char **error_r)
{
	struct referral_hostformat *format;
	const char *error;

	if (referral_hostformat_create(pool_datastack_create(),
				       set->referral_mailhost_format,
				       &format, &error) < 0)
		return fail(error_r, "referral_mailhost_format", error);
	referral_hostformat_free(&format);
	return 0;
}

static int check_decision(const struct referral_settings *set,
			  const char **error_r)
{
	const struct referral_identity_settings identity_set = {
		.local_hosts = set->referral_local_hosts,
	};
	struct referral_identity *identity;
	struct referral_policy *policy;
	const char *field = set->referral_mailhost_field;

	if (strspn(field, "abcdefghijklmnopqrstuvwxyz"
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
	    strlen(field)) {
		return fail(error_r, "referral_mailhost_field",
			    "must be the name of one passdb field");
	}
	/* Which hosts are this server by default is not known here: the
	   configuration may be checked elsewhere. */
	if (referral_identity_create(pool_datastack_create(), &identity_set,
				     &identity, error_r) < 0 ||
	    referral_policy_create(pool_datastack_create(), "imap", set,
				   identity, &policy, error_r) < 0 ||
	    referral_policy_check_map(policy, error_r) < 0)
		return -1;
	return referral_proxy_fields_check(set->referral_proxy_fields,
					   error_r);
}

/* Only a block has a name, and users of its own. */
static int check_block(const struct referral_directory_settings *set,
		       const char **error_r)
{
	const char *name = set->referral_directory_name, *error;

	if (*name == '\0') {
		if (*set->referral_directory_domains == '\0')
			return 0;
		return fail(error_r, "referral_directory_domains",
			    "belongs into a block, referral_directory NAME { }");
	}
	if (referral_domains_check(
		referral_domains_split(pool_datastack_create(),
				       set->referral_directory_domains, name),
		&error) < 0)
		return fail(error_r, "referral_directory_domains", error);
	if (*set->referral_ldap_uris == '\0') {
		return fail(error_r, "referral_ldap_uris",
			    "must be set for this referral_directory");
	}
	return 0;
}

static int check_mirror(const struct referral_directory_settings *set,
			const char **error_r)
{
	const char *bases = set->referral_ldap_base, *error;
	struct referral_mirror_filter *filter;
	struct referral_hostformat *format;
	struct referral_template *base;
	bool uses_domain;

	if (!set->referral_mirror)
		return 0;
	if (referral_dn_list_split(bases)[1] != NULL) {
		return fail(error_r, "referral_mirror", t_strdup_printf(
			"referral_ldap_base: %s can't be mirrored: there are "
			"several bases (name one above them)",
			referral_mailhost_sanitize(bases)));
	}
	if (referral_hostformat_create(pool_datastack_create(),
				       set->referral_mailhost_format,
				       &format, &error) < 0)
		return fail(error_r, "referral_mailhost_format", error);
	uses_domain = referral_hostformat_uses_domain(format);
	referral_hostformat_free(&format);
	if (uses_domain) {
		return fail(error_r, "referral_mirror", "what an entry means "
			"depends on the user with %{domain} in "
			"referral_mailhost_format: it can't be mirrored");
	}
	if (referral_template_create(pool_datastack_create(), bases,
				     REFERRAL_TEMPLATE_ESCAPE_DN,
				     &base, &error) < 0)
		return fail(error_r, "referral_ldap_base", error);
	if (referral_template_get_uses(base, NULL) != 0) {
		return fail(error_r, "referral_mirror", t_strdup_printf(
			"referral_ldap_base: %s can't be mirrored: it depends "
			"on the user (name the base of all users)",
			referral_mailhost_sanitize(bases)));
	}
	if (referral_mirror_filter_create(pool_datastack_create(),
					  set->referral_ldap_filter,
					  &filter, &error) < 0) {
		return fail(error_r, "referral_mirror", t_strdup_printf(
			"referral_ldap_filter: %s", error));
	}
	return 0;
}

bool referral_directory_settings_check(
	const struct referral_directory_settings *set, const char **error_r)
{
	return check_server(set, error_r) == 0 &&
		check_search(set, error_r) == 0 &&
		check_attributes(set, error_r) == 0 &&
		check_format(set, error_r) == 0 &&
		check_mirror(set, error_r) == 0 &&
		check_block(set, error_r) == 0;
}

bool referral_settings_check(const struct referral_settings *set,
			     const char **error_r)
{
	return check_decision(set, error_r) == 0;
}

static int check_texts(const struct referral_login_settings *set,
		       const char **error_r)
{
	const struct {
		const char *setting, *text;
		bool may_be_empty;
	} texts[] = {
		{ "referral_text", set->referral_text, FALSE },
		{ "referral_alert_text", set->referral_alert_text, TRUE },
		{ "referral_moving_text", set->referral_moving_text, FALSE },
	};
	const char *error;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(texts); i++) {
		if (texts[i].may_be_empty && *texts[i].text == '\0')
			continue;
		if (referral_text_check(texts[i].text, &error) < 0)
			return fail(error_r, texts[i].setting, error);
	}
	return 0;
}

bool referral_login_settings_check(const struct referral_login_settings *set,
				   const char **error_r)
{
	static const char *const url_auths[] = {
		"mechanism", "any", "none", NULL
	};
	const char *drain_host = set->referral_drain_host, *error;
	struct referral_host host;
	int ret = 0;

	if (!is_one_of(set->referral_url_auth, url_auths)) {
		ret = fail(error_r, "referral_url_auth",
			   "must be mechanism, any or none");
	} else if (drain_host[0] != '\0' &&
		   referral_mailhost_parse(pool_datastack_create(), drain_host,
					   &host, &error) < 0) {
		ret = fail(error_r, "referral_drain_host",
			   t_strdup_printf("\"%s\": %s",
				referral_mailhost_sanitize(drain_host), error));
	} else {
		ret = check_texts(set, error_r);
	}
	return ret == 0;
}
