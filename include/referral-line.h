#ifndef REFERRAL_LINE_H
#define REFERRAL_LINE_H

/* The private line to the auth process: how doveadm asks it. Both sides of it
   agree on what is here.

   A unix listener of service auth that belongs to root alone, named
   REFERRAL_LINE_NAME. Lines end in LF; their words are tab-escaped
   (strescape.h) and separated by TABs.

   Both sides begin with "VERSION", REFERRAL_LINE_NAME and the version: minor
   ones add words. doveadm says nothing before it has read auth's: without our
   plugin the listener is one of Dovecot's own, which speaks first as well, and
   would take what we say for a login.

     question = "EXPLAIN" id user *( key=value )
              | "FLUSH" id *( user )
              | "STATUS" id
     answer   = *( "ITEM" id kind *( key=value ) )
                ( "OK" id *( key=value ) | "FAIL" id text )

   id is a number that the asker chooses. Questions are answered in any order.
   Keys that one side does not know are ignored by it, an unknown question is
   answered by FAIL. */

#define REFERRAL_LINE_NAME "login-referral"
#define REFERRAL_LINE_MAJOR 1
#define REFERRAL_LINE_MINOR 0

/* Far below auth's client_limit: logins always get through. One more is
   closed without a word. */
#define REFERRAL_LINE_MAX_CLIENTS 8
/* Questions under way on one line; its further input waits. */
#define REFERRAL_LINE_MAX_PENDING 16
/* One question */
#define REFERRAL_LINE_MAX_INPUT 8192
/* Answers that are not read: then the line is closed. */
#define REFERRAL_LINE_MAX_OUTPUT (128*1024)
/* Nothing asked, or no handshake: then the line is closed. */
#define REFERRAL_LINE_IDLE_SECS 60

/* EXPLAIN's keys, besides those that an auth client tells of a session: service,
   lip, rip, lport, rport, session, local_name, secured, forward_*. */

/* SASL mechanism; PLAIN if not told */
#define REFERRAL_LINE_MECH "mech"
/* "yes": user is the name of a session, as the passdbs have left it. They are
   asked only if they say where the home is (referral_mailhost_field). */
#define REFERRAL_LINE_SESSION_USER "session_user"

#endif
