"""README's "How to roll it out", step by step: the settings are read from it."""

import re

import pytest

from lib import PasswdFile, User, referral_settings, with_referral
from lib.process import wait_for
from lib.readme import section

FRONT, HOME = "front.example.com", "home.example.com"
# what stands there for "your own network", and the one of these tests
NETWORK, INSIDE = "192.0.2.0/28", "127.0.1.0/28"
INSIDER = "127.0.1.5"


def steps():
    """The settings of each step, {name: value}, and what it removes."""
    found = []
    for text in re.split(r"^\d\. ", section("How to roll it out"),
                         flags=re.MULTILINE)[1:]:
        found.append((
            dict(line.split(" = ", 1) for line in re.findall(
                r"^       (referral_\w+ = .*)$", text, re.MULTILINE)),
            re.findall(r"referral_\w+", "".join(re.findall(
                r"Remove .*?:", text, re.DOTALL)))))
    return found


class Site:
    """alice is at home here, bob elsewhere, carol nowhere. The home server
    takes no password without TLS."""

    def __init__(self, site):
        self.site = site
        users = [User("alice", FRONT), User("bob"), User("carol")]
        ldap = site.slapd(users)
        common = {"pki": site.pki, "protocols": ("imap", "pop3")}
        self.home = site.dovecot(HOME, [PasswdFile(users)], cleartext=False,
                                 **common)
        # proxying needs no DNS for an address
        self.address = self.home.address
        ldap.set("bob", values=[f"{self.address}:{self.home.port}"])
        self.front = site.dovecot(
            FRONT, with_referral(users), start=False,
            settings=referral_settings(ldap, referral_local_hosts=FRONT),
            **common)
        self.removed = set()

    def take(self, settings, remove=()):
        """A step: the settings are set and removed, and Dovecot reloaded."""
        for name in remove:
            del self.front.settings[name]
        settings = {name: value.replace(NETWORK, INSIDE)
                    for name, value in settings.items()}
        # mailHost has no port but IMAP's
        fields = {**self.front.settings, **settings}["referral_proxy_fields"]
        self.front.raw = ("protocol pop3 {\n  referral_proxy_fields = "
                          f"{fields} port={self.home.ports['pop3']}\n}}\n")
        self.front.configure(**settings)
        status, output = self.front.doveconf("-n")
        assert status == 0, output
        if self.front.process is None:
            self.front.start()
        else:
            self.front.reload()

    def imap(self, user, server, source=None, code="CAPABILITY"):
        """user's session is at server, and the OK has code."""
        since = server.log.mark()
        client = self.site.client(self.front, source=source)
        reply = client.login(user, "secret")
        assert (reply.status, reply.code) == ("OK", code)
        client.select_inbox()
        server.wait_logged_in(user, since)
        client.quit()

    def pop3(self, user, server):
        since = server.log.mark()
        client = self.site.pop3(self.front)
        good, text = client.login(user, "secret")
        assert good, text
        server.wait_logged_in(user, since)
        client.command("QUIT")


@pytest.fixture(name="there")
def fixture_there(site):
    return Site(site)


def test_steps(there):
    dry_run, some, everyone, strict = steps()
    front, home = there.front, there.home

    there.take(*dry_run)
    for user in "alice", "bob", "carol":
        there.imap(user, front)
        there.pop3(user, front)
    wait_for(lambda: f"dry run, would be: offer to {there.address}" in
             front.log.text(), "the dry run's line")

    since = front.log.mark()
    there.take(*some)
    there.imap("alice", front, INSIDER)
    there.imap("bob", home, INSIDER, "REFERRAL")
    there.imap("bob", front)
    there.pop3("bob", front)

    there.take(*everyone)
    there.imap("alice", front)
    there.pop3("alice", front)
    there.imap("bob", home, code="REFERRAL")
    there.pop3("bob", home)
    there.imap("carol", front)

    there.take(*strict)
    there.imap("bob", home, code="REFERRAL")
    assert there.site.client(front).login("carol", "secret").code == \
        "UNAVAILABLE"
    assert not there.site.pop3(front).login("carol", "secret")[0]
    front.log.wait(["carol", "no_value"], since)

    # and the way back
    there.take({"referral_dry_run": "yes"})
    for user in "alice", "bob", "carol":
        there.imap(user, front)


def test_each_step_has_its_settings():
    """What the test reads from README is all that is there."""
    assert [(len(settings), len(remove)) for settings, remove in steps()] == \
        [(3, 0), (3, 0), (0, 2), (1, 0)]
