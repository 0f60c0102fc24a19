/* SRV records: libc reads the names in a message, nothing here asks a server. */

#include "lib.h"
#include "array.h"
#include "mailhost.h"
#include "srv.h"

#include <arpa/nameser.h>
#include <resolv.h>

/* of one domain: more of them are nobody's directory */
#define SRV_MAX_RECORDS 64
/* RFC 2782: priority, weight, port; then the target */
#define SRV_FIXED_SIZE 6

/* What is not read yet of a message */
struct srv_reader {
	const unsigned char *message, *pos, *end;
};

/* A resource record, RFC 1035 section 3.2.1, without its name */
struct srv_rr {
	unsigned int type, class, ttl_secs, size;
	const unsigned char *data;
};

static unsigned int srv_get16(const unsigned char *data)
{
	return (data[0] << 8) | data[1];
}

static bool srv_skip(struct srv_reader *reader, size_t size)
{
	if ((size_t)(reader->end - reader->pos) < size)
		return FALSE;
	reader->pos += size;
	return TRUE;
}

static bool srv_skip_name(struct srv_reader *reader)
{
	int len = dn_skipname(reader->pos, reader->end);

	return len > 0 && srv_skip(reader, len);
}

static bool srv_next(struct srv_reader *reader, struct srv_rr *rr_r)
{
	const unsigned char *fields;

	if (!srv_skip_name(reader))
		return FALSE;
	fields = reader->pos;
	if (!srv_skip(reader, RRFIXEDSZ))
		return FALSE;
	rr_r->type = srv_get16(fields);
	rr_r->class = srv_get16(fields + 2);
	rr_r->ttl_secs = (srv_get16(fields + 4) << 16) | srv_get16(fields + 6);
	rr_r->size = srv_get16(fields + 8);
	rr_r->data = reader->pos;
	return srv_skip(reader, rr_r->size);
}

static void
srv_add(pool_t pool, const struct srv_reader *reader, const struct srv_rr *rr,
	ARRAY_TYPE(referral_srv_record) *records)
{
	struct referral_srv_record record;
	struct referral_host host;
	const char *error;
	char name[NS_MAXDNAME];

	if (rr->size <= SRV_FIXED_SIZE ||
	    dn_expand(reader->message, reader->end, rr->data + SRV_FIXED_SIZE,
		      name, sizeof(name)) < 0)
		return;
	i_zero(&record);
	record.priority = srv_get16(rr->data);
	record.weight = srv_get16(rr->data + 2);
	record.port = srv_get16(rr->data + 4);
	if (record.port == 0 ||
	    referral_mailhost_parse(pool, name, &host, &error) < 0 ||
	    host.port != 0 || host.ip.family != 0)
		return;
	record.host = host.name;
	array_push_back(records, &record);
}

/* To the first answer. Returns the number of them, -1 if it is not a DNS
   message. */
static int srv_read_begin(struct srv_reader *reader)
{
	unsigned int questions;

	if (!srv_skip(reader, HFIXEDSZ))
		return -1;
	questions = srv_get16(reader->message + 4);
	for (; questions > 0; questions--) {
		if (!srv_skip_name(reader) || !srv_skip(reader, QFIXEDSZ))
			return -1;
	}
	return srv_get16(reader->message + 6);
}

int referral_srv_parse(pool_t pool, const unsigned char *data, size_t size,
		       ARRAY_TYPE(referral_srv_record) *records,
		       unsigned int *ttl_secs_r, const char **error_r)
{
	struct srv_reader reader = { data, data, data + size };
	struct srv_rr rr;
	unsigned int before = array_count(records);
	int i, count = srv_read_begin(&reader);

	*ttl_secs_r = UINT_MAX;
	for (i = 0; i < I_MIN(count, SRV_MAX_RECORDS); i++) {
		if (!srv_next(&reader, &rr)) {
			count = -1;
			break;
		}
		if (rr.type != ns_t_srv || rr.class != ns_c_in)
			continue;
		srv_add(pool, &reader, &rr, records);
		*ttl_secs_r = I_MIN(*ttl_secs_r, rr.ttl_secs);
	}
	if (count < 0) {
		*error_r = "not a DNS message";
		return -1;
	}
	if (array_count(records) == before) {
		*error_r = "DNS names no server for it";
		return -1;
	}
	return 0;
}

static int
srv_cmp(const struct referral_srv_record *record1,
	const struct referral_srv_record *record2)
{
	if (record1->priority != record2->priority)
		return record1->priority < record2->priority ? -1 : 1;
	/* RFC 2782: those without weight first, which is their only chance to
	   be chosen */
	if ((record1->weight == 0) != (record2->weight == 0))
		return record1->weight == 0 ? -1 : 1;
	return strcmp(record1->host, record2->host);
}

/* Choose one of the first count records: its index */
static unsigned int
srv_choose(const struct referral_srv_record *records, unsigned int count,
	   referral_srv_random_t *random)
{
	unsigned int i, sum = 0, chosen;

	for (i = 0; i < count; i++)
		sum += records[i].weight;
	chosen = random(sum + 1);
	sum = 0;
	for (i = 0; i < count - 1; i++) {
		sum += records[i].weight;
		if (sum >= chosen)
			break;
	}
	return i;
}

void referral_srv_order(ARRAY_TYPE(referral_srv_record) *array,
			referral_srv_random_t *random)
{
	struct referral_srv_record *records, chosen;
	unsigned int i, idx, count, same;

	array_sort(array, srv_cmp);
	records = array_get_modifiable(array, &count);
	for (i = 0; i < count; i++) {
		for (same = 1; i + same < count &&
		     records[i + same].priority == records[i].priority; same++) ;
		idx = i + srv_choose(records + i, same, random);
		chosen = records[idx];
		memmove(records + i + 1, records + i,
			(idx - i) * sizeof(*records));
		records[i] = chosen;
	}
}
