#ifndef PROBE_EVENT_H
#define PROBE_EVENT_H

/* The event of the probe's searches. Where Dovecot's dns_lookup() reads
   settings, it has them: dns_client is the path of the dns-client's socket.
   There is one at a time. */
struct event *probe_event_create(const char *dns_client);
void probe_event_destroy(struct event **event);

#endif
