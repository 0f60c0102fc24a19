/* Later: the event knows the settings. */

#include "lib.h"
#include "settings.h"
#include "dns-event.h"

static struct settings_simple dns_event_settings;

struct event *dns_event_init(const char *socket_path)
{
	const char *const settings[] = {
		"dns_client_socket_path", socket_path,
		"base_dir", "",
		NULL
	};

	settings_simple_init(&dns_event_settings, settings);
	return dns_event_settings.event;
}

void dns_event_deinit(struct event *event)
{
	i_assert(event == dns_event_settings.event);
	settings_simple_deinit(&dns_event_settings);
}
