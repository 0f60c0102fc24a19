#ifndef DNS_EVENT_H
#define DNS_EVENT_H

/* An event through which DNS lookups find the dns-client's socket, where
   Dovecot wants it so: one file for each generation. */

struct event *dns_event_init(const char *socket_path);
void dns_event_deinit(struct event *event);

#endif
