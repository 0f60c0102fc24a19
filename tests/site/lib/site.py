"""Everything of one site under one temporary folder."""

import os
import shutil
import ssl
import tempfile
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .client import Client, follow
from .dovecot import Dovecot
from .dovecot_config import PasswdFile, Referral
from .kdc import Kdc
from .modules import Modules, Resolving
from .pki import Pki
from .pop3 import Pop3
from .process import Ports
from .sieve import SieveClient
from .slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd


@dataclass
class User:
    """mail_host: str, bytes or None; test_mail_host may also be a list.
    fields: passdb extra fields where a PasswdFile holds the user."""
    name: str
    mail_host: Any = None
    password: str = "secret"
    test_mail_host: Any = None
    action: Any = None
    fields: dict = field(default_factory=dict)


class Site:
    """stage, build: where our modules come from, see Modules; default: the
    environment's REFERRAL_STAGE and REFERRAL_BUILD.

    Host names need no DNS: address_of() and the clients know them.
    """

    def __init__(self, stage=None, build=None, modules=None):
        self.dir = tempfile.mkdtemp(prefix="referral-")
        os.chmod(self.dir, 0o755)
        self.ports = Ports()
        self._servers = []
        self._addresses = {}
        self.clients = []
        self._pki = None
        try:
            self.modules = modules or Modules(
                self.dir, stage or os.environ.get("REFERRAL_STAGE"),
                build or os.environ.get("REFERRAL_BUILD"))
        except Exception:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stop everything and remove every file."""
        for client in self.clients:
            client.close()
        for server in reversed(self._servers):
            server.close()
        self.ports.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _path(self, name):
        path = os.path.join(self.dir, name)
        assert not os.path.exists(path), f"{name} exists in this site"
        return path

    # servers

    @property
    def pki(self):
        if self._pki is None:
            self._pki = Pki(self._path("pki"))
        return self._pki

    def slapd(self, users=(), name="ldap", **kwargs):
        slapd = Slapd(self._path(name), self.ports, users, **kwargs)
        self._servers.append(slapd)
        return slapd

    def serve(self, name, kind, *args, **kwargs):
        """A server of another kind, which has close() and maybe a log."""
        server = kind(self._path(name), *args, **kwargs)
        self._servers.append(server)
        return server

    def kdc(self, users):
        kdc = Kdc(self._path("kdc"), self.ports, users)
        self._servers.append(kdc)
        return kdc

    def address_of(self, host):
        """host's loopback address: 127.0.0.1 for the first, ..."""
        if host.replace(".", "").isdigit() or ":" in host:
            return host
        host = host.lower().rstrip(".")
        if host not in self._addresses:
            self._addresses[host] = f"127.0.0.{len(self._addresses) + 1}"
        return self._addresses[host]

    def dovecot(self, name, passdbs, **kwargs):
        """name: its host name."""
        server = Dovecot(self._path(name), self.ports, self.modules, name,
                         self.address_of(name), passdbs, **kwargs)
        self._servers.append(server)
        return server

    def dovecots(self):
        return [server for server in self._servers
                if isinstance(server, Dovecot)]

    def know_names(self, servers):
        """Let these Dovecots, not started yet, resolve each other's names."""
        path = self._path("hosts")
        with open(path, "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n")
            for server in servers:
                file.write(f"{server.address} {server.name}\n")
        for server in servers:
            server.modules = Resolving(self.modules, path)

    def port(self, host):
        """A free port of a host, for a listener that is no Dovecot's own."""
        return self.ports.take(self.address_of(host))

    # clients

    def tls_context(self, cert=None):
        """cert: (certificate, key) of the client."""
        context = ssl.create_default_context(cafile=self.pki.ca_cert)
        if cert is not None:
            context.load_cert_chain(*cert)
        return context

    def client(self, server, tls=None, cert=None, port=None, **kwargs):
        """A Client connected to server. tls: None, "starttls" or
        "implicit"; port: another than that of IMAP and tls."""
        context = self.tls_context(cert) if tls else None
        port = port or \
            (server.tls_port if tls == "implicit" else server.port)
        client = Client(server.address, port, tls, context, server.name,
                        **kwargs)
        self.clients.append(client)
        return client

    def sieve_client(self, server, tls=None, **kwargs):
        """A SieveClient connected to server. tls: None or "starttls"."""
        context = self.tls_context() if tls else None
        client = SieveClient(server.address, server.ports["sieve"], tls,
                             context, server.name, **kwargs)
        self.clients.append(client)
        return client

    def connect(self, host, port):
        """Port 143 is that of the server with this name."""
        if port == 143:
            port = next(server.port for server in self._servers
                        if isinstance(server, Dovecot) and
                        server.name == host)
        client = Client(self.address_of(host), port)
        self.clients.append(client)
        return client

    def pop3(self, server):
        client = Pop3(server.address, server.ports["pop3"])
        self.clients.append(client)
        return client

    def journey(self, server, how, user, password="secret", **kwargs):
        """Log in at server and follow every referral: a Journey."""
        return follow(self.connect, server.name, server.port, how, user,
                      password, **kwargs)

    # what was said

    def logs(self):
        """The ends of all logs, for a failed test."""
        return [(server.dir, server.log.tail()) for server in self._servers
                if hasattr(server, "log")]

    def broken(self):
        return [line for server in self._servers
                if isinstance(server, Dovecot) for line in server.broken()]


def referral_settings(slapd, **more):
    """The settings of a server that asks slapd as the reader."""
    settings = {
        "login_plugins": "login_referral",
        "referral_ldap_uris": slapd.uri,
        "referral_ldap_base": SUFFIX,
        "referral_ldap_auth_dn": READER_DN,
        "referral_ldap_auth_dn_password": READER_PASSWORD,
        # the machine may be busy: only tests of timeouts want short ones
        "referral_ldap_timeout": "20 secs",
        "referral_ldap_connect_timeout": "20 secs",
    }
    settings.update(more)
    return settings


def with_referral(users, **options):
    """The passdbs of a usual server."""
    return [Referral(), PasswdFile(users, **options)]


class World(NamedTuple):
    ldap: Slapd
    front: Dovecot
    # None where only "front" was asked for
    home: Any


def pair(site, users, settings=None, names=("front", "home"), passdbs=None,
         anonymous=False, **kwargs):
    """An LDAP server with users, front.example.com (127.0.0.1) and
    home.example.com (127.0.0.2), which both ask it.

    passdbs: in place of a PasswdFile of users. kwargs: see Dovecot.
    """
    ldap = site.slapd(users, pki=kwargs.get("pki"), anonymous=anonymous)
    servers = {"front": None, "home": None}
    for name in names:
        host = f"{name}.example.com"
        values = {"referral_local_hosts": host, **(settings or {})}
        servers[name] = site.dovecot(
            host, [Referral(), *(passdbs or [PasswdFile(users)])],
            settings=referral_settings(ldap, **values), **kwargs)
    return World(ldap, **servers)


def refer(site, server, user, **kwargs):
    """Log in with LOGIN and be referred. Returns the NO reply; the BYE and
    the close are checked."""
    client = site.client(server, **kwargs)
    reply = client.login(user, "secret")
    assert (reply.status, reply.code) == ("NO", "REFERRAL"), reply.raw
    client.read_bye()
    return reply
