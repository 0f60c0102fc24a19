/* Action suggest: the reply of the imap process to a login */

#include "imap-common.h"
#include "ostream.h"
#include "module-context.h"
#include "mail-user.h"
#include "mailhost.h"
#include "reply.h"
#include "args.h"
#include "url.h"
#include "text.h"
#include "ostream-login.h"
#include "suggest.h"
#include "referral-fields.h"
#include "compat-login-settings.h"

#define REFERRAL_IMAP_CONTEXT(obj) \
	MODULE_CONTEXT_REQUIRE(obj, referral_imap_module)

struct referral_imap_client {
	union imap_module_context module_ctx;

	/* what client->output was before, and what lies over it until the
	   login is answered */
	struct ostream *parent, *output;
};

static MODULE_CONTEXT_DEFINE_INIT(referral_imap_module, &imap_module_register);
/* most sessions need none */
static bool settings_initialized = FALSE;

static int
suggest_settings_get(struct client *client,
		     const struct referral_login_settings **set_r,
		     const char **error_r)
{
	if (!settings_initialized) {
		if (referral_compat_login_settings_init("imap", error_r) < 0)
			return -1;
		settings_initialized = TRUE;
	}
	return referral_compat_login_settings_get(client->user->event, set_r,
						  error_r);
}

/* value is the public host */
static int
suggest_get(struct client *client, const char *value, const char **url_r,
	    const char **text_r, const char **error_r)
{
	const struct referral_login_settings *set;
	struct mail_user *user = client->user;
	const char *login_user = referral_args_find(user->userdb_fields,
						    REFERRAL_USERDB_FIELD_USER);
	struct referral_url_params params = {
		.scheme = "imap",
		.user = login_user != NULL ? login_user : user->username,
	};
	const char *error;

	if (referral_mailhost_parse(pool_datastack_create(), value,
				    &params.host, &error) < 0) {
		*error_r = t_strdup_printf("userdb field %s=%s: %s",
			REFERRAL_USERDB_FIELD_HOST,
			referral_mailhost_sanitize(value), error);
		return -1;
	}
	if (suggest_settings_get(client, &set, error_r) < 0)
		return -1;
	params.auth = referral_reply_auth(set->referral_url_auth,
		referral_args_find(user->userdb_fields,
				   REFERRAL_USERDB_FIELD_AUTH));
	*url_r = referral_url_create(&params);
	*text_r = referral_text_expand(set->referral_text, user->username,
				       params.host.name);
	referral_compat_login_settings_free(&set);
	return 0;
}

/* The login has been answered, long ago if the session was hibernated, and no
   command is read yet: get out of the way. */
static void suggest_client_init(struct client *client)
{
	struct referral_imap_client *rclient = REFERRAL_IMAP_CONTEXT(client);

	referral_ostream_login_finish(rclient->output);
	/* it isn't if a rawlog lies over ours: that stays then */
	if (client->output == rclient->output) {
		client->output = rclient->parent;
		o_stream_ref(client->output);
		o_stream_unref(&rclient->output);
	}
	rclient->module_ctx.super.init(client);
}

static void
suggest_wrap_output(struct client *client, const char *url, const char *text)
{
	struct referral_imap_client *rclient;

	rclient = p_new(client->pool, struct referral_imap_client, 1);
	rclient->parent = client->output;
	rclient->output = referral_ostream_login_create(client->output, url,
							text);
	/* the new one has a reference of its own to its parent */
	o_stream_unref(&client->output);
	client->output = rclient->output;

	rclient->module_ctx.super = client->v;
	client->v.init = suggest_client_init;
	MODULE_CONTEXT_SET(client, referral_imap_module, rclient);
}

void referral_suggest_client_created(struct client *client)
{
	const char *url, *text, *error, *value =
		referral_args_find(client->user->userdb_fields,
				   REFERRAL_USERDB_FIELD_HOST);

	if (value == NULL)
		return;
	if (suggest_get(client, value, &url, &text, &error) < 0) {
		e_error(client->event, "referral: Can't suggest a server: %s",
			error);
		return;
	}
	suggest_wrap_output(client, url, text);
}

void referral_suggest_deinit(void)
{
	if (settings_initialized)
		referral_compat_login_settings_deinit();
	settings_initialized = FALSE;
}
