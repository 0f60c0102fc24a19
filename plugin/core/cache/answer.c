/* Shared answers: see answer.h */

#include "lib.h"
#include "buffer.h"
#include "keyhash.h"
#include "mailhost.h"
#include "answer.h"

#define answer_from_node(node) \
	container_of(node, struct referral_answer, node)

void referral_answers_init(struct referral_answers *answers, size_t *bytes)
{
	answers->bytes = bytes;
	referral_table_init(&answers->table, bytes);
}

void referral_answers_deinit(struct referral_answers *answers)
{
	i_assert(answers->table.nodes_count == 0);
	referral_table_deinit(&answers->table);
}

static unsigned int
answer_count_hosts(const struct referral_lookup_result *result)
{
	return result->mailhosts == NULL ? 0 :
		str_array_length(result->mailhosts);
}

size_t referral_answer_get_size(const struct referral_lookup_result *result)
{
	unsigned int i, count = answer_count_hosts(result);
	size_t size = sizeof(struct referral_answer);

	for (i = 0; i < count; i++) {
		/* a host's name is no longer than its value */
		size += sizeof(struct referral_host) + sizeof(char *) +
			2 * (strlen(result->mailhosts[i]) + 1);
	}
	if (result->action != NULL)
		size += strlen(result->action) + 1;
	return REFERRAL_ALLOC_SIZE(size);
}

/* All strings, each with its NUL, in one piece that can be compared. */
static buffer_t *answer_get_strings(const struct referral_lookup_result *result)
{
	buffer_t *strings = t_buffer_create(256);
	const char *const *host;

	for (host = result->mailhosts; host != NULL && *host != NULL; host++)
		buffer_append(strings, *host, strlen(*host) + 1);
	if (result->action != NULL) {
		buffer_append(strings, result->action,
			      strlen(result->action) + 1);
	}
	return strings;
}

/* Parse the hosts that are valid. Returns how much their names take, where they
   are not what the directory has said. */
static size_t
answer_parse_hosts(const struct referral_lookup_result *result,
		   struct referral_host *hosts, unsigned int count)
{
	const char *error;
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (referral_mailhost_parse(pool_datastack_create(),
					    result->mailhosts[i], &hosts[i],
					    &error) == 0 &&
		    strcmp(hosts[i].name, result->mailhosts[i]) != 0)
			size += strlen(hosts[i].name) + 1;
	}
	return size;
}

/* What follows the struct in memory, by alignment: hosts, pointers to the
   mailhosts, strings, names of hosts. */
static void
answer_fill(struct referral_answer *answer, const buffer_t *strings,
	    const struct referral_host *parsed, unsigned int count)
{
	struct referral_host *hosts = PTR_OFFSET(answer, sizeof(*answer));
	const char **mailhosts = PTR_OFFSET(hosts, sizeof(*hosts) * count);
	char *str = PTR_OFFSET(mailhosts, sizeof(*mailhosts) * (count + 1));
	char *name = str + strings->used;
	unsigned int i;
	size_t size;

	memcpy(str, strings->data, strings->used);
	answer->strings = str;
	answer->strings_size = strings->used;
	for (i = 0; i < count; i++, str += strlen(str) + 1) {
		mailhosts[i] = str;
		hosts[i] = parsed[i];
		if (hosts[i].name == NULL)
			continue;
		if (strcmp(hosts[i].name, str) == 0) {
			hosts[i].name = str;
			continue;
		}
		size = strlen(hosts[i].name) + 1;
		hosts[i].name = memcpy(name, hosts[i].name, size);
		name += size;
	}
	mailhosts[count] = NULL;
	answer->mailhosts = mailhosts;
	answer->hosts = hosts;
	answer->action = str;
}

static struct referral_answer *
answer_create(const struct referral_lookup_result *result,
	      const buffer_t *strings, uint32_t hash)
{
	unsigned int count = answer_count_hosts(result);
	struct referral_host *parsed = t_new(struct referral_host, count + 1);
	struct referral_answer *answer;
	size_t alloc_size;

	alloc_size = sizeof(*answer) + sizeof(*parsed) * count +
		sizeof(char *) * (count + 1) + strings->used +
		answer_parse_hosts(result, parsed, count);
	answer = i_malloc(alloc_size);
	answer->alloc_size = alloc_size;
	answer->status = result->status;
	answer->node.hash = hash;
	answer_fill(answer, strings, parsed, count);
	if (result->mailhosts == NULL) {
		answer->mailhosts = NULL;
		answer->hosts = NULL;
	}
	if (result->action == NULL)
		answer->action = NULL;
	return answer;
}

static struct referral_answer *
answer_find(struct referral_answers *answers,
	    const struct referral_lookup_result *result,
	    const buffer_t *strings, uint32_t hash)
{
	struct referral_table_node *node;
	struct referral_answer *answer;

	for (node = referral_table_first(&answers->table, hash); node != NULL;
	     node = node->next) {
		answer = answer_from_node(node);
		if (node->hash == hash && answer->status == result->status &&
		    (answer->action == NULL) == (result->action == NULL) &&
		    answer->strings_size == strings->used &&
		    memcmp(answer->strings, strings->data,
			   strings->used) == 0)
			return answer;
	}
	return NULL;
}

struct referral_answer *
referral_answers_get(struct referral_answers *answers,
		     const struct referral_lookup_result *result)
{
	struct referral_answer *answer;

	T_BEGIN {
		buffer_t *strings = answer_get_strings(result);
		uint32_t hash = referral_keyhash_data(strings->data,
						      strings->used);

		answer = answer_find(answers, result, strings, hash);
		if (answer == NULL) {
			answer = answer_create(result, strings, hash);
			referral_table_insert(&answers->table, &answer->node);
			*answers->bytes +=
				REFERRAL_ALLOC_SIZE(answer->alloc_size);
		}
	} T_END;
	answer->refcount++;
	return answer;
}

void referral_answer_ref(struct referral_answer *answer)
{
	answer->refcount++;
}

void referral_answers_unref(struct referral_answers *answers,
			    struct referral_answer **_answer)
{
	struct referral_answer *answer = *_answer;

	*_answer = NULL;
	i_assert(answer->refcount > 0);
	if (--answer->refcount > 0)
		return;
	*answers->bytes -= REFERRAL_ALLOC_SIZE(answer->alloc_size);
	referral_table_remove(&answers->table, &answer->node);
	i_free(answer);
}

void referral_answer_get_result(const struct referral_answer *answer,
				struct referral_lookup_result *result_r)
{
	result_r->status = answer->status;
	result_r->mailhosts = answer->mailhosts;
	result_r->hosts = answer->hosts;
	result_r->action = answer->action;
}
