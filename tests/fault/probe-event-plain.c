/* Dovecot up to 2.4.1: the caller of dns_lookup() says where the dns-client
   is. */

#include "lib.h"
#include "lib-event.h"
#include "probe-event.h"

struct event *probe_event_create(const char *dns_client ATTR_UNUSED)
{
	return event_create(NULL);
}

void probe_event_destroy(struct event **event)
{
	event_unref(event);
}
