/* Up to Dovecot 2.4.1: the event says nothing. */

#include "lib.h"
#include "lib-event.h"
#include "dns-event.h"

struct event *dns_event_init(const char *socket_path ATTR_UNUSED)
{
	return event_create(NULL);
}

void dns_event_deinit(struct event *event)
{
	event_unref(&event);
}
