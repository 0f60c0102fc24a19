"""Servers that each take the other for a user's home, and a server that takes
itself for another one."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import User, referral_settings, wait_for, with_referral

FRONT, HOME = "front.example.com", "home.example.com"
# the servers, but not the clients
TRUSTED = {"login_trusted_networks": "127.0.0.0/30"}
LMTP = """
lmtp_proxy = yes
protocol lmtp {
  postmaster_address = postmaster@example.com
}
"""


class Circle:
    """Each server sends bob, and his mail, to the next one.

    own_address: proxied sessions come from the server's own address, as they
    do between machines; else from one that means nothing, as with NAT.
    """

    def __init__(self, site, own_address, names=(FRONT, HOME), **settings):
        self.site = site
        self.users = [User("alice"), User("bob")]
        self.servers = [site.dovecot(
            name, with_referral(self.users), protocols=("imap", "lmtp"),
            raw=LMTP, start=False) for name in names]
        for server in self.servers:
            server.raw += (f"service lmtp {{\n inet_listener lmtp {{\n"
                           f"  port = {server.ports['lmtp']}\n }}\n}}\n")
        for number, server in enumerate(self.servers):
            self.configure(server, self.servers[number - 1], own_address,
                           settings)
        self.front = self.servers[0]

    def configure(self, server, following, own_address, settings):
        fields = f"source_ip={server.address} " if own_address else ""
        server.raw += (
            f"protocol lmtp {{\n referral_proxy_fields = {fields}"
            f"port={following.ports['lmtp']}\n}}\n")
        alice, bob = self.users
        alice.fields["to"] = server.name
        bob.fields["to"] = f"{following.address}:{following.port}"
        server.configure(
            login_plugins="login_referral", auth_verbose="yes",
            referral_mailhost_field="to", referral_local_hosts=server.name,
            **{"referral_action": "proxy",
               "referral_proxy_fields": fields, **settings})
        server.start()

    def loops(self):
        """The lines of what was refused; waits for one."""
        wait_for(self._loops, "a refusal")
        return self._loops()

    def _loops(self):
        return [line for server in self.servers for line in server.log.lines()
                if "(loop, " in line]

    def decisions(self):
        return [line for server in self.servers for line in server.log.lines()
                if "proxy to" in line or "offer to" in line]


@pytest.mark.parametrize("action", ["proxy", "offer"])
@pytest.mark.parametrize("own_address", [True, False], ids=["address", "nat"])
def test_ends(site, own_address, action):
    """Within a second, and nobody else notices."""
    circle = Circle(site, own_address, referral_action=action)
    client = site.client(circle.front)
    started = time.monotonic()
    client.send_line("a1 LOGIN bob secret")
    others = [site.client(circle.front).login("alice", "secret").status
              for _ in range(5)]
    reply = client.read_reply("a1")
    took = time.monotonic() - started
    # what may succeed later would be tried again by each proxy of the circle
    assert (reply.status, reply.code) == ("NO", "CONTACTADMIN"), reply.raw
    assert others == ["OK"] * 5
    assert circle.loops()
    assert "referral_local_hosts" in circle.loops()[0]
    assert "old answer" in circle.loops()[0]
    assert len(circle.decisions()) < 80
    # the machine may be busy
    assert took < 10, took
    assert not any("process_limit" in line for server in circle.servers
                   for line in server.log.lines())


@pytest.mark.parametrize("names", [
    (FRONT, HOME), (FRONT, HOME, "third.example.com")], ids=["two", "three"])
def test_trusted(site, names):
    """The first return is known for what it is."""
    circle = Circle(site, True, names=names, **TRUSTED)
    reply = site.client(circle.front).login("bob", "secret")
    assert (reply.status, reply.code) == ("NO", "CONTACTADMIN"), reply.raw
    assert circle.loops()
    # each one hands on what the one before has told
    assert len(circle.loops()) == 1
    assert len(circle.decisions()) == len(names) - 1


@pytest.mark.parametrize("names, settings", [
    ((FRONT, HOME), {}), ((FRONT, HOME), TRUSTED),
    ((FRONT, HOME, "third.example.com"), TRUSTED)],
    ids=["two", "two-trusted", "three-trusted"])
def test_mail(site, names, settings):
    """Deferred: 554 would lose it."""
    circle = Circle(site, True, names=names, **settings)
    rcpt, _ = circle.front.deliver_by_lmtp("bob")
    assert rcpt[0] == 451, rcpt
    assert circle.loops()


def webmail(site, front, home):
    """A login from the home server's own address."""
    client = site.client(front, source=home.address)
    reply = client.login("bob", "secret")
    client.command("LOGOUT")
    return reply.status


def test_webmail_at_home(site):
    """Many logins of one user that come from where they are sent to."""
    users = [User("bob")]
    home = site.dovecot(HOME, with_referral(users)[1:])
    users[0].mail_host = f"{home.address}:{home.port}"
    front = site.dovecot(FRONT, with_referral(users),
                         settings=referral_settings(
                             site.slapd(users), referral_local_hosts=FRONT,
                             referral_action="proxy"))
    # two logins for each page, and more for one with pictures
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: webmail(site, front, home),
                                range(12)))
    assert replies == ["OK"] * 12


@pytest.mark.parametrize("action", ["refer", "offer", "proxy"])
def test_here(site, action):
    """mailHost is this server's address as clients know it, and nobody has told
    the server."""
    users = [User("bob")]
    ldap = site.slapd(users)
    front = site.dovecot(FRONT, with_referral(users), protocols=("imap",),
                         settings=referral_settings(
                             ldap, referral_local_hosts=FRONT,
                             referral_action=action))
    ldap.set("bob", values=[f"{front.address}:{front.port}"])
    reply = site.client(front).login("bob", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE"), reply.raw
    front.log.wait(["bob", "(loop, ", "check referral_local_hosts here"])
    assert not front.logged_in("bob")


def test_offer_of_here(site):
    """All clients are told one address, that of the front."""
    users = [User("bob")]
    home = site.dovecot(HOME, with_referral(users)[1:])
    ldap = site.slapd(users)
    front = site.dovecot(FRONT, with_referral(users), protocols=("imap",),
                         settings=referral_settings(
                             ldap, referral_local_hosts=FRONT,
                             referral_action="offer"), start=False)
    there = f"{home.address}:{home.port}"
    front.configure(referral_host_map=f"{there}={front.address}:{front.port}")
    front.start()
    ldap.set("bob", values=[there])
    reply = site.client(front).login("bob", "secret")
    assert (reply.status, reply.code) == ("OK", "CAPABILITY"), reply.raw
    home.wait_logged_in("bob")
    front.log.wait(["bob", "proxy to", "proxy in place of offer"])


@pytest.mark.parametrize("changes", [False, True])
def test_servers_differ(site, changes):
    """Two that ask different directories: for good, or, while homes change,
    for a moment, so that another try is worth it."""
    users = [User("alice", FRONT), User("bob")]
    servers = []
    for name in (FRONT, HOME):
        server = site.dovecot(name, with_referral(users), start=False)
        ldap = site.slapd(users, name=f"ldap-{name}")
        server.configure(**referral_settings(
            ldap, referral_local_hosts=name, referral_action="proxy",
            referral_proxy_fields=f"source_ip={server.address}", **TRUSTED))
        server.start()
        servers.append((server, ldap))
    (front, front_ldap), (home, home_ldap) = servers
    front_ldap.set("bob", values=[f"{home.address}:{home.port}"])
    home_ldap.set("bob", values=[f"{front.address}:{front.port}"])
    if changes:
        home_ldap.set("alice", values=HOME)
        assert site.client(home).login("alice", "secret").status == "OK"
        home_ldap.set("alice", values=None)
        assert site.client(home).login("alice", "secret").status == "OK"
    reply = site.client(front).login("bob", "secret")
    assert (reply.status, reply.code) == (
        "NO", "UNAVAILABLE" if changes else "CONTACTADMIN"), reply.raw
    home.log.wait(["bob", "(loop, ldap, "])


def test_old_answer(site):
    """A user has moved, and the new home has not heard of it: the old one,
    which has, is believed by asking."""
    users = [User("bob")]
    ldap = site.slapd(users)
    servers = []
    for name in (FRONT, HOME):
        server = site.dovecot(name, with_referral(users), start=False)
        there = f"{server.address}:{server.port}"
        server.configure(**referral_settings(
            ldap, referral_local_hosts=f"{name} {there}",
            referral_action="proxy", referral_bounce_time="0",
            referral_proxy_fields=f"source_ip={server.address}", **TRUSTED))
        server.start()
        servers.append((server, there))
    (front, to_front), (home, to_home) = servers
    ldap.set("bob", values=[to_front])
    assert site.client(home).login("bob", "secret").status == "OK"
    front.wait_logged_in("bob")
    ldap.set("bob", values=[to_home])
    assert site.client(front).login("bob", "secret").status == "OK"
    home.wait_logged_in("bob")
    assert "(loop, " not in home.log.text() + front.log.text()
