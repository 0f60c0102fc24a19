/* Unit tests of plugin/core/directory/sasl.c: the server's side is here. */

#include "lib.h"
#include "str.h"
#include "base64.h"
#include "hmac.h"
#include "pkcs5.h"
#include "sha2.h"
#include "sasl.h"
#include "test-core.h"

#define SALT "c2FsdA=="
#define SHA256 SHA256_RESULTLEN

void test_sasl_mechanism(void)
{
	static const struct {
		const char *name, *error;
		bool password;
	} tests[] = {
		{ "EXTERNAL", NULL, FALSE },
		{ "external", NULL, FALSE },
		{ "PLAIN", "PLAIN is not supported (use EXTERNAL, "
		  "SCRAM-SHA-1 or SCRAM-SHA-256)", FALSE },
		{ "LOGIN", "LOGIN is not supported (use EXTERNAL, "
		  "SCRAM-SHA-1 or SCRAM-SHA-256)", FALSE },
		{ "x\ny", "x\\x0ay is not supported (use EXTERNAL, "
		  "SCRAM-SHA-1 or SCRAM-SHA-256)", FALSE },
	};
	const char *error;
	unsigned int i;
	bool password;
	int ret;

	test_begin("sasl: mechanisms");
	for (i = 0; i < N_ELEMENTS(tests); i++) {
		error = NULL;
		ret = referral_sasl_mechanism_check(tests[i].name, &password,
						    &error);
		test_assert_idx(ret == (tests[i].error == NULL ? 0 : -1), i);
		test_assert_strcmp_idx(error, tests[i].error, i);
		test_assert_idx(password == tests[i].password, i);
	}
	test_end();
}

static void
hmac_sha256(const void *key, size_t key_size, const char *data,
	    unsigned char result[SHA256])
{
	struct hmac_context ctx;

	hmac_init(&ctx, key, key_size, &hash_method_sha256);
	hmac_update(&ctx, data, strlen(data));
	hmac_final(&ctx, result);
}

/* RFC 5802 section 3: what a server that knows the password says in the end */
static const char *
server_final(const char *password, const char *client_first,
	     const char *server_first, const char *client_final)
{
	unsigned char salted[SHA256], key[SHA256], signature[SHA256];
	const char *auth_message;
	buffer_t *result = t_buffer_create(SHA256);
	string_t *final = t_str_new(64);

	auth_message = t_strdup_printf("%s,%s,%s", client_first + 3,
		server_first, t_strdup_until(client_final,
					     strstr(client_final, ",p=")));
	if (pkcs5_pbkdf(PKCS5_PBKDF2, &hash_method_sha256,
			(const unsigned char *)password, strlen(password),
			(const unsigned char *)"salt", 4, 4096, SHA256,
			result) < 0)
		i_unreached();
	memcpy(salted, result->data, SHA256);
	hmac_sha256(salted, SHA256, "Server Key", key);
	hmac_sha256(key, SHA256, auth_message, signature);
	str_append(final, "v=");
	base64_encode(signature, SHA256, final);
	return str_c(final);
}

struct scram_dialogue {
	struct referral_sasl_client *client;
	const char *client_first, *server_first, *client_final;
};

static int
challenge(struct scram_dialogue *dialogue, const char *text,
	  const char **response_r, const char **error_r)
{
	const unsigned char *response;
	size_t size;

	if (referral_sasl_client_challenge(dialogue->client,
					   (const unsigned char *)text,
					   strlen(text), &response, &size,
					   error_r) < 0)
		return -1;
	*response_r = t_strndup(response, size);
	return 0;
}

static int
success(struct scram_dialogue *dialogue, const char *text, const char **error_r)
{
	return referral_sasl_client_success(dialogue->client,
		(const unsigned char *)text, text == NULL ? 0 : strlen(text),
		error_r);
}

/* Up to the client's last message */
static void
scram_begin(struct scram_dialogue *dialogue, const char *iterations,
	    const char **error_r)
{
	const unsigned char *response;
	size_t size;

	i_zero(dialogue);
	dialogue->client =
		referral_sasl_client_init("SCRAM-SHA-256", "dovecot", "secret");
	test_assert(referral_sasl_client_start(dialogue->client, &response,
					       &size, error_r) == 0);
	dialogue->client_first = t_strndup(response, size);
	test_assert(strncmp(dialogue->client_first, "n,,n=dovecot,r=", 15) == 0);
	dialogue->server_first = t_strdup_printf("r=%smore,s="SALT",i=%s",
		dialogue->client_first + 15, iterations);
	*error_r = NULL;
	(void)challenge(dialogue, dialogue->server_first,
			&dialogue->client_final, error_r);
}

static void test_sasl_scram_proof(void)
{
	struct scram_dialogue dialogue;
	const char *final, *response = NULL, *error;

	/* with the success, as more data */
	scram_begin(&dialogue, "4096", &error);
	test_assert_strcmp(error, NULL);
	final = server_final("secret", dialogue.client_first,
			     dialogue.server_first, dialogue.client_final);
	test_assert(success(&dialogue, final, &error) == 0);
	referral_sasl_client_deinit(&dialogue.client);

	/* as a challenge of its own, once */
	scram_begin(&dialogue, "4096", &error);
	final = server_final("secret", dialogue.client_first,
			     dialogue.server_first, dialogue.client_final);
	test_assert(challenge(&dialogue, final, &response, &error) == 0);
	test_assert_strcmp(response, "");
	test_assert(success(&dialogue, NULL, &error) == 0);
	test_assert(challenge(&dialogue, final, &response, &error) < 0);
	test_assert_strcmp(error, "one challenge too many");
	referral_sasl_client_deinit(&dialogue.client);

	/* by somebody who does not know the password */
	scram_begin(&dialogue, "4096", &error);
	final = server_final("guess", dialogue.client_first,
			     dialogue.server_first, dialogue.client_final);
	test_assert(success(&dialogue, final, &error) < 0);
	referral_sasl_client_deinit(&dialogue.client);
	test_assert(dialogue.client == NULL);
	referral_sasl_client_deinit(&dialogue.client);

	/* not at all */
	scram_begin(&dialogue, "4096", &error);
	test_assert(success(&dialogue, NULL, &error) < 0);
	test_assert(strstr(error, "has not proved") != NULL);
	referral_sasl_client_deinit(&dialogue.client);
}

static void test_sasl_scram_iterations(void)
{
	static const struct {
		const char *iterations, *error;
	} tests[] = {
		{ "20000", NULL },
		{ "20001", "it wants 20001 rounds of hashing, "
		  "more than 20000" },
		{ "99999999999", "it wants 99999999999 rounds of hashing, "
		  "more than 20000" },
		{ "\x01", "it wants \\x01 rounds of hashing, "
		  "more than 20000" },
	};
	struct scram_dialogue dialogue;
	const char *error;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(tests); i++) {
		scram_begin(&dialogue, tests[i].iterations, &error);
		test_assert_strcmp_idx(error, tests[i].error, i);
		referral_sasl_client_deinit(&dialogue.client);
	}
}

void test_sasl_scram(void)
{
	struct scram_dialogue dialogue;
	const char *response = NULL, *error;
	bool password;

	test_begin("sasl: SCRAM");
	if (referral_sasl_mechanism_check("scram-sha-256", &password,
					  &error) < 0) {
		test_assert(password);
		test_assert_strcmp(error, "this Dovecot has no client's side "
				   "of SCRAM-SHA-256: 2.4 has");
		test_end();
		return;
	}
	test_sasl_scram_proof();
	test_sasl_scram_iterations();

	/* a success before anything was asked */
	scram_begin(&dialogue, "x", &error);
	test_assert(success(&dialogue, "v=x", &error) < 0);
	test_assert(challenge(&dialogue, "r=x", &response, &error) < 0);
	test_assert_strcmp(error, "it went on after a failure");
	referral_sasl_client_deinit(&dialogue.client);
	test_end();
}
