/* Unit tests of plugin/core/servers/srv.c */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "srv.h"
#include "test-core.h"

/* A DNS message as it comes: header, one question, answers */
struct message {
	buffer_t *buf;
	unsigned int answers;
};

static void put16(buffer_t *buf, unsigned int number)
{
	buffer_append_c(buf, number >> 8);
	buffer_append_c(buf, number & 0xff);
}

static void put_name(buffer_t *buf, const char *name)
{
	const char *const *labels;

	for (labels = t_strsplit(name, "."); *labels != NULL; labels++) {
		if (**labels == '\0')
			continue;
		buffer_append_c(buf, strlen(*labels));
		buffer_append(buf, *labels, strlen(*labels));
	}
	buffer_append_c(buf, 0);
}

static struct message message_begin(void)
{
	struct message msg = { .buf = t_buffer_create(512) };

	put16(msg.buf, 4711);
	put16(msg.buf, 0x8180);
	put16(msg.buf, 1);
	put16(msg.buf, 0);
	put16(msg.buf, 0);
	put16(msg.buf, 0);
	put_name(msg.buf, "_ldap._tcp.example.com");
	put16(msg.buf, 33);
	put16(msg.buf, 1);
	return msg;
}

static void
message_add(struct message *msg, unsigned int type, unsigned int ttl,
	    const char *target, unsigned int priority, unsigned int weight,
	    unsigned int port)
{
	buffer_t *rdata = t_buffer_create(64);

	put16(rdata, priority);
	put16(rdata, weight);
	put16(rdata, port);
	put_name(rdata, target);
	/* a pointer to the question */
	put16(msg->buf, 0xc00c);
	put16(msg->buf, type);
	put16(msg->buf, 1);
	put16(msg->buf, ttl >> 16);
	put16(msg->buf, ttl & 0xffff);
	put16(msg->buf, rdata->used);
	buffer_append_buf(msg->buf, rdata, 0, SIZE_MAX);
	((unsigned char *)buffer_get_modifiable_data(msg->buf, NULL))[7] =
		++msg->answers;
}

static const char *join(const ARRAY_TYPE(referral_srv_record) *records)
{
	const struct referral_srv_record *record;
	string_t *str = t_str_new(128);

	array_foreach(records, record) {
		str_printfa(str, "%s%s:%u", str_len(str) == 0 ? "" : " ",
			    record->host, record->port);
	}
	return str_c(str);
}

static int parse(const struct message *msg, size_t size,
		 ARRAY_TYPE(referral_srv_record) *records,
		 unsigned int *ttl_r, const char **error_r)
{
	t_array_init(records, 4);
	return referral_srv_parse(pool_datastack_create(), msg->buf->data, size,
				  records, ttl_r, error_r);
}

void test_srv_parse(void)
{
	ARRAY_TYPE(referral_srv_record) records;
	struct message msg = message_begin();
	const struct referral_srv_record *record;
	const char *error;
	unsigned int ttl;
	size_t size;

	test_begin("srv: parse");
	test_assert(parse(&msg, msg.buf->used, &records, &ttl, &error) < 0);
	test_assert_strcmp(error, "DNS names no server for it");

	message_add(&msg, 33, 300, "ldap1.Example.com", 10, 5, 389);
	message_add(&msg, 33, 70000, "ldap2.example.com", 20, 0, 3389);
	/* not SRV; no service; no port; no name; an address */
	message_add(&msg, 16, 1, "other.example.com", 1, 1, 1);
	message_add(&msg, 33, 600, "", 1, 1, 389);
	message_add(&msg, 33, 600, "x.example.com", 1, 1, 0);
	message_add(&msg, 33, 600, "x]y.example.com", 1, 1, 389);
	message_add(&msg, 33, 600, "127.0.0.1", 1, 1, 389);
	test_assert(parse(&msg, msg.buf->used, &records, &ttl, &error) == 0);
	test_assert_strcmp(join(&records),
			   "ldap1.example.com:389 ldap2.example.com:3389");
	test_assert(ttl == 300);
	record = array_front(&records);
	test_assert(record->priority == 10 && record->weight == 5);

	/* cut anywhere */
	for (size = 0; size < msg.buf->used; size++) {
		test_assert_idx(parse(&msg, size, &records, &ttl, &error) < 0,
				size);
		test_assert_strcmp_idx(error, "not a DNS message", size);
	}
	test_end();
}

void test_srv_parse_many(void)
{
	ARRAY_TYPE(referral_srv_record) records;
	struct message msg = message_begin();
	const char *error;
	unsigned int i, ttl;

	test_begin("srv: many records");
	for (i = 0; i < 100; i++)
		message_add(&msg, 33, 60, t_strdup_printf("s%u", i), 1, 1, 389);
	test_assert(parse(&msg, msg.buf->used, &records, &ttl, &error) == 0);
	test_assert(array_count(&records) == 64);
	test_end();
}

static unsigned int random_numbers[8], random_limits[8], random_count;

static unsigned int fake_random(unsigned int limit)
{
	i_assert(random_count < N_ELEMENTS(random_numbers));
	random_limits[random_count] = limit;
	return random_numbers[random_count++] % limit;
}

void test_srv_order(void)
{
	static const struct {
		/* host, priority, weight */
		struct {
			const char *host;
			unsigned int priority, weight;
		} records[4];
		unsigned int numbers[4];
		const char *order;
		/* of the first choice: the sum of weights and one */
		unsigned int limit;
	} tests[] = {
		{ { { "b", 2, 1 }, { "a", 1, 1 }, { "c", 3, 1 } },
		  { 1, 1, 1 }, "a:1 b:1 c:1", 2 },
		/* 0 chooses who has no weight, the sum the last */
		{ { { "a", 1, 10 }, { "z", 1, 0 }, { "b", 1, 30 } },
		  { 0, 10, 0 }, "z:1 a:1 b:1", 41 },
		{ { { "a", 1, 10 }, { "z", 1, 0 }, { "b", 1, 30 } },
		  { 11, 0, 0 }, "b:1 z:1 a:1", 41 },
		{ { { "a", 1, 10 }, { "z", 1, 0 }, { "b", 1, 30 } },
		  { 10, 30, 0 }, "a:1 b:1 z:1", 41 },
		{ { { "a", 1, 65535 }, { "b", 1, 65535 } },
		  { 65536, 0 }, "b:1 a:1", 131071 },
		{ { { "a", 1, 0 } }, { 0 }, "a:1", 1 },
	};
	ARRAY_TYPE(referral_srv_record) records;
	struct referral_srv_record record;
	unsigned int i, j;

	test_begin("srv: order");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		t_array_init(&records, 4);
		for (j = 0; tests[i].records[j].host != NULL; j++) {
			i_zero(&record);
			record.host = tests[i].records[j].host;
			record.priority = tests[i].records[j].priority;
			record.weight = tests[i].records[j].weight;
			record.port = 1;
			array_push_back(&records, &record);
		}
		random_count = 0;
		memcpy(random_numbers, tests[i].numbers,
		       sizeof(tests[i].numbers));
		referral_srv_order(&records, fake_random);
		test_assert_strcmp_idx(join(&records), tests[i].order, i);
		test_assert_idx(random_limits[0] == tests[i].limit, i);
		test_assert_idx(random_count == j, i);
	}
	test_end();
}
