/* Dovecot 2.4.2 and later: dns_lookup() asks its event's settings where the
   dns-client is. */

#include "lib.h"
#include "lib-event.h"
#include "settings.h"
#include "probe-event.h"

static struct settings_simple probe_settings;

struct event *probe_event_create(const char *dns_client)
{
	const char *const settings[] = {
		"dns_client_socket_path", dns_client,
		"base_dir", "",
		NULL
	};

	settings_simple_init(&probe_settings, settings);
	return event_create(probe_settings.event);
}

void probe_event_destroy(struct event **event)
{
	event_unref(event);
	settings_simple_deinit(&probe_settings);
}
