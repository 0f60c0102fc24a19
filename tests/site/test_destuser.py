"""A user who has another name at the home server: a passdb's destuser."""

import poplib

import pytest

from lib import PasswdFile, Referral, User, referral_settings
from lib.dovecot import version

FRONT, HOME = "front.example.com", "home.example.com"
PROTOCOLS = ("imap", "pop3", "sieve", "lmtp")
RAW = """
lmtp_proxy = yes
protocol lmtp {
  postmaster_address = postmaster@example.com
}
protocol imap {
  mail_plugins = imap_login_referral
}
"""
BOB = User("bob", fields={"destuser": "robert"})
ROOT = User("root", password="master")
SEPARATOR = {"auth_master_user_separator": "*"}


class World:
    """bob is robert at home; the front has never heard of robert, and the home
    server has never heard of bob."""

    def __init__(self, site, home_passdbs=(), front_passdbs=(), **settings):
        self.site = site
        ldap = site.slapd([User("bob")])
        self.home = site.dovecot(
            HOME, [*home_passdbs, PasswdFile([User("robert")])],
            protocols=PROTOCOLS, raw=RAW, settings=SEPARATOR)
        ldap.set("bob", values=[f"{self.home.address}:{self.home.port}"])
        self.front = site.dovecot(
            FRONT, [*front_passdbs, Referral(), PasswdFile([BOB])],
            protocols=PROTOCOLS, raw=self.home.for_proxies() + RAW,
            settings=referral_settings(ldap, referral_local_hosts=FRONT,
                                       **SEPARATOR, **settings))


@pytest.fixture(scope="module")
def proxy(shared_site):
    return World(shared_site, referral_action="proxy")


def test_imap(proxy):
    since = proxy.home.log.mark()
    assert proxy.site.client(proxy.front).login("bob", "secret").status == "OK"
    proxy.home.wait_logged_in("robert", since)


def test_pop3(proxy):
    since = proxy.home.log.mark()
    pop3 = poplib.POP3(proxy.front.address, proxy.front.ports["pop3"])
    pop3.user("bob")
    pop3.pass_("secret")
    pop3.quit()
    proxy.home.wait_logged_in("robert", since)


def test_sieve(proxy):
    since = proxy.home.log.mark()
    client = proxy.site.sieve_client(proxy.front)
    assert client.authenticate("PLAIN", "bob", "secret").status == "OK"
    proxy.home.wait_logged_in("robert", since)


def test_lmtp(proxy):
    """The recipient is the one that the home server knows."""
    since = proxy.home.log.mark()
    rcpt, data = proxy.front.deliver_by_lmtp("bob")
    assert rcpt[0] == 250 and data[0] == 250, (rcpt, data)
    proxy.home.log.wait(["lmtp(robert)", "saved mail to INBOX"], since)


@pytest.mark.parametrize("action", ["refer", "offer", "suggest"])
def test_url(site, action):
    """Whoever follows logs in at home, whatever the name here."""
    world = World(site, referral_action=action)
    reply = site.client(world.front).login("bob", "secret")
    assert reply.code == "REFERRAL", reply.raw
    assert reply.url.user == b"robert"
    client = site.client(world.home)
    assert client.login(reply.url.user.decode(), "secret").status == "OK"


def test_sieve_url(site):
    world = World(site, referral_action="refer")
    reply = site.sieve_client(world.front).authenticate("PLAIN", "bob",
                                                        "secret")
    assert reply.url.user == b"robert"


@pytest.mark.parametrize("action", ["refer", "suggest"])
def test_master(site, action):
    """A master user's login is for the other name, too."""
    master = PasswdFile([ROOT], master="yes", result_success="continue")
    world = World(site, [PasswdFile([ROOT], master="yes",
                                    result_success="continue")], [master],
                  referral_action=action)
    reply = site.client(world.front).login("bob*root", "master")
    assert reply.url.user == b"robert*root", reply.raw
    client = site.client(world.home)
    assert client.login(reply.url.user.decode(), "master").status == "OK"


def test_proxy_fields_expand(site):
    """A master user for each user, who alone has this password."""
    masters = [User("bob-admin", password="boss")]
    world = World(site, [PasswdFile(masters, master="yes",
                                    result_success="continue")],
                  referral_action="proxy", referral_proxy_fields="ssl=no "
                  "master=%{username|lower}-admin pass=boss")
    since = world.home.log.mark()
    assert site.client(world.front).login("bob", "secret").status == "OK"
    world.home.wait_logged_in("robert", since)


@pytest.mark.parametrize("field", [
    "master=%{home} pass=x",
    pytest.param("forward_x=%{user", marks=pytest.mark.skipif(
        version() >= (2, 4), reason="2.4's own doveconf panics at an unclosed "
        "variable")),
])
def test_proxy_fields_unknown_variable(site, field):
    world = World(site, referral_action="proxy")
    world.front.configure(referral_proxy_fields=field)
    status, out = world.front.doveconf("-n")
    assert status != 0 and "referral_proxy_fields: " in out, out
