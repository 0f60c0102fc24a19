#ifndef REFERRAL_HOSTFORMAT_H
#define REFERRAL_HOSTFORMAT_H

/* referral_mailhost_format: what the directory's values look like where they
   are not plain host names. */

struct referral_hostformat;

/* Space-separated, tried in order:

   host          a host name or an address, with an optional port
   url           imap://host:port/ or imaps://host:port/
   %{value}.x.y  a template, for a value that is one label: "imap1"; with
                 %{domain}, that of the user, if there is one
   /RE/          a POSIX extended regular expression, in any case, for the
                 whole value; its only group is the host. Without counts
                 in braces, and with few "+"
   /RE/TEMPLATE  the same, with the group as the template's %{value}

   Returns 0, or -1 and error_r without the setting's name. The regular
   expressions live until free; the rest is in pool. */
int referral_hostformat_create(pool_t pool, const char *str,
			       struct referral_hostformat **format_r,
			       const char **error_r);
void referral_hostformat_free(struct referral_hostformat **format);

/* Returns the host with an optional port that value means, in the form of
   referral_mailhost_parse(): value itself, or from the data stack. NULL if no
   format fits. domain: the user's, "" or NULL if there is none, or it is not
   known. Both are hostile. */
const char *referral_hostformat_apply(const struct referral_hostformat *format,
				      const char *value, const char *domain);
bool referral_hostformat_uses_domain(const struct referral_hostformat *format);

#endif
