"""Action refer: what a client is told, byte for byte. The fields are those of
our auth module, set here by a plain passwd-file, so that no LDAP is needed."""

import socket

import pytest

from lib import PasswdFile, User, wait_for
from lib.dovecot import version

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
TEXT = "Try this server instead."


def refer(name, public="home.example.com", **more):
    """As our auth module does."""
    return User(name, fields={"nologin": "y", "host": public,
                              "login_referral_host": public, **more})


def stock(name, **fields):
    """As any other passdb may do."""
    return User(name, fields={"nologin": "y", **fields})


USERS = [
    User("alice"),
    refer("bob"),
    # login_referral_host decides, host and port are what stock would say
    refer("port", "home.example.com:1143", host="internal", port=1143),
    refer("port143", "home.example.com:143"),
    refer("v4", "192.0.2.1"),
    refer("v4port", "192.0.2.1:1143"),
    refer("v6", "[2001:db8::1]"),
    refer("v6port", "[2001:db8::1]:1143"),
    refer("dest", destuser="other@example.com"),
    refer("reason", reason="Moved_[away]"),
    refer("bracket", reason="[ALERT]_moved"),
    refer("bob@example.com"),
    refer("a b;c%d"),
    refer("b\u00fcb"),
    # without our field
    stock("stock", host="home.example.com"),
    stock("stockport", host="home.example.com", port=1143),
    stock("stockcolon", host="home.example.com:1143"),
    stock("stockv6", host="2001:db8::1"),
    stock("rubbish1", host="[x]/]t"),
    stock("rubbish2", host="x]y"),
    stock("rubbish3", host="a/b@c"),
    refer("rubbish4", "x]y", host="home.example.com"),
    stock("noreferral"),
]
SETTINGS = {"login_plugins": "login_referral", "auth_username_chars": ""}
PROTOCOLS = ("imap", "pop3", "submission")


@pytest.fixture(scope="module")
def front(shared_site):
    return shared_site.dovecot(
        "front.example.com", [PasswdFile(USERS)], pki=shared_site.pki,
        mechanisms=MECHANISMS, protocols=PROTOCOLS, settings=SETTINGS,
        raw="submission_relay_host = 127.0.0.1\n")


def front_with(site, raw="", **settings):
    return site.dovecot("front.example.com", [PasswdFile(USERS)],
                        pki=site.pki, settings={**SETTINGS, **settings},
                        raw=raw)


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_refer(shared_site, front, how, tls):
    client = shared_site.client(front, tls=tls)
    since = front.log.mark()
    reply = client.log_in(how, "bob", "secret")
    auth = "*" if how == "LOGIN command" else how
    assert reply.raw == (
        f"{reply.tag} NO [REFERRAL imap://bob;AUTH={auth}@home.example.com/] "
        + TEXT).encode()
    bye = client.read_bye()
    assert (bye.code, bye.text) == (None, "Referred to home.example.com")
    front.log.wait(["Referred to home.example.com",
                    "user=<bob>"], since)


@pytest.mark.parametrize("user, url", [
    ("port", "imap://port;AUTH=*@home.example.com:1143/"),
    ("port143", "imap://port143;AUTH=*@home.example.com/"),
    ("v4", "imap://v4;AUTH=*@192.0.2.1/"),
    ("v4port", "imap://v4port;AUTH=*@192.0.2.1:1143/"),
    ("v6", "imap://v6;AUTH=*@[2001:db8::1]/"),
    ("v6port", "imap://v6port;AUTH=*@[2001:db8::1]:1143/"),
    ("dest", "imap://other%40example.com;AUTH=*@home.example.com/"),
    ("bob@example.com", "imap://bob%40example.com;AUTH=*@home.example.com/"),
    ("a b;c%d", "imap://a%20b%3bc%25d;AUTH=*@home.example.com/"),
    ("b\u00fcb", "imap://b%c3%bcb;AUTH=*@home.example.com/"),
    ("stock", "imap://stock;AUTH=*@home.example.com/"),
    ("stockport", "imap://stockport;AUTH=*@home.example.com:1143/"),
    ("stockcolon", "imap://stockcolon;AUTH=*@home.example.com:1143/"),
    ("stockv6", "imap://stockv6;AUTH=*@[2001:db8::1]/"),
])
def test_url(shared_site, front, user, url):
    client = shared_site.client(front)
    reply = client.login(user, "secret")
    assert reply.raw == f"{reply.tag} NO [REFERRAL {url}] {TEXT}".encode()
    client.read_bye()


@pytest.mark.parametrize("user, text", [
    ("reason", "Moved_[away]"),
    ("bracket", "(ALERT]_moved"),
])
def test_reason(shared_site, front, user, text):
    client = shared_site.client(front)
    reply = client.login(user, "secret")
    assert (reply.code, reply.text) == ("REFERRAL", text)
    client.read_bye()


@pytest.mark.parametrize("user, value", [
    ("rubbish1", "[x]/]t"), ("rubbish2", "x]y"), ("rubbish3", "a/b@c"),
    ("rubbish4", "x]y"),
])
def test_rubbish(shared_site, front, user, value):
    """It is logged, and never reaches the client."""
    client = shared_site.client(front)
    since = front.log.mark()
    reply = client.login(user, "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    assert value.encode() not in reply.raw
    front.log.wait(["Error:", "host=" + value], since)
    assert client.login("alice", "secret").status == "OK"


def test_nologin(shared_site, front):
    """Without a host there is no referral."""
    client = shared_site.client(front)
    assert client.login("noreferral", "secret").code == "CONTACTADMIN"


@pytest.mark.parametrize("user", ["bob", "stock", "rubbish1"])
@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_wrong_password(shared_site, front, how, user):
    """RFC 2221 section 6: nobody learns where a user lives without his
    password, and the failure looks like that of a user who lives here."""
    client = shared_site.client(front)
    reply = client.log_in(how, user, "wrong")
    here = shared_site.client(front).log_in(how, "alice", "wrong")
    assert (reply.status, reply.code) == ("NO", "AUTHENTICATIONFAILED")
    assert reply.text == here.text
    # right after wrong, on the same connection
    assert client.login("bob", "secret").code == "REFERRAL"
    client.read_bye()


@pytest.mark.parametrize("protocol", ["pop3", "submission"])
def test_other_protocols(shared_site, front, protocol):
    """The plugin loads there, and changes nothing."""
    address = front.address, front.ports[protocol]
    with socket.create_connection(address, 30) as sock:
        assert sock.recv(4) in (b"+OK ", b"220 ")
    assert "Error: " not in "".join(
        line for line in front.log.lines() if protocol + "-login" in line)


@pytest.mark.parametrize("setting, how, auth", [
    ("mechanism", "PLAIN", ";AUTH=PLAIN"),
    ("mechanism", "LOGIN command", ";AUTH=*"),
    ("any", "PLAIN", ";AUTH=*"),
    ("none", "PLAIN", ""),
    ("none", "LOGIN command", ""),
])
def test_url_auth(site, setting, how, auth):
    front = front_with(site, referral_url_auth=setting)
    reply = site.client(front).log_in(how, "bob", "secret")
    assert reply.arg == f"imap://bob{auth}@home.example.com/"


def test_text(site):
    front = front_with(
        site, referral_text="Dear %{user}, \"try\" %{host} at 100%%.")
    reply = site.client(front).login("b\u00fcb", "secret")
    assert reply.text == 'Dear b??b, "try" home.example.com at 100%.'


@pytest.mark.parametrize("settings", [
    {"referral_close": "no"},
    # a proxy of the site's own may send other users the same way
    {"login_trusted_networks": "127.0.0.0/8"},
])
def test_stay_open(site, settings):
    front = front_with(site, **settings)
    client = site.client(front)
    assert client.login("bob", "secret").code == "REFERRAL"
    assert client.authenticate("PLAIN", "bob", "secret").code == "REFERRAL"
    assert client.login("alice", "wrong").code == "AUTHENTICATIONFAILED"
    assert client.command("NOOP").status == "OK"
    assert client.login("alice", "secret").status == "OK"
    client.select_inbox()


def test_stay_open_log(site):
    """Why such a connection has ended: no failure of ours, and no less than
    Dovecot says of others."""
    front = front_with(site, referral_close="no")
    client = site.client(front)
    assert client.login("bob", "secret").code == "REFERRAL"
    since = front.log.mark()
    client.close()
    line = front.log.wait(["imap-login: ", "user=<bob>"], since)
    assert "failure" not in line and "failed" not in line
    client = site.client(front)
    assert client.login("bob", "secret").code == "REFERRAL"
    assert client.login("alice", "wrong").code == "AUTHENTICATIONFAILED"
    since = front.log.mark()
    client.close()
    line = front.log.wait(["imap-login: ", "user=<alice>"], since)
    assert "internal failure" not in line
    if version() < (2, 4):
        assert "auth failed, 2 attempts" in line


def test_refused_log(shared_site, front):
    client = shared_site.client(front)
    assert client.login("noreferral", "secret").code == "CONTACTADMIN"
    since = front.log.mark()
    client.close()
    line = front.log.wait(["imap-login: ", "user=<noreferral>"], since)
    assert "internal failure" not in line


def login_service(requests):
    """Each process serves this many connections."""
    name = "restart_request_count" if version() >= (2, 4) else "service_count"
    return f"service imap-login {{\n  {name} = {requests}\n}}\n"


@pytest.mark.parametrize("requests", [1, 100])
@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_pipelined(site, tls, requests):
    """Commands that the server has not read yet, or that come after its last
    line, do not reset the connection before the client has that line."""
    front = front_with(site, raw=login_service(requests))
    for _ in range(5):
        client = site.client(front, tls=tls)
        client.send_raw(b"x LOGIN bob secret\r\n" + b"y NOOP\r\n" * 5000)
        assert client.read_reply("x").code == "REFERRAL"
        client.read_bye()
        client.close()
    assert site.client(front).login("alice", "secret").status == "OK"


def test_client_stays(site):
    """A client that does not close is left behind."""
    front = front_with(site, raw=login_service(1))
    others = front.pids("imap-login")
    client = site.client(front)
    mine = set(front.pids("imap-login")) - set(others)
    assert client.login("bob", "secret").code == "REFERRAL"
    client.read_bye()
    wait_for(lambda: not mine & set(front.pids("imap-login")),
             "the end of its login process")


def test_stop_while_closing(site):
    """Nothing keeps a stopped server."""
    front = front_with(site)
    clients = [site.client(front) for _ in range(5)]
    for client in clients:
        assert client.login("bob", "secret").code == "REFERRAL"
        client.read_bye()
    assert front.process.stop()
