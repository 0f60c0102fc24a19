"""Real IMAP clients: the site of tests/site, and the servers they meet."""

import glob
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "site"))

from lib import (PasswdFile, User, referral_settings,  # noqa: E402
                 wait_for, with_referral)
from lib.fixtures import *  # noqa: E402, F401, F403

from mail_clients import FOLLOWING, STAYING, Account  # noqa: E402

FRONT, HOME, DRAINED = (f"{name}.example.com"
                        for name in ("front", "home", "drained"))
# "drain" is no action, but the server that is asked
FORMS = ("refer", "offer", "suggest", "proxy", "drain")
# the site's own client
STRICT = "strict"
_SUGGEST = "protocol imap {\n  mail_plugins = imap_login_referral\n}\n"


class World:
    """Every user is at home at HOME. There is one for each client and form,
    and none has met another's session."""

    def __init__(self, site):
        self.site = site
        names = [client.name for client in STAYING + FOLLOWING] + [STRICT]
        self.users = [
            User(self.user_of(name, form),
                 action=None if form == "drain" else form)
            for name in names for form in FORMS]
        # first, for its port; it has no need to ask anyone
        self.home = site.dovecot(HOME, [PasswdFile(self.users)],
                                 protocols=("imap",))
        # clients resolve no names of ours
        where = f"{self.home.address}:{self.home.port}"
        for user in self.users:
            user.mail_host = where
        self.ldap = site.slapd(self.users)
        self.can_suggest = bool(glob.glob(
            f"{site.modules.dir}/lib*_imap_login_referral_plugin.so"))
        self.front = self.server(
            FRONT, raw=_SUGGEST if self.can_suggest else "",
            referral_action_attribute="testMailAction")
        self.drained = self.server(DRAINED, referral_drain_host=where)
        for server in (self.front, self.home):
            for user in self.users:
                server.deliver(user.name, f"{user.name} at {server.name}")

    @staticmethod
    def user_of(name, form):
        return f"{name}-{form}"

    def server(self, name, raw="", **settings):
        return self.site.dovecot(
            name, with_referral(self.users), raw=raw, protocols=("imap",),
            settings=referral_settings(self.ldap, referral_local_hosts=name,
                                       **settings))

    def need_suggest(self):
        if not self.can_suggest:
            pytest.skip("suggest: the build has no module for imap")

    def fetch(self, client, form):
        """Have a client fetch its user's INBOX: a Visit."""
        missing = client.missing()
        if missing:
            pytest.skip(f"{client.name}: {' '.join(missing)} missing "
                        f"(apt-get install {client.packages})")
        if form == "suggest":
            self.need_suggest()
        server = self.drained if form == "drain" else self.front
        user = self.user_of(client.name, form)
        directory = os.path.join(self.site.dir, user)
        os.mkdir(directory)
        outcome = client.fetch(Account(directory, server.address, server.port,
                                       user, "secret"))
        return Visit(self, user, outcome)


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
                if f"{self.user} at {host}" in self.text]

    def check_sessions(self, front=0, home=0, drained=0):
        """It had so many at each server. The log may be a little late."""
        for server, count in ((self.world.front, front),
                              (self.world.home, home),
                              (self.world.drained, drained)):
            wait_for(lambda: self._sessions(server) >= count,
                     f"{count} sessions of {self.user} at {server.name}")
            assert self._sessions(server) == count

    def _sessions(self, server):
        # 2.3's words and 2.4's
        return sum(f"Login: user=<{self.user}>" in line or
                   f"Logged in: user=<{self.user}>" in line
                   for line in server.log.lines())


@pytest.fixture(scope="module")
def world(shared_site):
    return World(shared_site)
