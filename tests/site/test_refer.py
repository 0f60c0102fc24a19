"""The referral of a LOGIN, by RFC 2221, 5092 and 3501."""

import pytest

from lib import User, pair, refer

USERS = [
    User("alice", "front.example.com"),
    User("bob", "home.example.com"),
    User("dana", "home.example.com:1143"),
    User("six", "[2001:db8::1]"),
    User("sixport", "[2001:db8::1]:1143"),
    User("sixbare", "2001:db8::1"),
    User("four", "192.0.2.7"),
    User("imaps", "home.example.com:993"),
    User("default", "home.example.com:143"),
    User("upper", "HOME.Example.COM."),
]


@pytest.fixture(scope="module")
def world(shared_site):
    return pair(shared_site, USERS, pki=shared_site.pki)


def test_capability(shared_site, world):
    """Row 1: before and after login."""
    client = shared_site.client(world.front)
    assert "LOGIN-REFERRALS" in client.capabilities()
    assert client.login("alice", "secret").status == "OK"
    assert "LOGIN-REFERRALS" in client.capabilities()


def test_referred(shared_site, world):
    """Rows 2, 5, 6, 7, 10, 12, 14: the client has said nothing before."""
    since = world.front.log.mark()
    client = shared_site.client(world.front)
    reply = client.login("bob", "secret")
    assert reply.raw == (b"a1 NO [REFERRAL imap://bob;AUTH=*"
                         b"@home.example.com/] Try this server instead.")
    client.read_bye()
    world.front.log.wait(["bob", "home.example.com"], since)
    assert not world.front.logged_in("bob", since)


def test_at_home(shared_site, world):
    client = shared_site.client(world.front)
    reply = client.login("alice", "secret")
    assert reply.status == "OK" and reply.code != "REFERRAL"
    client.select_inbox()
    assert client.quit().status == "OK"


@pytest.mark.parametrize("user, hops", [
    ("alice", 0), ("bob", 1), ("upper", 1), ("default", 1)])
def test_hops(shared_site, world, user, hops):
    """Rows 3, 4: one hop ends at a server that takes the user."""
    journey = shared_site.journey(world.front, "LOGIN command", user)
    assert journey.reply.status == "OK"
    assert journey.hops == hops
    journey.client.select_inbox()


@pytest.mark.parametrize("user, url", [
    ("dana", "imap://dana;AUTH=*@home.example.com:1143/"),
    ("six", "imap://six;AUTH=*@[2001:db8::1]/"),
    ("sixport", "imap://sixport;AUTH=*@[2001:db8::1]:1143/"),
    ("sixbare", "imap://sixbare;AUTH=*@[2001:db8::1]/"),
    ("four", "imap://four;AUTH=*@192.0.2.7/"),
    ("default", "imap://default;AUTH=*@home.example.com/"),
    # row 18: the port of implicit TLS is of no use in an imap URL
    ("imaps", "imap://imaps;AUTH=*@home.example.com/"),
    ("upper", "imap://upper;AUTH=*@home.example.com/"),
])
def test_url(shared_site, world, user, url):
    """Rows 14 to 18."""
    assert refer(shared_site, world.front, user).url.text == url


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls(shared_site, world, tls):
    """The same under TLS; nothing is lost at the close."""
    reply = refer(shared_site, world.front, "bob", tls=tls)
    assert reply.url.text == "imap://bob;AUTH=*@home.example.com/"


@pytest.mark.parametrize("settings, text", [
    ({}, b"Try this server instead."),
    ({"referral_text": "%{user} lives at %{host}"},
     b"bob lives at home.example.com"),
])
def test_text(site, settings, text):
    """Rows 9, 19."""
    world = pair(site, USERS, settings=settings, names=["front"])
    reply = refer(site, world.front, "bob")
    assert reply.raw.endswith(b"] " + text)


@pytest.mark.parametrize("url_auth, command, mech", [
    ("mechanism", "*", "PLAIN"),
    ("any", "*", "*"),
    ("none", None, None),
])
def test_url_auth(site, url_auth, command, mech):
    """Row 10 and the setting that overrules it."""
    world = pair(site, USERS, names=["front"],
                 settings={"referral_url_auth": url_auth})
    assert refer(site, world.front, "bob").url.auth == command
    client = site.client(world.front)
    reply = client.authenticate("PLAIN", "bob", "secret", ir=True)
    assert reply.url.auth == mech
    client.read_bye()


def test_no_close(site):
    """referral_close=no: the client may go on with another user."""
    world = pair(site, USERS, names=["front"],
                 settings={"referral_close": "no"})
    client = site.client(world.front)
    assert client.login("bob", "secret").code == "REFERRAL"
    assert client.command("NOOP").status == "OK"
    assert client.login("alice", "secret").status == "OK"
    client.select_inbox()


def test_pipelined(shared_site, world):
    """Commands sent in one packet with LOGIN: every line arrives, and the
    close does not throw them away."""
    client = shared_site.client(world.front)
    client.send_raw(b'x1 LOGIN bob secret\r\n' + b"x2 NOOP\r\n" * 50)
    reply = client.read_reply("x1")
    assert (reply.status, reply.code) == ("NO", "REFERRAL")
    assert client.read_line().startswith(b"* BYE ")
    assert client.read_to_end() == b""


def test_privacy_required(site):
    """Row 23: without TLS no password is taken, and no referral given."""
    world = pair(site, USERS, names=["front"], pki=site.pki, cleartext=False)
    since = world.ldap.log.mark()
    client = site.client(world.front)
    assert "LOGINDISABLED" in client.capabilities()
    assert client.login("bob", "secret").code == "PRIVACYREQUIRED"
    client = site.client(world.front)
    reply = client.command("AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=")
    assert reply.status in ("NO", "BAD") and reply.code != "REFERRAL"
    world.ldap.assert_no_search(since)
    assert refer(site, world.front, "bob", tls="starttls").url.user == b"bob"
