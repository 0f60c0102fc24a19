/* What a stream sends and what comes. */

#include "lib.h"
#include "array.h"
#include "str-sanitize.h"
#include "ldap-client-private.h"
#include "ldap-stream-private.h"

static LDAPControl **
stream_get_request_controls(const struct referral_ldap_stream_search *search)
{
	unsigned int i, count = search->controls_count;
	LDAPControl **controls = t_new(LDAPControl *, count + 1);

	for (i = 0; i < count; i++) {
		controls[i] = t_new(LDAPControl, 1);
		controls[i]->ldctl_oid = (char *)search->controls[i].oid;
		controls[i]->ldctl_iscritical = search->controls[i].critical;
		controls[i]->ldctl_value.bv_val =
			(char *)search->controls[i].value;
		controls[i]->ldctl_value.bv_len =
			search->controls[i].value_size;
	}
	return controls;
}

static int stream_send_search(struct referral_ldap_stream *stream)
{
	const struct referral_ldap_stream_search *search = &stream->search;
	const struct referral_ldap_search_params *params = &search->params;
	char *no_attributes[] = { LDAP_NO_ATTRS, NULL };

	if (*params->filter == '\0') {
		/* see referral_ldap_conn_send() */
		return LDAP_FILTER_ERROR;
	}
	return ldap_search_ext(referral_ldap_conn_get_ldap(stream->conn),
		params->base, params->scope, params->filter,
		params->attributes[0] == NULL ? no_attributes :
		(char **)params->attributes, 0,
		stream_get_request_controls(search), NULL, NULL,
		params->size_limit, &stream->msgid);
}

void referral_ldap_stream_send(struct referral_ldap_stream *stream)
{
	int ret;

	T_BEGIN {
		ret = stream_send_search(stream);
	} T_END;
	if (ret != LDAP_SUCCESS) {
		referral_ldap_conn_break(stream->conn, t_strdup_printf(
			"the search could not be sent: %s",
			ldap_err2string(ret)));
		return;
	}
	stream->searching = TRUE;
	referral_ldap_conn_sent(stream->conn);
	referral_ldap_stream_watch(stream);
}

void referral_ldap_stream_ping(struct referral_ldap_stream *stream)
{
	/* the root DSE: every server has it, and reads nothing for it */
	char *no_attributes[] = { LDAP_NO_ATTRS, NULL };
	int ret = ldap_search_ext(referral_ldap_conn_get_ldap(stream->conn),
				  "", LDAP_SCOPE_BASE, "(objectClass=*)",
				  no_attributes, 0, NULL, NULL, NULL, 0,
				  &stream->ping_msgid);

	if (ret != LDAP_SUCCESS) {
		referral_ldap_conn_break(stream->conn, t_strdup_printf(
			"the server could not be asked whether it is there: "
			"%s", ldap_err2string(ret)));
		return;
	}
	stream->pinging = TRUE;
	referral_ldap_conn_sent(stream->conn);
	referral_ldap_stream_watch(stream);
}

/* Whatever it says. */
static void stream_pong(struct referral_ldap_stream *stream, int type)
{
	if (type == LDAP_RES_SEARCH_RESULT)
		stream->pinging = FALSE;
	referral_ldap_stream_watch(stream);
}

/* From libldap's to ours, on the data stack: valid as long as libldap's. */
static const struct referral_ldap_control *
stream_get_controls(LDAPControl **controls, unsigned int *count_r)
{
	struct referral_ldap_control *copies;
	unsigned int i, count = 0;

	while (controls != NULL && controls[count] != NULL)
		count++;
	copies = t_new(struct referral_ldap_control, count + 1);
	for (i = 0; i < count; i++) {
		copies[i].oid = controls[i]->ldctl_oid;
		copies[i].value = controls[i]->ldctl_value.bv_val;
		copies[i].value_size = controls[i]->ldctl_value.bv_len;
	}
	*count_r = count;
	return copies;
}

static int
stream_entry(struct referral_ldap_stream *stream, LDAP *ld, LDAPMessage *msg)
{
	struct referral_ldap_stream_entry entry;
	const char *unasked;
	struct berval dn;
	LDAPControl **controls = NULL;

	i_zero(&entry);
	if (ldap_get_dn_ber(ld, msg, NULL, &dn) != LDAP_SUCCESS ||
	    ldap_get_entry_controls(ld, msg, &controls) != LDAP_SUCCESS)
		return -1;
	entry.dn = t_strndup(dn.bv_val, dn.bv_len);
	entry.values = referral_ldap_entry_get_values(pool_datastack_create(),
		ld, msg, stream->search.params.attributes,
		stream->client->names, &unasked);
	entry.controls = stream_get_controls(controls, &entry.controls_count);
	if (stream->vfuncs->entry != NULL)
		stream->vfuncs->entry(stream->context, &entry);
	ldap_controls_free(controls);
	return 0;
}

static int
stream_intermediate(struct referral_ldap_stream *stream, LDAP *ld,
		    LDAPMessage *msg)
{
	struct referral_ldap_stream_intermediate message;
	struct berval *value = NULL;
	char *oid = NULL;

	if (ldap_parse_intermediate(ld, msg, &oid, &value, NULL, 0) !=
	    LDAP_SUCCESS)
		return -1;
	i_zero(&message);
	message.oid = oid;
	if (value != NULL) {
		message.value = value->bv_val;
		message.value_size = value->bv_len;
	}
	if (stream->vfuncs->intermediate != NULL)
		stream->vfuncs->intermediate(stream->context, &message);
	ldap_memfree(oid);
	ber_bvfree(value);
	return 0;
}

static int
stream_done(struct referral_ldap_stream *stream, LDAP *ld, LDAPMessage *msg)
{
	struct referral_ldap_stream_done done;
	LDAPControl **controls = NULL;
	char *diagnostic = NULL;

	i_zero(&done);
	if (ldap_parse_result(ld, msg, &done.code, NULL, &diagnostic, NULL,
			      &controls, 0) != LDAP_SUCCESS)
		return -1;
	done.text = referral_ldap_strerror(done.code, diagnostic);
	done.controls = stream_get_controls(controls, &done.controls_count);
	stream->searching = FALSE;
	referral_ldap_stream_watch(stream);
	if (stream->vfuncs->done != NULL)
		stream->vfuncs->done(stream->context, &done);
	ldap_memfree(diagnostic);
	ldap_controls_free(controls);
	return 0;
}

void referral_ldap_stream_message(struct referral_ldap_stream *stream,
				  int type, LDAPMessage *msg)
{
	LDAP *ld = referral_ldap_conn_get_ldap(stream->conn);
	int ret = 0;

	if (stream->pinging && ldap_msgid(msg) == stream->ping_msgid) {
		stream_pong(stream, type);
		return;
	}
	if (!stream->searching || ldap_msgid(msg) != stream->msgid) {
		referral_ldap_conn_break(stream->conn, "the server sends "
			"messages that nobody asked for");
		return;
	}
	referral_ldap_stream_watch(stream);
	switch (type) {
	case LDAP_RES_SEARCH_ENTRY:
		ret = stream_entry(stream, ld, msg);
		break;
	case LDAP_RES_SEARCH_REFERENCE:
		/* of no use to anyone */
		break;
	case LDAP_RES_INTERMEDIATE:
		ret = stream_intermediate(stream, ld, msg);
		break;
	case LDAP_RES_SEARCH_RESULT:
		ret = stream_done(stream, ld, msg);
		break;
	default:
		ret = referral_ldap_message_is_refusal(ld, msg) ?
			stream_done(stream, ld, msg) : -1;
		break;
	}
	if (ret < 0) {
		referral_ldap_conn_break(stream->conn,
			"the server answered something else");
	}
}
