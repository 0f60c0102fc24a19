#ifndef REFERRAL_AUTH_EXPLAIN_H
#define REFERRAL_AUTH_EXPLAIN_H

/* What would a login get now? The passdbs are asked as for LMTP, without a
   password; then the same question and the same policy as for a login. It is
   no login: no log line of one, no penalty, no field, nothing left in
   Dovecot's auth cache for a user whom it did not know. */

struct auth_request;
struct referral_auth_config;
struct referral_explain;

/* answer: the "key=value" words of the line's OK, tab-escaped, each with a TAB
   before it. Valid during the call only. */
typedef void
referral_explain_callback_t(const char *answer, void *context);

void referral_explain_init(struct referral_auth_config *config);
/* After it no callback is called. Those still asking end later, with the
   configuration and with Dovecot's passdbs. */
void referral_explain_deinit(void);

/* args: NULL-terminated, see EXPLAIN in referral-line.h. Returns 0 and
   explain_r, and the callback is called exactly once, never from inside this
   call and never after cancel; or -1 and error_r. */
int referral_explain_start(const char *user, const char *const *args,
			   referral_explain_callback_t *callback, void *context,
			   struct referral_explain **explain_r,
			   const char **error_r);
void referral_explain_cancel(struct referral_explain **explain);

/* The name that answers for user are kept under: auth_username_format and the
   like applied. Returns 0 and a name from the data stack, or -1 and error_r. */
int referral_explain_normalize(const char *user, const char **name_r,
			       const char **error_r);

/* Is this request one of ours? Then it is neither a login nor a delivery. */
bool referral_request_is_explain(const struct auth_request *request);

#endif
