"""Questions without a login: where does this user's mail go (LMTP), and where
does this command run (doveadm)?"""

import os

import pytest

from lib import User, referral_settings, with_referral
from lib.dovecot_config import block

FRONT, HOME = "front.example.com", "home.example.com"
LMTP = """
lmtp_proxy = {}
protocol lmtp {{
  postmaster_address = postmaster@example.com
}}
"""


def lmtp_front(site, lmtp_proxy, **settings):
    users = [User("alice", FRONT), User("bob", "192.0.2.7")]
    ldap = site.slapd(users)
    front = site.dovecot(
        FRONT, with_referral(users), protocols=("imap", "lmtp"),
        raw=LMTP.format(lmtp_proxy), settings=referral_settings(
            ldap, referral_local_hosts=FRONT,
            log_debug="category=login_referral", **settings))
    return ldap, front


def delivered(front, user):
    rcpt, data = front.deliver_by_lmtp(user)
    return rcpt[0] == 250 and data[0] == 250


@pytest.mark.parametrize("other_action", ["proxy", "reject"])
def test_lmtp_does_not_ask(site, other_action):
    """userdb static looks users up in the passdbs, but that is no question of
    where they are at home."""
    ldap, front = lmtp_front(site, "no", referral_other_action=other_action)
    ldap.stop()
    for user in ("alice", "bob"):
        assert delivered(front, user), user
    assert "referral(" not in front.log.text()
    assert "proxy to" not in front.log.text()


def test_lmtp_asks_once(site):
    _, front = lmtp_front(site, "yes")
    assert delivered(front, "alice")
    decisions = [line for line in front.log.lines()
                 if "local (home" in line]
    assert len(decisions) == 1, decisions


class DoveadmWorld:
    """bob's home has a doveadm port, and the front is told of it."""

    def __init__(self, site, **settings):
        users = [User("alice", FRONT), User("bob")]
        self.ldap = site.slapd(users)
        port = site.port(HOME)
        common = {"doveadm_password": "between-servers"}
        self.home = site.dovecot(
            HOME, with_referral(users), settings=referral_settings(
                self.ldap, **common), start=False,
            raw=block("service doveadm",
                      ["inet_listener doveadm {", f"port = {port}", "}"]))
        users[1].mail_host = self.home.address
        self.ldap.set("bob", values=[self.home.address])
        self.home.configure(
            referral_local_hosts=f"{HOME} {self.home.address}")
        self.home.start()
        self.front = site.dovecot(
            FRONT, with_referral(users), settings=referral_settings(
                self.ldap, referral_local_hosts=FRONT, doveadm_port=port,
                **common, **settings))

    def create(self, user):
        return self.front.doveadm("mailbox", "create", "-u", user, "x",
                                  check=False)

    def has(self, server, user):
        return os.path.isdir(f"{server.mail_dir(user)}/Maildir/.x")


def test_doveadm(site):
    """doveadm asks if doveadm_port is set."""
    world = DoveadmWorld(site)
    for user in ("alice", "bob"):
        world.create(user)
    assert world.has(world.front, "alice")
    assert world.has(world.home, "bob")
    assert not world.has(world.front, "bob")


@pytest.mark.parametrize("why", ["reject", "unavailable"])
def test_doveadm_fails(site, why):
    """Rather than on the wrong server."""
    world = DoveadmWorld(site, referral_other_action="reject")
    if why == "unavailable":
        world.ldap.stop()
    world.create("bob")
    assert not world.has(world.front, "bob")
    assert not world.has(world.home, "bob")
