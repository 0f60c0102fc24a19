/* What a server says to a mirror, message by message, and what lookups get
   meanwhile. The input is a list of operations: a byte that says which, a byte
   with the size of what follows. */

#include "lib.h"
#include "ioloop.h"
#include "lib-event.h"
#include "str-sanitize.h"
#include "fake-ldap-client.h"
#include "fake-ldap-stream.h"
#include "lookup.h"
#include "mirror.h"
#include "sync-value.h"
#include "fuzz.h"

#define URI "ldap://192.0.2.1"

enum fuzz_operation {
	/* the bytes are the value of an entry's control, of a sync info */
	FUZZ_RAW_ENTRY,
	FUZZ_RAW_INFO,
	/* an entry that can be understood: state, UUID, name, host */
	FUZZ_ENTRY,
	/* the end of a phase, an ID set: of a delete or a present phase */
	FUZZ_PHASE,
	FUZZ_IDS,
	/* result code; the connection is lost */
	FUZZ_DONE,
	FUZZ_LOST,
	/* somebody logs in */
	FUZZ_LOOKUP,
	/* time for other work */
	FUZZ_TURN,

	FUZZ_OPERATIONS
};

struct fuzz {
	const uint8_t *data;
	size_t size;

	struct referral_lookup *lookup;
	struct referral_mirror *mirror;
	/* this stream has begun */
	struct referral_ldap_stream *started;
	/* it takes a tenth of a second: once is enough */
	bool restarted;
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t fuzz_byte(struct fuzz *fuzz)
{
	if (fuzz->size == 0)
		return 0;
	fuzz->size--;
	return *fuzz->data++;
}

/* A copy, so that reading past its end is noticed. */
static unsigned char *fuzz_bytes(struct fuzz *fuzz, size_t *size_r)
{
	size_t size = fuzz_byte(fuzz);
	unsigned char *bytes;

	size = I_MIN(size, fuzz->size);
	bytes = i_malloc(size + 1);
	memcpy(bytes, fuzz->data, size);
	fuzz->data += size;
	fuzz->size -= size;
	*size_r = size;
	return bytes;
}

static void ATTR_FORMAT(2, 0)
fuzz_log(const struct failure_context *ctx ATTR_UNUSED, const char *format,
	 va_list args)
{
	const char *line = t_strdup_vprintf(format, args);

	FUZZ_REQUIRE(strcmp(str_sanitize(line, SIZE_MAX), line) == 0);
	/* none of the loop's own, of what is left when it ends */
	FUZZ_REQUIRE(strncmp(line, "mirror: ", 8) == 0);
}

static void fuzz_stop(void *context ATTR_UNUSED)
{
	io_loop_stop(current_ioloop);
}

static void fuzz_turn(unsigned int msecs)
{
	struct timeout *to = timeout_add_short(msecs, fuzz_stop, NULL);

	io_loop_run(current_ioloop);
	timeout_remove(&to);
}

static void
fuzz_send_entry(const unsigned char *control_value, size_t size,
		const char *uid, const char *host)
{
	const char *const uids[] = { uid, NULL };
	const char *const hosts[] = { host, NULL };
	const char *const *const values[] = { uids, hosts, NULL };
	const struct referral_ldap_control control = {
		.oid = REFERRAL_SYNC_STATE_OID,
		.value = control_value, .value_size = size,
	};
	const struct referral_ldap_stream_entry entry = {
		.dn = "uid=x\n", .values = values,
		.controls = &control, .controls_count = 1,
	};

	fake_ldap_stream->vfuncs->entry(fake_ldap_stream->context, &entry);
}

static void fuzz_entry(struct fuzz *fuzz)
{
	unsigned char value[23] = { 0x30, 21, 0x0a, 1, 0, 0x04, 16 };
	const char *uid = NULL, *host = NULL;
	char uids[2] = "", hosts[2] = "";

	value[4] = fuzz_byte(fuzz) % 4;
	value[7] = fuzz_byte(fuzz) % 16;
	uids[0] = fuzz_byte(fuzz);
	hosts[0] = fuzz_byte(fuzz);
	if (uids[0] != '\0')
		uid = uids;
	if (hosts[0] != '\0')
		host = hosts;
	fuzz_send_entry(value, sizeof(value), uid, host);
}

static void fuzz_send_info(const unsigned char *value, size_t size)
{
	const struct referral_ldap_stream_intermediate message = {
		.oid = REFERRAL_SYNC_INFO_OID,
		.value = value, .value_size = size,
	};

	fake_ldap_stream->vfuncs->intermediate(fake_ldap_stream->context,
					       &message);
}

static void fuzz_phase(struct fuzz *fuzz)
{
	/* with a cookie that can be resumed, or without; done or not */
	unsigned char value[] = "\xa1\x0a\x04\x05rid=1\x01\x01\xff";
	uint8_t flags = fuzz_byte(fuzz);

	value[0] += flags & 1;
	value[11] = (flags & 2) == 0 ? 0xff : 0;
	if ((flags & 4) == 0)
		fuzz_send_info(value, 12);
	else {
		value[8] = value[0];
		value[9] = 0;
		fuzz_send_info(value + 8, 2);
	}
}

static void fuzz_ids(struct fuzz *fuzz)
{
	unsigned char value[25] = { 0xa3, 23, 0x01, 0x01, 0, 0x31, 18,
				    0x04, 16 };

	value[4] = fuzz_byte(fuzz) % 2;
	value[9] = fuzz_byte(fuzz) % 16;
	fuzz_send_info(value, sizeof(value));
}

static void fuzz_done(struct fuzz *fuzz)
{
	const struct referral_ldap_stream_done done = {
		.code = fuzz_byte(fuzz) * 16, .text = "text",
	};

	fake_ldap_stream->vfuncs->done(fake_ldap_stream->context, &done);
}

static void fuzz_lookup(struct fuzz *fuzz)
{
	struct referral_lookup_result result;
	size_t size;
	unsigned char *bytes = fuzz_bytes(fuzz, &size);
	const struct referral_user user = { .name = (const char *)bytes };
	bool again;

	bytes[size] = '\0';
	if (referral_lookup_cached(fuzz->lookup, &user, &again,
				   &result)) {
		FUZZ_REQUIRE(result.source == REFERRAL_SOURCE_MIRROR);
		FUZZ_REQUIRE(strcmp(result.server, URI) == 0);
		FUZZ_REQUIRE((result.status == REFERRAL_LOOKUP_HOSTS) ==
			     (result.mailhosts != NULL));
		FUZZ_REQUIRE((result.status ==
			      REFERRAL_LOOKUP_SEVERAL_ENTRIES) ==
			     (result.error != NULL));
	}
	i_free(bytes);
}

static void fuzz_raw(struct fuzz *fuzz, bool entry)
{
	size_t size;
	unsigned char *bytes = fuzz_bytes(fuzz, &size);

	if (entry)
		fuzz_send_entry(bytes, size, "a", "h");
	else
		fuzz_send_info(bytes, size);
	i_free(bytes);
}

/* Returns FALSE if there is no stream for it. */
static bool fuzz_message(struct fuzz *fuzz, enum fuzz_operation operation)
{
	if (fake_ldap_stream == NULL)
		return FALSE;
	if (fuzz->started != fake_ldap_stream) {
		fuzz->started = fake_ldap_stream;
		fake_ldap_stream->vfuncs->started(fake_ldap_stream->context,
						  URI);
	}
	switch (operation) {
	case FUZZ_RAW_ENTRY:
	case FUZZ_RAW_INFO:
		fuzz_raw(fuzz, operation == FUZZ_RAW_ENTRY);
		break;
	case FUZZ_ENTRY:
		fuzz_entry(fuzz);
		break;
	case FUZZ_PHASE:
		fuzz_phase(fuzz);
		break;
	case FUZZ_IDS:
		fuzz_ids(fuzz);
		break;
	case FUZZ_DONE:
		fuzz_done(fuzz);
		break;
	default:
		fake_ldap_stream_lost("lost");
		break;
	}
	return TRUE;
}

static void fuzz_check_status(struct fuzz *fuzz)
{
	struct referral_mirror_status status;

	referral_mirror_get_status(fuzz->mirror, &status);
	FUZZ_REQUIRE(status.users <= 256);
	FUZZ_REQUIRE((fake_ldap_stream == NULL) ==
		     (strcmp(status.state, "lost") == 0 ||
		      strcmp(status.state, "refused") == 0 ||
		      strcmp(status.state, "connecting") == 0));
	FUZZ_REQUIRE(status.error == NULL ||
		     strcmp(str_sanitize(status.error, SIZE_MAX),
			    status.error) == 0);
}

static void fuzz_operate(struct fuzz *fuzz)
{
	enum fuzz_operation operation = fuzz_byte(fuzz) % FUZZ_OPERATIONS;

	switch (operation) {
	case FUZZ_LOOKUP:
		fuzz_lookup(fuzz);
		break;
	case FUZZ_TURN:
		fuzz_turn(0);
		break;
	default:
		if (fake_ldap_stream == NULL && !fuzz->restarted) {
			fuzz->restarted = TRUE;
			fuzz->started = NULL;
			fuzz_turn(150);
		}
		if (fuzz_message(fuzz, operation))
			fuzz_check_status(fuzz);
		else
			fuzz->size = 0;
		break;
	}
}

static void fuzz_run_data(struct fuzz *fuzz)
{
	static const struct referral_directory_settings set = {
		.referral_ldap_uris = URI,
		.referral_ldap_base = "dc=example",
		.referral_ldap_scope = "subtree",
		.referral_ldap_filter = "(uid=%{user})",
		.referral_ldap_attributes = "mailHost",
		.referral_mailhost_format = "host",
		.referral_action_attribute = "",
		.referral_cache_stale_ttl = 3600,
		.referral_mirror = TRUE,
	};
	const char *error;

	if (referral_lookup_init(NULL, &set, "", 1, &fuzz->lookup, &error) < 0 ||
	    referral_mirror_init(NULL, &set, fuzz->lookup, &fuzz->mirror,
				 &error) < 0)
		i_fatal("init failed: %s", error);
	while (fake_ldap_searches == NULL)
		fuzz_turn(0);
	/* no schema: the names are the same, or not */
	fake_ldap_answer(REFERRAL_LDAP_NO_ENTRY, NULL);
	while (fuzz->size > 0) T_BEGIN {
		fuzz_operate(fuzz);
	} T_END;
	referral_mirror_deinit(&fuzz->mirror);
	FUZZ_REQUIRE(fake_ldap_stream == NULL);
	referral_lookup_deinit(&fuzz->lookup);
}

int LLVMFuzzerInitialize(int *argc ATTR_UNUSED, char ***argv ATTR_UNUSED)
{
	lib_init();
	i_set_info_handler(fuzz_log);
	i_set_error_handler(fuzz_log);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ioloop *ioloop = io_loop_create();
	struct fuzz fuzz = { .data = data, .size = size };

	T_BEGIN {
		fuzz_run_data(&fuzz);
	} T_END;
	io_loop_destroy(&ioloop);
	return 0;
}
