"""Action proxy: the session is at the home server, whatever the protocol."""

import base64
import poplib
import smtplib
import socket

import pytest

from lib import PasswdFile, Pki, User, referral_settings, with_referral
from lib.client import new_source
from lib.dovecot import version

FRONT, HOME = "front.example.com", "home.example.com"
PROTOCOLS = ("imap", "pop3", "sieve", "submission", "lmtp")
LMTP = """
lmtp_proxy = yes
protocol lmtp {
  postmaster_address = postmaster@example.com
}
"""


class World:
    """bob, carol and dave are at home elsewhere: at an address and a port,
    which proxying needs no DNS for."""

    def __init__(self, site, settings, mechanisms=("PLAIN", "LOGIN")):
        self.site = site
        self.users = [User("alice", FRONT), User("bob"),
                      User("carol", action="refer"),
                      User("dave", action="bogus")]
        self.ldap = site.slapd(self.users)
        self.home = self.server(HOME, {}, mechanisms)
        self.home_ip, self.port = self.home.address, self.home.port
        there = f"{self.home_ip}:{self.port}"
        # POP3 and the others can't know by themselves that this port is ours
        self.home.configure(
            referral_local_hosts=f"{HOME} {self.home_ip} {there}")
        for user in self.users[1:]:
            self.ldap.set(user.name, values=[there])
        self.front = self.server(FRONT, settings, mechanisms,
                                 self.home.for_proxies())
        for server in (self.home, self.front):
            for user in self.users:
                server.deliver(user.name, f"{user.name} at {server.name}")
            server.start()

    def server(self, name, settings, mechanisms, raw=""):
        return self.site.dovecot(
            name, with_referral(self.users), protocols=PROTOCOLS,
            mechanisms=mechanisms, raw=raw + LMTP, start=False,
            settings=referral_settings(
                self.ldap, referral_local_hosts=name, **settings))


@pytest.fixture(scope="module")
def world(shared_site):
    return World(shared_site, {"referral_action": "proxy",
                               "referral_action_attribute": "testMailAction"})


def subject(client):
    client.select_inbox()
    return client.command("FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]").untagged


def is_at(client, user, host):
    return any(f"{user} at {host}".encode() in line for line in subject(client))


@pytest.mark.parametrize("how", ("LOGIN command", "PLAIN", "LOGIN"))
def test_imap(world, how):
    client = world.site.client(world.front)
    reply = client.log_in(how, "bob", "secret")
    assert (reply.status, reply.code) == ("OK", "CAPABILITY")
    assert is_at(client, "bob", HOME)
    assert not world.front.logged_in("bob")


def test_imap_at_home(world):
    client = world.site.client(world.front)
    assert client.login("alice", "secret").status == "OK"
    assert is_at(client, "alice", FRONT)


def test_imap_guess(world):
    since = world.ldap.log.mark()
    client = world.site.client(world.front)
    assert client.login("bob", "guess").code == "AUTHENTICATIONFAILED"
    world.ldap.assert_no_search(since)


def test_attribute_overrules(world):
    reply = world.site.client(world.front).login("carol", "secret")
    assert (reply.status, reply.code) == ("NO", "REFERRAL")
    assert (reply.url.host, reply.url.port) == (world.home_ip, world.port)


def test_unknown_action_is_logged_and_ignored(world):
    since = world.front.log.mark()
    client = world.site.client(world.front)
    assert client.login("dave", "secret").status == "OK"
    assert is_at(client, "dave", HOME)
    assert any("bogus" in line and "referral" in line
               for line in world.front.log.lines(since))


def test_pop3(world):
    pop3 = poplib.POP3(world.front.address, world.front.ports["pop3"])
    pop3.user("bob")
    pop3.pass_("secret")
    assert any(HOME.encode() in line for line in pop3.retr(1)[1])
    pop3.quit()


def test_managesieve(world):
    with socket.create_connection(
            (world.front.address, world.front.ports["sieve"]), 30,
            (new_source(), 0)) as sock:
        file = sock.makefile("rwb")

        def answer():
            while True:
                line = file.readline()
                assert line, "closed"
                if line.startswith((b"OK", b"NO", b"BYE")):
                    return line
        assert answer().startswith(b"OK")
        file.write(b'AUTHENTICATE "PLAIN" "AGJvYgBzZWNyZXQ="\r\n')
        file.flush()
        assert answer().startswith(b"OK")
        file.write(b"LISTSCRIPTS\r\n")
        file.flush()
        assert answer().startswith(b"OK")
    assert any("bob" in line and "managesieve-login: " in line
               for line in world.home.log.lines())
    assert not world.front.logged_in("bob")


def test_submission(world):
    since = world.front.log.mark()
    smtp = smtplib.SMTP(world.front.address, world.front.ports["submission"],
                        timeout=30)
    smtp.ehlo()
    try:
        # The home server has no relay to send to: it says so after the
        # login, which has then been its own.
        smtp.login("bob", "secret")
    except smtplib.SMTPResponseException:
        pass
    world.front.log.wait("submission-login: ", since)
    world.home.log.wait("submission-login: ")
    assert not world.front.logged_in("bob")


def test_lmtp(world):
    """Mail goes where the mailbox is."""
    rcpt, data = world.front.deliver_by_lmtp("bob")
    assert rcpt[0] == 250 and data[0] == 250, (rcpt, data)
    world.home.log.wait("saved mail to INBOX")
    assert not any("saved mail" in line for line in world.front.log.lines())


def test_lmtp_at_home(world):
    rcpt, data = world.front.deliver_by_lmtp("alice")
    assert rcpt[0] == 250 and data[0] == 250, (rcpt, data)
    world.front.log.wait("saved mail to INBOX")


def test_lmtp_while_ldap_is_down(site):
    """Later, rather than into a mailbox on the wrong server."""
    world = World(site, {"referral_action": "proxy"})
    world.ldap.stop()
    rcpt, _ = world.front.deliver_by_lmtp("bob")
    assert rcpt[0] == 451, rcpt


@pytest.mark.parametrize("how", ("CRAM-MD5", "SCRAM-SHA-256"))
def test_without_a_password(site, how):
    """Nothing to log in with at the home server: try later, and the log says
    why. (Dovecot's own login process would crash.)"""
    world = World(site, {"referral_action": "proxy"},
                  mechanisms=("PLAIN", how))
    client = site.client(world.front)
    reply = client.log_in(how, "bob", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    world.front.log.wait("no_credentials")
    # the connection lives on
    assert client.login("alice", "secret").status == "OK"


@pytest.mark.skipif(version() >= (2, 4), reason="2.4 takes tokens from "
                    "passdb oauth2 alone, which needs a token server")
def test_token(site):
    """A token goes on to the home server as a token."""
    world = World(site, {"referral_action": "proxy"},
                  mechanisms=("PLAIN", "XOAUTH2"))
    client = site.client(world.front)
    token = base64.b64encode(b"user=bob\1auth=Bearer secret\1\1").decode()
    assert client.command(f"AUTHENTICATE XOAUTH2 {token}").status == "OK"
    assert is_at(client, "bob", HOME)
    assert any("method=XOAUTH2" in line for line in world.home.log.lines())


def tls_proxy(site, field, pki):
    """bob's client, its reply, and the front: that has the CA of pki, the
    home server that of the site. field: of the proxied session."""
    bob = User("bob")
    home = site.dovecot(HOME, [PasswdFile([bob])], pki=site.pki,
                        cleartext=False)
    port = home.tls_port if field == "ssl=yes" else home.port
    bob.mail_host = f"{home.address}:{port}"
    home.deliver("bob", f"bob at {HOME}")
    front = site.dovecot(
        FRONT, with_referral([bob]), pki=pki, settings=referral_settings(
            site.slapd([bob]), referral_action="proxy",
            referral_proxy_fields=field))
    client = site.client(front)
    return client, client.login("bob", "secret"), front


@pytest.mark.parametrize("field", ("starttls=yes", "ssl=yes"))
def test_tls(site, field):
    client, reply, _ = tls_proxy(site, field, site.pki)
    assert reply.status == "OK"
    assert is_at(client, "bob", HOME)


def test_tls_of_another_ca(site):
    """The home server's certificate is looked at."""
    _, reply, front = tls_proxy(site, "starttls=yes",
                                Pki(f"{site.dir}/other", "Other CA"))
    # Dovecot's own words, up to 2.4.1 and in 2.4.5
    assert (reply.status, reply.code) in (("NO", "UNAVAILABLE"),
                                          ("NO", "SERVERBUG"))
    front.log.wait("Received invalid SSL certificate")


def test_loop_ends(site):
    """A home server that sends everyone back."""
    world = World(site, {"referral_action": "proxy",
                         "login_trusted_networks": "127.0.0.1/32"})
    for user in world.users:
        user.fields["to"] = f"{world.front.address}:{world.front.port}"
    world.home.configure(referral_action="proxy",
                         referral_local_hosts="nobody.example.com",
                         referral_mailhost_field="to",
                         login_trusted_networks="127.0.0.1/32")
    world.home.restart()
    reply = site.client(world.front).login("bob", "secret")
    assert (reply.status, reply.code) == ("NO", "CONTACTADMIN")
    world.home.log.wait("loop")
    decisions = [line for line in world.front.log.lines()
                 if "proxy to" in line]
    assert len(decisions) == 1
