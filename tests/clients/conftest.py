"""Real IMAP clients: the site of tests/site, and the servers they meet."""

import functools
import glob
import os
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "site"))

from lib import (PasswdFile, User, referral_settings,  # noqa: E402
                 wait_for, with_referral)
from lib.fixtures import *  # noqa: E402, F401, F403
from lib.fixtures import open_site  # noqa: E402

from mail_clients import (FOLLOWING, IMAPS, PLAIN, STAYING,  # noqa: E402
                          STARTTLS, TRANSPORTS, Account)

FRONT, HOME, DRAINED, ALERTING, REJECTING = (
    f"{name}.example.com"
    for name in ("front", "home", "drained", "alerting", "rejecting"))
# The action in a user's entry, but for those that are in SERVERS: there it is
# the server that is asked.
FORMS = ("refer", "offer", "suggest", "proxy", "reject", "tempfail", "drain",
         "alert")
ALERT = "Your mailbox is on %{host}: please use that server."
SAID = ALERT.replace("%{host}", HOME)
# the site's own client
STRICT = "strict"
NAMES = [client.name for client in STAYING + FOLLOWING] + [STRICT]
# "alert": refer with ALERT; "reject": with ALERT, too
SERVERS = {"drain": DRAINED, "alert": ALERTING, "reject": REJECTING}
_SUGGEST = "protocol imap {\n  mail_plugins = imap_login_referral\n}\n"


class World:
    """Every user is at home at HOME. There is one for each client and form,
    and none has met another's session.

    transport: how clients connect first. Unless it is PLAIN, no server takes
    a password without TLS, and the front proxies with TLS."""

    protocols = ("imap",)

    def __init__(self, site, transport, names=NAMES, **settings):
        self.site, self.transport = site, transport
        # Clients come from here. A server at the same address would take
        # their passwords without TLS.
        site.address_of("client.example.com")
        self.users = [
            User(self.user_of(name, form),
                 action=None if form in SERVERS else form)
            for name in names for form in FORMS]
        # first, for its port; it has no need to ask anyone
        self.home = self.server(HOME, [PasswdFile(self.users)])
        # Dovecot resolves none of our names; clients do, by this file
        self.hosts = os.path.join(site.dir, "hosts")
        self.where = where = f"{self.home.address}:{self.home.port}"
        told = f"{HOME}:{self.home.port}"
        for user in self.users:
            user.mail_host = where
        self.ldap = site.slapd(self.users)
        self.can_suggest = bool(glob.glob(
            f"{site.modules.dir}/lib*_imap_login_referral_plugin.so"))
        self._told = {"referral_host_map": f"{where}={told}"}
        self.front = self.referring(
            FRONT, raw=_SUGGEST if self.can_suggest else "",
            referral_action_attribute="testMailAction", **self._told,
            **self.proxying(), **settings)
        self.drained = self.referring(DRAINED, referral_drain_host=told)
        with open(self.hosts, "w", encoding="ascii") as file:
            # and none of the machine's own, which may have our names
            file.write("127.0.0.1 localhost\n")
            for name in (FRONT, HOME, DRAINED, ALERTING, REJECTING):
                file.write(f"{site.address_of(name)} {name}\n")
        for server in (self.front, self.home):
            for user in self.users:
                server.deliver(user.name, f"{user.name} is at {server.name}")

    @staticmethod
    def user_of(name, form):
        return f"{name}-{form}"

    def server(self, name, passdbs, **kwargs):
        if self.transport != PLAIN:
            kwargs.update(pki=self.site.pki, cleartext=False)
        return self.site.dovecot(name, passdbs, protocols=self.protocols,
                                 **kwargs)

    def referring(self, name, raw="", **settings):
        return self.server(
            name, with_referral(self.users), raw=raw,
            settings=referral_settings(self.ldap, referral_local_hosts=name,
                                       **settings))

    def proxying(self):
        if self.transport == PLAIN:
            return {}
        return {"referral_proxy_fields": "starttls=yes"}

    # These few tests need: a server is started for the first of them.

    @functools.cached_property
    def alerting(self):
        return self.referring(ALERTING, referral_alert_text=ALERT,
                              **self._told)

    @functools.cached_property
    def rejecting(self):
        # to the networks of nobody else
        return self.referring(
            REJECTING, referral_alert_text=ALERT, **self._told,
            referral_networks="192.0.2.0/24", referral_other_action="reject")

    def asked(self, form):
        """The server that a client goes to."""
        return getattr(self, SERVERS.get(form, FRONT).partition(".")[0])

    def strict(self):
        """The site's own client, connected to the front."""
        tls = {PLAIN: None, STARTTLS: "starttls", IMAPS: "implicit"}
        return self.site.client(self.front, tls[self.transport])

    def greeting(self, server):
        """STARTTLS comes later."""
        tls = "implicit" if self.transport == IMAPS else None
        return self.site.client(server, tls).greeting

    def resolving(self, argv):
        """argv where our host names are known."""
        return self.site.modules.mounted(self.hosts, "/etc/hosts", argv)

    def trusting(self, argv):
        """resolving(argv) where the system trusts the site's CA."""
        return self.resolving(self.site.modules.mounted(
            self.site.pki.ca_cert, "/etc/ssl/certs/ca-certificates.crt",
            argv))

    def need_suggest(self):
        if not self.can_suggest:
            pytest.skip("suggest: the build has no module for imap")

    def account(self, client, form, server=None, name=None):
        """The account of a client's user, or skip the test. server: another
        than the one that the form asks for. name: in the user's, if it is
        another than the client's."""
        missing = client.missing()
        if missing:
            pytest.skip(f"{client.name}: {' '.join(missing)} missing "
                        f"(apt-get install {client.packages})")
        if form == "suggest":
            self.need_suggest()
        server = server or self.asked(form)
        user = self.user_of(name or client.name, form)
        directory = tempfile.mkdtemp(prefix=f"{user}-", dir=self.site.dir)
        port = server.tls_port if self.transport == IMAPS else server.port
        return Account(
            directory, self.resolving, server.name, port, user, "secret",
            self.transport, self.site.pki.ca_cert)

    def fetch(self, client, form):
        """Have a client fetch its user's INBOX: a Visit."""
        account = self.account(client, form)
        return Visit(self, account.user, client.fetch(account))


class Visit:
    """What came of it. ok, text: see Outcome."""

    def __init__(self, world, user, outcome):
        self.world, self.user = world, user
        self.ok, self.text = outcome.ok, outcome.text
        # pytest shows it where a test fails
        print(self.text)

    def saw(self):
        """The servers whose mail it fetched."""
        return [host for host in (FRONT, HOME)
                if f"{self.user} is at {host}" in self.text]

    def check_sessions(self, front=0, home=0, drained=0):
        """It had so many at each server, with TLS where there is to be TLS.
        The log may be a little late."""
        for server, count in ((self.world.front, front),
                              (self.world.home, home),
                              (self.world.drained, drained)):
            wait_for(lambda: len(server.login_lines(self.user)) >= count,
                     f"{count} sessions of {self.user} at {server.name}")
            lines = server.login_lines(self.user)
            assert len(lines) == count
            for line in lines:
                assert (", TLS" in line) == (self.world.transport != PLAIN)


@pytest.fixture(scope="module")
def world(request, modules):
    """See meetings()."""
    with open_site(request, modules) as site:
        yield World(site, request.param)


def meetings(clients, transports=TRANSPORTS):
    """A test with a world and a client, once for each client and each of
    these transports that it knows."""
    return pytest.mark.parametrize(
        "world,client",
        [pytest.param(transport, client, id=f"{client.name}-{transport}")
         for transport in transports for client in clients
         if transport in client.transports],
        indirect=["world"], scope="module")
