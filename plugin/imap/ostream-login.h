#ifndef REFERRAL_OSTREAM_LOGIN_H
#define REFERRAL_OSTREAM_LOGIN_H

/* Wrap output, which must be able to buffer without limit. If what is written
   first is the reply to a login, a referral is put into it
   (referral_reply_imap_login()); everything else passes unchanged. */
struct ostream *
referral_ostream_login_create(struct ostream *output, const char *url,
			      const char *text);
/* From now on everything passes unchanged, also what is written first. output
   is what referral_ostream_login_create() returned. */
void referral_ostream_login_finish(struct ostream *output);

#endif
