/* TLS clients on Dovecot 2.3: settings belong to the context and to each
   stream. */

#include "lib.h"
#include "iostream-ssl.h"
#include "compat-ssl.h"

struct referral_ssl_context {
	pool_t pool;
	struct ssl_iostream_settings set;
	struct ssl_iostream_context *ctx;
};

int referral_ssl_context_create(const struct referral_ssl_settings *set,
				struct referral_ssl_context **ctx_r,
				const char **error_r)
{
	const struct ssl_iostream_settings ssl_set = {
		.min_protocol = set->min_protocol,
		.cipher_list = set->cipher_list,
		.ciphersuites = set->cipher_suites,
		.ca = set->ca,
		.ca_dir = set->ca_dir,
		.cert = { .cert = set->cert, .key = set->key },
		.verify_remote_cert = TRUE,
		.skip_crl_check = !set->check_crl,
		.tickets = TRUE,
	};
	struct referral_ssl_context *ctx;
	pool_t pool;

	pool = pool_alloconly_create("referral ssl context", 1024);
	ctx = p_new(pool, struct referral_ssl_context, 1);
	ctx->pool = pool;
	ssl_iostream_settings_init_from(pool, &ctx->set, &ssl_set);
	if (ssl_iostream_context_init_client(&ctx->set, &ctx->ctx,
					     error_r) < 0) {
		pool_unref(&pool);
		return -1;
	}
	*ctx_r = ctx;
	return 0;
}

void referral_ssl_context_destroy(struct referral_ssl_context **_ctx)
{
	struct referral_ssl_context *ctx = *_ctx;

	*_ctx = NULL;
	ssl_iostream_context_unref(&ctx->ctx);
	pool_unref(&ctx->pool);
}

int referral_ssl_client_create(struct referral_ssl_context *ctx,
			       struct event *event ATTR_UNUSED,
			       const char *host,
			       struct istream **input, struct ostream **output,
			       struct ssl_iostream **ssl_r,
			       const char **error_r)
{
	/* Without a handshake callback the certificate is checked for host. */
	return io_stream_create_ssl_client(ctx->ctx, host, &ctx->set, input,
					   output, ssl_r, error_r);
}
