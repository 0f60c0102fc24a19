"""A Dovecot proxy in front of us, which knows nothing of referrals but what it
has learnt from Dovecot itself: 2.4 follows one to an address, 2.3 follows none.
"""

import pytest

from lib import Static, User, pair
from lib.dovecot import version

FRONT, HOME = "front.example.com", "home.example.com"
USERS = [User("alice", FRONT), User("bob"), User("carol", HOME)]
FOLLOWS = version() >= (2, 4)


class World:
    """bob's home is told by address and port, carol's by name."""

    def __init__(self, site, **settings):
        self.site = site
        # the clients' addresses are not among these
        settings = {"login_trusted_networks": "127.0.0.1/32", **settings}
        self.ldap, self.front, self.home = pair(site, USERS, settings)
        self.there = f"{self.home.address}:{self.home.port}"
        self.home.configure(
            referral_local_hosts=f"{HOME} {self.there}")
        self.home.restart()
        self.ldap.set("bob", values=[self.there])
        self.proxy = site.dovecot("proxy.example.com", [Static(fields={
            "nopassword": "y", "proxy": "y", "host": self.front.address,
            "port": self.front.port})])

    def log_in(self, user, how="LOGIN command"):
        client = self.site.client(self.proxy)
        return client, client.log_in(how, user, "secret")


@pytest.fixture(scope="module")
def world(shared_site):
    return World(shared_site)


def ends_at(client, server, user):
    client.select_inbox()
    server.wait_logged_in(user)


def test_at_home(world):
    client, reply = world.log_in("alice")
    assert reply.status == "OK"
    ends_at(client, world.front, "alice")


def follows(world, user, how="LOGIN command"):
    client, reply = world.log_in(user, how)
    if FOLLOWS:
        assert (reply.status, reply.code) == ("OK", "CAPABILITY")
        ends_at(client, world.home, user)
    else:
        # the client sees it, and follows by itself
        assert (reply.status, reply.code) == ("NO", "REFERRAL")
        assert f"{reply.url.host}:{reply.url.port}" == world.there
    assert not world.front.logged_in(user)


@pytest.mark.parametrize("how", ["LOGIN command", "PLAIN"])
def test_referral_to_an_address(world, how):
    follows(world, "bob", how)


def test_referral_to_a_mapped_name(site):
    """As README says."""
    world = World(site)
    world.front.configure(referral_host_map=f"{HOME}={world.there}")
    world.front.restart()
    follows(world, "carol")


def test_referral_to_a_name(world):
    """It would have to be resolved."""
    _, reply = world.log_in("carol")
    assert reply.status == "NO"
    assert reply.code == ("SERVERBUG" if FOLLOWS else "REFERRAL")
    for server in (world.front, world.home):
        assert not server.logged_in("carol")


def test_connection_serves_on(world):
    """Without a BYE: the next user may be at home here."""
    client, reply = world.log_in("carol")
    assert reply.status == "NO"
    assert client.login("alice", "secret").status == "OK"
    client.select_inbox()


@pytest.mark.parametrize("action", ["offer", "suggest"])
def test_no_ok_form(site, action):
    """The proxy takes it for a failure."""
    world = World(site, referral_action=action)
    client, reply = world.log_in("bob")
    assert (reply.status, reply.code) == ("OK", "CAPABILITY")
    ends_at(client, world.home if action == "offer" else world.front, "bob")


def test_no_bye_while_draining(site):
    world = World(site, referral_drain_host=HOME)
    client, reply = world.log_in("alice")
    assert reply.status == "OK"
    ends_at(client, world.front, "alice")
