/* SASL binds with a password: SCRAM, the one kind there is */

#include "lib.h"
#include "str.h"
#include "strnum.h"
#include "dsasl-client.h"
#include "mailhost.h"
#include "sasl.h"

struct referral_sasl_client {
	struct dsasl_client *client;
	unsigned int challenges;
	bool verified;
	/* Dovecot's client must not be called again */
	bool failed;
};

static const char *const sasl_password_mechanisms[] = {
	"SCRAM-SHA-1", "SCRAM-SHA-256", NULL
};

static const struct dsasl_client_mech *sasl_mech_find(const char *name)
{
	const struct dsasl_client_mech *mech;

	/* only the list of them comes and goes */
	dsasl_clients_init();
	mech = dsasl_client_mech_find(name);
	dsasl_clients_deinit();
	return mech;
}

int referral_sasl_mechanism_check(const char *name, bool *password_r,
				  const char **error_r)
{
	*password_r = str_array_icase_find(sasl_password_mechanisms, name);
	if (!*password_r && strcasecmp(name, "EXTERNAL") != 0) {
		*error_r = t_strdup_printf("%s is not supported (use EXTERNAL, "
			"SCRAM-SHA-1 or SCRAM-SHA-256)",
			referral_mailhost_sanitize(name));
		return -1;
	}
	if (*password_r && sasl_mech_find(name) == NULL) {
		*error_r = t_strdup_printf("this Dovecot has no client's side "
			"of %s: 2.4 has", t_str_ucase(name));
		return -1;
	}
	return 0;
}

struct referral_sasl_client *
referral_sasl_client_init(const char *mechanism, const char *authid,
			  const char *password)
{
	const struct dsasl_client_settings set = {
		.authid = authid,
		.password = password,
	};
	const struct dsasl_client_mech *mech = sasl_mech_find(mechanism);
	struct referral_sasl_client *client;

	i_assert(mech != NULL);
	client = i_new(struct referral_sasl_client, 1);
	client->client = dsasl_client_new(mech, &set);
	return client;
}

void referral_sasl_client_deinit(struct referral_sasl_client **_client)
{
	struct referral_sasl_client *client = *_client;

	if (client == NULL)
		return;
	*_client = NULL;
	dsasl_client_free(&client->client);
	i_free(client);
}

static int
sasl_output(struct referral_sasl_client *client,
	    const unsigned char **response_r, size_t *size_r,
	    const char **error_r)
{
	return dsasl_client_output(client->client, response_r, size_r,
				   error_r) == 0 ? 0 : -1;
}

int referral_sasl_client_start(struct referral_sasl_client *client,
			       const unsigned char **response_r,
			       size_t *size_r, const char **error_r)
{
	return sasl_output(client, response_r, size_r, error_r);
}

static int
sasl_input(struct referral_sasl_client *client, const unsigned char *input,
	   size_t size, const char **error_r)
{
	const char *error;

	if (client->failed) {
		*error_r = "it went on after a failure";
		return -1;
	}
	/* Newer Dovecots return what has failed, older ones -1. */
	if (dsasl_client_input(client->client, input, size, &error) != 0) {
		client->failed = TRUE;
		*error_r = referral_mailhost_sanitize(error);
		return -1;
	}
	return 0;
}

/* RFC 5802 section 7: "...,i=4096" */
static int
sasl_check_iterations(const unsigned char *challenge, size_t size,
		      const char **error_r)
{
	const char *const *fields =
		t_strsplit(t_strndup(challenge, size), ",");
	unsigned int iterations;

	for (; *fields != NULL; fields++) {
		if (strncmp(*fields, "i=", 2) != 0)
			continue;
		if (str_to_uint(*fields + 2, &iterations) < 0 ||
		    iterations > REFERRAL_SASL_MAX_ITERATIONS) {
			*error_r = t_strdup_printf(
				"it wants %s rounds of hashing, more than %u",
				referral_mailhost_sanitize(*fields + 2),
				REFERRAL_SASL_MAX_ITERATIONS);
			return -1;
		}
	}
	return 0;
}

/* The proof may come as one more challenge (RFC 4422 section 3.6). */
static int
sasl_verify(struct referral_sasl_client *client, const unsigned char *data,
	    size_t size, const char **error_r)
{
	if (sasl_input(client, data, size, error_r) < 0)
		return -1;
	client->verified = TRUE;
	return 0;
}

int referral_sasl_client_challenge(struct referral_sasl_client *client,
				   const unsigned char *challenge, size_t size,
				   const unsigned char **response_r,
				   size_t *size_r, const char **error_r)
{
	switch (client->challenges++) {
	case 0:
		if (sasl_check_iterations(challenge, size, error_r) < 0 ||
		    sasl_input(client, challenge, size, error_r) < 0)
			return -1;
		return sasl_output(client, response_r, size_r, error_r);
	case 1:
		*response_r = uchar_empty_ptr;
		*size_r = 0;
		return sasl_verify(client, challenge, size, error_r);
	default:
		*error_r = "one challenge too many";
		return -1;
	}
}

int referral_sasl_client_success(struct referral_sasl_client *client,
				 const unsigned char *data, size_t size,
				 const char **error_r)
{
	if (data != NULL && client->challenges == 1 && !client->verified)
		return sasl_verify(client, data, size, error_r);
	if (!client->verified) {
		*error_r = "the server has not proved that it knows the "
			"password: is it the right one?";
		return -1;
	}
	return 0;
}
