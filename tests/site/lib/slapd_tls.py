"""A slapd that speaks one version of TLS only: in the words of the library that
it is built with, GnuTLS (Debian 12) or OpenSSL (Debian 13)."""

import os

from .process import run

# {version}: 1.2, 1.3
_GNUTLS = "TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS{version}"
_GNUTLS_ONE = ":-CIPHER-ALL:+AES-256-GCM"

_OPENSSL = """openssl_conf = init
[init]
ssl_conf = modules
[modules]
system_default = limits
[limits]
MinProtocol = TLSv{version}
MaxProtocol = TLSv{version}
"""
_OPENSSL_ONE = """CipherString = ECDHE-ECDSA-AES256-GCM-SHA384
Ciphersuites = TLS_AES_256_GCM_SHA384
"""


def tls_limits(program, directory, version, one_cipher):
    """(lines for slapd.conf, what to add to its environment). one_cipher:
    AES-256-GCM alone."""
    if "libgnutls" in run(["ldd", program]).stdout:
        return (_GNUTLS.format(version=version) +
                (_GNUTLS_ONE if one_cipher else "") + "\n", {})
    path = os.path.join(directory, "openssl.cnf")
    with open(path, "w", encoding="ascii") as file:
        file.write(_OPENSSL.format(version=version) +
                   (_OPENSSL_ONE if one_cipher else ""))
    return "", {"OPENSSL_CONF": path}
