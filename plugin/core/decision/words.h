#ifndef REFERRAL_WORDS_H
#define REFERRAL_WORDS_H

/* The words for actions, reasons, results and sources: in settings, LDAP
   values, logs and events. */

#include "referral-decision.h"

/* The value refer, offer, suggest, proxy, local, reject or tempfail, in any
   case. Returns FALSE, and leaves action_r alone, if it is none of them. */
bool referral_action_parse(const char *str, enum referral_action *action_r);
const char *referral_action_to_string(enum referral_action action);
const char *referral_reason_to_string(enum referral_reason reason);
const char *referral_status_to_string(enum referral_lookup_status status);
const char *referral_source_to_string(enum referral_lookup_source source);

#endif
