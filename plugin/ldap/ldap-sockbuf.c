/* A Sockbuf_IO on Dovecot's streams: see ldap-sockbuf.h */

#include "lib.h"
#include "istream.h"
#include "ostream.h"
#include "ldap-sockbuf.h"

#include <openldap.h>

/* When a connection breaks, libldap opens another one to the handle's URI as
   soon as the handle is used again, and waits for it. There is nothing to
   connect to at this one. */
#define LDAP_URI_NOWHERE "ldapi://%2Fnonexistent%2Freferral"

static int sockbuf_setup(Sockbuf_IO_Desc *desc, void *arg)
{
	desc->sbiod_pvt = arg;
	return 0;
}

static int sockbuf_remove(Sockbuf_IO_Desc *desc)
{
	desc->sbiod_pvt = NULL;
	return 0;
}

static int sockbuf_ctrl(Sockbuf_IO_Desc *desc, int opt, void *arg)
{
	struct referral_ldap_sockbuf *sockbuf = desc->sbiod_pvt;

	if (opt == LBER_SB_OPT_DATA_READY)
		return referral_ldap_sockbuf_has_data(sockbuf) ? 1 : 0;
	return LBER_SBIOD_CTRL_NEXT(desc, opt, arg);
}

/* Hands out what is buffered already: the owner reads from the network and
   sees its end. */
static ber_slen_t
sockbuf_read(Sockbuf_IO_Desc *desc, void *buf, ber_len_t len)
{
	struct referral_ldap_sockbuf *sockbuf = desc->sbiod_pvt;
	const unsigned char *data;
	size_t size, skip;

	if (!referral_ldap_sockbuf_has_data(sockbuf)) {
		errno = EAGAIN;
		return -1;
	}
	data = i_stream_get_data(sockbuf->input, &size);
	size = referral_ldap_frame_scan(&sockbuf->frame, data, size, &skip);
	i_stream_skip(sockbuf->input, skip);
	sockbuf->idle_bytes += skip;
	if (size == 0) {
		sockbuf->starved_size =
			i_stream_get_data_size(sockbuf->input);
		errno = sockbuf->frame.end == REFERRAL_LDAP_FRAME_END_NONE ?
			EAGAIN : EPROTO;
		return -1;
	}
	size = I_MIN(size, len);
	size = I_MIN(size, sockbuf->budget);
	referral_ldap_frame_take(&sockbuf->frame, size);
	memcpy(buf, data + skip, size);
	i_stream_skip(sockbuf->input, size);
	sockbuf->starved_size = 0;
	sockbuf->budget -= size;
	sockbuf->idle_bytes += size;
	return size;
}

static ber_slen_t
sockbuf_write(Sockbuf_IO_Desc *desc, void *buf, ber_len_t len)
{
	struct referral_ldap_sockbuf *sockbuf = desc->sbiod_pvt;

	if (sockbuf->output == NULL) {
		errno = EPIPE;
		return -1;
	}
	/* Told of an error libldap would never read again, not even what the
	   server had said before it went. */
	if (o_stream_send(sockbuf->output, buf, len) != (ssize_t)len)
		sockbuf->output_failed = TRUE;
	return len;
}

static int sockbuf_close(Sockbuf_IO_Desc *desc ATTR_UNUSED)
{
	return 0;
}

static Sockbuf_IO referral_sockbuf_io = {
	.sbi_setup = sockbuf_setup,
	.sbi_remove = sockbuf_remove,
	.sbi_ctrl = sockbuf_ctrl,
	.sbi_read = sockbuf_read,
	.sbi_write = sockbuf_write,
	.sbi_close = sockbuf_close,
};

static int sockbuf_set_options(LDAP *ld, int deref)
{
	const int version = LDAP_VERSION3;
	int ret;

	/* ldap.conf must not change what we do. */
	if ((ret = ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION,
				   &version)) != LDAP_OPT_SUCCESS ||
	    (ret = ldap_set_option(ld, LDAP_OPT_DEREF,
				   &deref)) != LDAP_OPT_SUCCESS)
		return ret;
	/* libldap would connect to wherever a server says, and wait. */
	return ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
}

int referral_ldap_sockbuf_init(struct referral_ldap_sockbuf *sockbuf, int fd,
			       int deref, LDAP **ld_r, const char **error_r)
{
	ber_len_t max_size = REFERRAL_LDAP_MAX_MESSAGE_SIZE;
	Sockbuf *sb;
	LDAP *ld;
	int ret;

	ret = ldap_init_fd(fd, LDAP_PROTO_EXT, LDAP_URI_NOWHERE, &ld);
	if (ret != LDAP_SUCCESS) {
		*error_r = t_strdup_printf("ldap_init_fd() failed: %s",
					   ldap_err2string(ret));
		return -1;
	}
	/* First of all: without it liblber has nothing to call. */
	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) != LDAP_OPT_SUCCESS ||
	    ber_sockbuf_add_io(sb, &referral_sockbuf_io,
			       LBER_SBIOD_LEVEL_PROVIDER, sockbuf) < 0 ||
	    ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING,
			     &max_size) != 1)
		i_fatal_status(FATAL_OUTOFMEM, "liblber: out of memory");
	if ((ret = sockbuf_set_options(ld, deref)) != LDAP_OPT_SUCCESS) {
		*error_r = t_strdup_printf("ldap_set_option() failed: %s",
					   ldap_err2string(ret));
		(void)ldap_unbind_ext(ld, NULL, NULL);
		return -1;
	}
	*ld_r = ld;
	return 0;
}

bool referral_ldap_sockbuf_has_data(const struct referral_ldap_sockbuf *sockbuf)
{
	return sockbuf->input != NULL && sockbuf->budget > 0 &&
		!referral_ldap_sockbuf_is_starved(sockbuf);
}

bool
referral_ldap_sockbuf_is_starved(const struct referral_ldap_sockbuf *sockbuf)
{
	return i_stream_get_data_size(sockbuf->input) <= sockbuf->starved_size;
}
