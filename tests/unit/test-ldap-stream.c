/* What ldap-stream.h promises. */

#include "lib.h"
#include "buffer.h"
#include "ioloop.h"
#include "str.h"
#include "ldap-stream.h"
#include "test-ldap.h"

struct test_stream {
	struct test_ldap *test;
	struct referral_ldap_stream *stream;
	unsigned int started, entries, intermediates, done, lost, events;
	/* what came, in words */
	string_t *log;
	/* stop at this event, counted from 1 */
	unsigned int stop_at;
	/* done() sends so many more searches */
	unsigned int pages;
	bool pause;
};

/* an entry "x=" with mailHost "h" and the control 1.2 with the value "v" */
#define STREAM_ENTRY "\x30\x2e" TEST_LDAP_MSGID "\x64\x17\x04\x02x=" \
	"\x30\x11\x30\x0f\x04\x08mailHost\x31\x03\x04\x01h" \
	"\xa0\x0d\x30\x0b\x04\x03""1.2\x01\x01\xff\x04\x01v"
/* 1.3 with the value "i" */
#define STREAM_INTERMEDIATE "\x30\x10" TEST_LDAP_MSGID \
	"\x79\x08\x80\x03""1.3\x81\x01i"
/* success, with the control 1.4 without a value */
#define STREAM_DONE "\x30\x18" TEST_LDAP_MSGID \
	"\x65\x07\x0a\x01\x00\x04\x00\x04\x00" \
	"\xa0\x07\x30\x05\x04\x03""1.4"

static const struct referral_ldap_control stream_controls[] = {
	{ .oid = "1.5", .critical = TRUE, .value = "\x30\x00",
	  .value_size = 2 },
	{ .oid = "1.6" },
};

static struct referral_ldap_stream_search stream_search;

static void stream_event(struct test_stream *stream)
{
	test_assert(!stream->test->inside);
	test_assert(stream->lost == 0);
	if (++stream->events == stream->stop_at)
		referral_ldap_stream_stop(&stream->stream);
	io_loop_stop(current_ioloop);
}

static void stream_started(void *context, const char *uri)
{
	struct test_stream *stream = context;

	stream->started++;
	test_assert_strcmp(uri, stream->test->set.referral_ldap_uris);
	stream_event(stream);
}

static void
stream_log_controls(struct test_stream *stream,
		    const struct referral_ldap_control *controls,
		    unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		str_printfa(stream->log, " %s=", controls[i].oid);
		if (controls[i].value != NULL) {
			str_append_data(stream->log, controls[i].value,
					controls[i].value_size);
		}
	}
}

static void
stream_entry(void *context, const struct referral_ldap_stream_entry *entry)
{
	struct test_stream *stream = context;

	stream->entries++;
	str_printfa(stream->log, "entry %s %s", entry->dn,
		    entry->values[0][0]);
	test_assert(entry->values[1][0] == NULL);
	stream_log_controls(stream, entry->controls, entry->controls_count);
	str_append_c(stream->log, '\n');
	if (stream->pause)
		referral_ldap_stream_pause(stream->stream);
	stream_event(stream);
}

static void
stream_intermediate(void *context,
		    const struct referral_ldap_stream_intermediate *message)
{
	struct test_stream *stream = context;

	stream->intermediates++;
	str_printfa(stream->log, "intermediate %s ", message->oid);
	str_append_data(stream->log, message->value, message->value_size);
	str_append_c(stream->log, '\n');
	stream_event(stream);
}

static void
stream_done(void *context, const struct referral_ldap_stream_done *done)
{
	struct test_stream *stream = context;

	stream->done++;
	str_printfa(stream->log, "done %d %s", done->code, done->text);
	stream_log_controls(stream, done->controls, done->controls_count);
	str_append_c(stream->log, '\n');
	if (stream->pages > 0) {
		stream->pages--;
		referral_ldap_stream_search(stream->stream, &stream_search);
	}
	stream_event(stream);
}

static void stream_lost(void *context, const char *error)
{
	struct test_stream *stream = context;

	stream->stream = NULL;
	str_printfa(stream->log, "lost %s\n", error);
	stream_event(stream);
	stream->lost++;
}

static const struct referral_ldap_stream_vfuncs stream_vfuncs = {
	.started = stream_started,
	.entry = stream_entry,
	.intermediate = stream_intermediate,
	.done = stream_done,
	.lost = stream_lost,
};

static void stream_answer(struct test_ldap *test, const char *data, size_t size)
{
	buffer_set_used_size(test->server->answer, 0);
	buffer_append(test->server->answer, data, size);
}

static void
stream_init(struct test_ldap *test, struct test_stream *stream)
{
	static const char answer[] =
		STREAM_ENTRY STREAM_INTERMEDIATE STREAM_DONE;
	const char *error;

	test_ldap_init(test);
	if (referral_ldap_client_init(test->event, &test->set, "x",
				      &test->client, &error) < 0)
		i_fatal("referral_ldap_client_init(): %s", error);
	stream_answer(test, answer, sizeof(answer) - 1);
	i_zero(stream);
	stream->test = test;
	stream->log = t_str_new(256);
	i_zero(&stream_search);
	stream_search.params = test_ldap_params;
	stream_search.controls = stream_controls;
	stream_search.controls_count = N_ELEMENTS(stream_controls);
}

static void stream_start(struct test_stream *stream, const char *uri)
{
	struct test_ldap *test = stream->test;

	test->inside = TRUE;
	stream->stream = referral_ldap_stream_start(test->client, uri,
		&stream_search, &stream_vfuncs, stream);
	test->inside = FALSE;
}

void test_ldap_stream_messages(void)
{
	struct test_ldap_outcome outcome;
	struct test_stream stream;
	struct test_ldap test;

	test_begin("ldap stream: messages");
	stream_init(&test, &stream);
	stream_start(&stream, NULL);
	test_ldap_wait_for(&test, &stream.done, 1);
	test_assert_strcmp(str_c(stream.log),
		"entry x= h 1.2=v\nintermediate 1.3 i\ndone 0 Success 1.4=\n");
	test_assert(stream.started == 1 && stream.lost == 0);
	/* logins have a connection of their own */
	test_ldap_search(&test, &outcome);
	test_ldap_wait(&test);
	test_assert(test.server->connections == 2);
	/* and the stream is told of the end */
	referral_ldap_client_deinit(&test.client);
	test_assert(stream.lost == 1);
	test_ldap_deinit_all(&test);
	test_end();
}

void test_ldap_stream_pages(void)
{
	struct test_stream stream;
	struct test_ldap test;

	test_begin("ldap stream: pages, pauses");
	stream_init(&test, &stream);
	stream.pages = 2;
	stream_start(&stream, test.set.referral_ldap_uris);
	referral_ldap_stream_set_turn(stream.stream, 1);
	test_ldap_wait_for(&test, &stream.done, 3);
	test_assert(stream.started == 1 && stream.entries == 3);
	test_assert(test.server->searches == 3);
	test_assert(test.server->connections == 1);

	/* nothing comes while it is paused */
	stream.pause = TRUE;
	referral_ldap_stream_search(stream.stream, &stream_search);
	test_ldap_wait_for(&test, &stream.entries, 4);
	test_ldap_run_turns(&test, 10);
	test_assert(stream.entries == 4 && stream.done == 3);
	stream.pause = FALSE;
	referral_ldap_stream_resume(stream.stream);
	test_ldap_wait_for(&test, &stream.done, 4);
	test_assert(stream.entries == 4);
	referral_ldap_stream_stop(&stream.stream);
	test_ldap_deinit_all(&test);
	test_assert(stream.lost == 0);
	test_end();
}

void test_ldap_stream_lost(void)
{
	static const char other_id[] = "\x30\x0f\x02\x04\x7f\x00\x00\x01"
		"\x65\x07\x0a\x01\x00\x04\x00\x04\x00";
	struct test_stream stream;
	struct test_ldap test;

	test_begin("ldap stream: lost");
	/* while it waits */
	stream_init(&test, &stream);
	test.server->hold = TRUE;
	stream_start(&stream, NULL);
	test_ldap_wait_for(&test, &test.server->searches, 1);
	test_ldap_server_close(test.server);
	test_ldap_wait_for(&test, &stream.lost, 1);
	test_assert(strstr(str_c(stream.log), "lost: the server closed it") !=
		    NULL);
	/* no server */
	test_ldap_server_refuse(test.server);
	stream.lost = 0;
	stream_start(&stream, NULL);
	test_ldap_wait_for(&test, &stream.lost, 1);
	test_assert(strstr(str_c(stream.log), "Connection refused") != NULL);
	/* no such server */
	stream.lost = 0;
	stream_start(&stream, "ldap://other");
	test_ldap_wait_for(&test, &stream.lost, 1);
	test_assert(strstr(str_c(stream.log), "ldap://other is not in "
			   "referral_ldap_uris") != NULL);
	test_ldap_deinit_all(&test);

	/* libldap drops what has another number: nothing comes */
	stream_init(&test, &stream);
	stream_answer(&test, other_id, sizeof(other_id) - 1);
	stream_search.idle_msecs = 50;
	stream_start(&stream, NULL);
	test_ldap_wait_for(&test, &stream.lost, 1);
	test_assert(strstr(str_c(stream.log), "nothing came for 50 ms") !=
		    NULL);
	test_ldap_deinit_all(&test);
	test_end();
}

/* At each event, from inside. */
void test_ldap_stream_stop(void)
{
	struct test_stream stream;
	struct test_ldap test;
	unsigned int i;

	test_begin("ldap stream: stop");
	for (i = 0; i <= 4; i++) {
		stream_init(&test, &stream);
		stream.stop_at = i;
		stream_start(&stream, NULL);
		if (i == 0)
			referral_ldap_stream_stop(&stream.stream);
		else
			test_ldap_wait_for(&test, &stream.events, i);
		test_ldap_run_turns(&test, 10);
		test_assert_idx(stream.events == i, i);
		test_assert_idx(stream.stream == NULL, i);
		test_ldap_deinit_all(&test);
		test_assert_idx(stream.events == i && stream.lost == 0, i);
	}
	test_end();
}

/* Between two searches it may be silent. */
void test_ldap_stream_idle(void)
{
	struct test_stream stream;
	struct test_ldap test;
	struct timeout *to;
	unsigned int i;

	test_begin("ldap stream: idle");
	stream_init(&test, &stream);
	stream_search.idle_msecs = 30;
	stream_start(&stream, NULL);
	test_ldap_wait_for(&test, &stream.done, 1);
	to = timeout_add_short(60, test_ldap_tick, &test);
	for (i = 0; i < 2; i++)
		io_loop_run(test.ioloop);
	timeout_remove(&to);
	test_assert(stream.lost == 0);
	test.server->hold = TRUE;
	referral_ldap_stream_search(stream.stream, &stream_search);
	test_ldap_wait_for(&test, &stream.lost, 1);
	test_ldap_deinit_all(&test);
	test_end();
}

/* Asked whether it is there, the server says so, until it does not. */
void test_ldap_stream_ping(void)
{
	struct test_stream stream;
	struct test_ldap test;

	test_begin("ldap stream: ping");
	stream_init(&test, &stream);
	stream_answer(&test, STREAM_ENTRY, sizeof(STREAM_ENTRY) - 1);
	stream_search.idle_msecs = 30;
	stream_search.ping = TRUE;
	stream_start(&stream, NULL);
	test_ldap_wait_for(&test, &stream.entries, 1);
	stream_answer(&test, STREAM_ENTRY STREAM_DONE,
		      sizeof(STREAM_ENTRY STREAM_DONE) - 1);
	test_ldap_wait_for(&test, &test.server->searches, 3);
	test_assert(stream.entries == 1 && stream.done == 0 &&
		    stream.lost == 0);
	test.server->hold = TRUE;
	test_ldap_wait_for(&test, &stream.lost, 1);
	test_assert(strstr(str_c(stream.log), "nothing came for 30 ms") !=
		    NULL);
	test_assert(test.server->connections == 1);
	test_ldap_deinit_all(&test);
	test_end();
}
