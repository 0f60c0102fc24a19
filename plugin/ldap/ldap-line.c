/* Who waits, and who is next: see ldap-client-private.h */

#include "lib.h"
#include "array.h"
#include "llist.h"
#include "ldap-client-private.h"

static struct referral_ldap_group *
line_get_group(struct referral_ldap_client *client, uint64_t refused)
{
	struct referral_ldap_group *group = client->groups_head;

	/* There are as many as there are servers, as a rule one. */
	while (group != NULL && group->refused != refused)
		group = group->next;
	if (group == NULL) {
		group = i_new(struct referral_ldap_group, 1);
		group->refused = refused;
		DLLIST2_APPEND(&client->groups_head, &client->groups_tail,
			       group);
	}
	return group;
}

static struct referral_ldap_list *
line_get_list(struct referral_ldap_request *request)
{
	return request->state == REFERRAL_LDAP_REQUEST_WAITING ?
		&request->group->fresh : &request->group->again;
}

void referral_ldap_line_add(struct referral_ldap_request *request)
{
	struct referral_ldap_list *list;

	i_assert(request->group == NULL);

	request->group = line_get_group(request->client, request->refused);
	list = line_get_list(request);
	list->count++;
	if (request->state == REFERRAL_LDAP_REQUEST_WAITING) {
		DLLIST2_APPEND_FULL(&list->head, &list->tail, request,
				    line_prev, line_next);
	} else {
		/* They are given back the newest first. */
		DLLIST2_PREPEND_FULL(&list->head, &list->tail, request,
				     line_prev, line_next);
	}
}

void referral_ldap_line_remove(struct referral_ldap_request *request)
{
	struct referral_ldap_client *client = request->client;
	struct referral_ldap_group *group = request->group;
	struct referral_ldap_list *list;

	if (group == NULL)
		return;
	list = line_get_list(request);
	list->count--;
	DLLIST2_REMOVE_FULL(&list->head, &list->tail, request,
			    line_prev, line_next);
	request->group = NULL;
	if (group->again.count == 0 && group->fresh.count == 0) {
		DLLIST2_REMOVE(&client->groups_head, &client->groups_tail,
			       group);
		i_free(group);
	}
}

struct referral_ldap_request *
referral_ldap_line_next(const struct referral_ldap_client *client,
			const struct referral_ldap_group *group)
{
	if (group->again.head != NULL)
		return group->again.head;
	if (group->fresh.count > 1 &&
	    referral_patience_newest_first(&client->patience,
					   group->fresh.head->started_at,
					   referral_ldap_now()))
		return group->fresh.tail;
	return group->fresh.head;
}

void referral_ldap_line_get_waiting(void *context,
				    ARRAY_TYPE(uint64_t) *refused)
{
	struct referral_ldap_client *client = context;
	const struct referral_ldap_group *group;

	for (group = client->groups_head; group != NULL; group = group->next)
		array_push_back(refused, &group->refused);
}

void referral_ldap_line_hopeless(void *context, uint64_t refused,
				 const char *error)
{
	struct referral_ldap_client *client = context;
	struct referral_ldap_group *group = client->groups_head;
	struct referral_ldap_request *request;
	unsigned int count;

	if (error == NULL)
		error = "ldap search failed: no server answers";
	while (group != NULL && group->refused != refused)
		group = group->next;
	if (group == NULL)
		return;
	/* It goes with the last of them. */
	for (count = group->again.count + group->fresh.count; count > 0;
	     count--) {
		request = group->again.head != NULL ? group->again.head :
			group->fresh.head;
		referral_ldap_request_fail(request,
			request->refused_error != NULL ?
			request->refused_error : error);
	}
}
