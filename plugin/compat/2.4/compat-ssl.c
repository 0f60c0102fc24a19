/* TLS clients on Dovecot 2.4: settings belong to the context alone and have a
   pool of their own. */

#include "lib.h"
#include "iostream-ssl.h"
#include "compat-ssl.h"

struct referral_ssl_context {
	struct ssl_iostream_context *ctx;
};

static void
settings_file_init(pool_t pool, struct settings_file *file, const char *content)
{
	file->path = "";
	file->content = p_strdup(pool, content);
}

int referral_ssl_context_create(const struct referral_ssl_settings *set,
				struct referral_ssl_context **ctx_r,
				const char **error_r)
{
	struct ssl_iostream_settings *ssl_set;
	struct ssl_iostream_context *ssl_ctx;
	pool_t pool;
	int ret;

	pool = pool_alloconly_create("referral ssl settings", 1024);
	ssl_set = p_new(pool, struct ssl_iostream_settings, 1);
	ssl_set->pool = pool;
	ssl_set->min_protocol = p_strdup(pool, set->min_protocol);
	ssl_set->cipher_list = p_strdup(pool, set->cipher_list);
	ssl_set->ciphersuites = p_strdup(pool, set->cipher_suites);
	ssl_set->ca_dir = p_strdup(pool, set->ca_dir);
	ssl_set->verify_remote_cert = TRUE;
	ssl_set->skip_crl_check = !set->check_crl;
	ssl_set->tickets = TRUE;
	settings_file_init(pool, &ssl_set->ca, set->ca);
	settings_file_init(pool, &ssl_set->cert.cert, set->cert);
	settings_file_init(pool, &ssl_set->cert.key, set->key);

	ret = ssl_iostream_context_init_client(ssl_set, &ssl_ctx, error_r);
	pool_unref(&pool);
	if (ret < 0)
		return -1;
	*ctx_r = i_new(struct referral_ssl_context, 1);
	(*ctx_r)->ctx = ssl_ctx;
	return 0;
}

void referral_ssl_context_destroy(struct referral_ssl_context **_ctx)
{
	struct referral_ssl_context *ctx = *_ctx;

	*_ctx = NULL;
	ssl_iostream_context_unref(&ctx->ctx);
	i_free(ctx);
}

int referral_ssl_client_create(struct referral_ssl_context *ctx,
			       struct event *event, const char *host,
			       struct istream **input, struct ostream **output,
			       struct ssl_iostream **ssl_r,
			       const char **error_r)
{
	/* Without a handshake callback the certificate is checked for host. */
	return io_stream_create_ssl_client(ctx->ctx, host, event, 0, input,
					   output, ssl_r, error_r);
}
