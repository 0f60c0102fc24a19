"""What other passdbs have said about where a session goes, and how."""

import pytest

from lib import PasswdFile, Referral, User, referral_settings

FRONT, HOME = "front.example.com", "home.example.com"
MECHANISMS = ("PLAIN", "CRAM-MD5")


class World:
    """bob is at home elsewhere, and another passdb sets fields for him."""

    def __init__(self, site, fields, at_home=None, master=None, **settings):
        users = [User("alice", FRONT), User("bob", fields=fields)]
        self.site = site
        ldap = site.slapd(users)
        passdbs = [Referral(), PasswdFile(
            at_home or [User("alice"), User("bob")])]
        if master:
            passdbs.insert(1, PasswdFile(master, master="yes",
                                         result_success="continue"))
        self.home = site.dovecot(HOME, passdbs, settings=referral_settings(
            ldap, auth_master_user_separator="*", referral_local_hosts=HOME),
            start=False)
        address = f"{self.home.address}:{self.home.port}"
        self.home.configure(referral_local_hosts=f"{HOME} {address}")
        self.home.start()
        ldap.set("bob", values=[address])
        self.front = site.dovecot(
            FRONT, [Referral(), PasswdFile(users)], mechanisms=MECHANISMS,
            settings=referral_settings(ldap, referral_local_hosts=FRONT,
                                       auth_verbose="no", **settings))

    def log_in(self, how="LOGIN command", user="bob"):
        client = self.site.client(self.front)
        return client, client.log_in(how, user, "secret")

    def bob_is_at_home(self, how="LOGIN command"):
        client, reply = self.log_in(how)
        assert reply.status == "OK", reply.raw
        client.select_inbox()
        self.home.wait_logged_in("bob")
        assert not self.front.logged_in("bob")


def test_reject_stays_reject(site):
    """A host without proxy or nologin would make it a referral, past
    referral_allowed_hosts."""
    world = World(site, {"host": "evil.example.org"}, referral_action="proxy",
                  referral_networks="192.0.2.0/24",
                  referral_other_action="reject")
    _, reply = world.log_in()
    assert reply.status == "NO" and reply.code != "REFERRAL", reply.raw
    assert b"evil" not in reply.raw
    # who was refused will ask why
    world.front.log.wait(["auth", ": Info: ", "bob",
                          f"reject to {world.home.address}:"])


@pytest.mark.parametrize("field", [
    {"hostip": "192.0.2.99"}, {"port": "9"}, {"host": "evil.example.org"}])
def test_destination_is_ours(site, field):
    """Half of an answer from there and half from here would send the password
    anywhere."""
    World(site, field, referral_action="proxy").bob_is_at_home()


def test_refer_is_ours(site):
    world = World(site, {"hostip": "192.0.2.99", "port": "9"})
    _, reply = world.log_in()
    assert (reply.url.host, reply.url.port) == \
        (world.home.address, world.home.port)


@pytest.mark.parametrize("action", ["proxy", "offer"])
def test_password_of_a_passdb(site, action):
    """It is enough to log in with at home, whatever the mechanism."""
    world = World(site, {"pass": "other"}, [User("bob", password="other")],
                  referral_action=action)
    world.bob_is_at_home("CRAM-MD5")


def test_master_of_a_passdb(site):
    world = World(site, {"pass": "master", "master": "root"},
                  master=[User("root", password="master")],
                  referral_action="proxy")
    world.bob_is_at_home("CRAM-MD5")


@pytest.mark.parametrize("fields, field", [
    ({"nologin": "y"}, "nologin"),
    ({"proxy": "y", "host": "127.0.0.2", "port": "1"}, "proxy")])
def test_left_to_another(site, fields, field):
    """No decision, and log_debug says why."""
    world = World(site, fields, log_debug="category=login_referral")
    _, reply = world.log_in()
    assert reply.status == "NO" and reply.code != "REFERRAL"
    world.front.log.wait(["Debug", "bob", "no decision: another passdb has "
                          f"set {field}"])
