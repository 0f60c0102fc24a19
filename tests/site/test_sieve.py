"""ManageSieve: referrals by RFC 5804 section 1.3. The fields are those of our
auth module, set here by a passwd-file."""

import pytest

from lib import PasswdFile, User

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
TEXT = "Try this server instead."


def refer(name, public="home.example.com", **more):
    return User(name, fields={"nologin": "y", "host": public,
                              "login_referral_host": public, **more})


USERS = [
    User("alice"),
    refer("bob"),
    refer("port", "home.example.com:1143"),
    refer("port4190", "home.example.com:4190"),
    refer("v6", "[2001:db8::1]"),
    refer("bob@example.com"),
    refer("quote", reason='Say_"no"_\\_or'),
    refer("dest", destuser='a"b\\c'),
    User("stock", fields={"nologin": "y", "host": "home.example.com"}),
    User("rubbish", fields={"nologin": "y", "host": 'h")'}),
]
SETTINGS = {"login_plugins": "login_referral"}


@pytest.fixture(scope="module")
def front(shared_site):
    return shared_site.dovecot(
        "front.example.com", [PasswdFile(USERS)], pki=shared_site.pki,
        mechanisms=MECHANISMS, protocols=("imap", "sieve"), settings=SETTINGS)


@pytest.mark.parametrize("tls", [None, "starttls"])
@pytest.mark.parametrize("how", MECHANISMS)
def test_refer(shared_site, front, how, tls):
    client = shared_site.sieve_client(front, tls=tls)
    reply = client.authenticate(how, "bob", "secret")
    url = f"sieve://bob;AUTH={how}@home.example.com"
    assert reply.raw == f'NO (REFERRAL "{url}") "{TEXT}"'.encode()
    bye = client.read_bye()
    assert bye.raw == (f'BYE (REFERRAL "{url}") '
                       '"Referred to home.example.com"').encode()


@pytest.mark.parametrize("user, url", [
    ("port", "sieve://port;AUTH=PLAIN@home.example.com:1143"),
    ("port4190", "sieve://port4190;AUTH=PLAIN@home.example.com"),
    ("v6", "sieve://v6;AUTH=PLAIN@[2001:db8::1]"),
    ("bob@example.com",
     "sieve://bob%40example.com;AUTH=PLAIN@home.example.com"),
    ("dest", "sieve://a%22b%5cc;AUTH=PLAIN@home.example.com"),
    ("stock", "sieve://stock;AUTH=PLAIN@home.example.com"),
])
def test_url(shared_site, front, user, url):
    client = shared_site.sieve_client(front)
    reply = client.authenticate("PLAIN", user, "secret")
    assert (reply.status, reply.arg, reply.text) == ("NO", url, TEXT)
    client.read_bye()


def test_text_is_quoted(shared_site, front):
    client = shared_site.sieve_client(front)
    reply = client.authenticate("PLAIN", "quote", "secret")
    assert reply.text == 'Say_"no"_\\_or'
    client.read_bye()


def test_rubbish(shared_site, front):
    client = shared_site.sieve_client(front)
    since = front.log.mark()
    reply = client.authenticate("PLAIN", "rubbish", "secret")
    assert (reply.status, reply.code) == ("NO", "TRYLATER")
    front.log.wait(["Error:", "host=h"], since)
    assert client.authenticate("PLAIN", "alice", "secret").status == "OK"


@pytest.mark.parametrize("how", MECHANISMS)
def test_wrong_password(shared_site, front, how):
    client = shared_site.sieve_client(front)
    reply = client.authenticate(how, "bob", "wrong")
    assert (reply.status, reply.code) == ("NO", None)
    assert client.authenticate(how, "bob", "secret").code == "REFERRAL"
    client.read_bye()


@pytest.mark.parametrize("settings", [
    {"referral_close": "no"},
    {"login_trusted_networks": "127.0.0.0/8"},
])
def test_stay_open(site, settings):
    front = site.dovecot("front.example.com", [PasswdFile(USERS)],
                         mechanisms=MECHANISMS, protocols=("imap", "sieve"),
                         settings={**SETTINGS, **settings})
    client = site.sieve_client(front)
    for how in MECHANISMS:
        assert client.authenticate(how, "bob", "secret").code == "REFERRAL"
    assert client.authenticate("PLAIN", "alice", "secret").status == "OK"
    assert client.command("LISTSCRIPTS").status == "OK"


@pytest.mark.parametrize("tls", [None, "starttls"])
def test_pipelined(shared_site, front, tls):
    client = shared_site.sieve_client(front, tls=tls)
    client.send_raw(b'AUTHENTICATE "PLAIN" "AGJvYgBzZWNyZXQ="\r\n' +
                    b"NOOP\r\n" * 5000)
    assert client.read_response().code == "REFERRAL"
    client.read_bye()
