"""Action suggest: a tagged OK with a referral on a session of this server's
own. The fields are those of our auth module, set here by a passwd-file."""

import os

import pytest

from lib import PasswdFile, User, wait_for
from lib.dovecot import version

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
HOME = "home.example.com"
TEXT = "Try this server instead."
IS_24 = version() >= (2, 4)


def suggest(name, host=HOME, auth="*"):
    return User(name, fields={"userdb_login_referral_host": host,
                              "userdb_login_referral_auth": auth})


USERS = [
    User("alice"),
    suggest("bob"),
    suggest("port", HOME + ":1143"),
    suggest("v6", "[2001:db8::1]"),
    suggest("bob@example.com"),
    suggest("gssapi", auth="GSSAPI"),
    suggest("rubbish", "x]y"),
]
PLUGIN = f"""protocol imap {{
  mail_plugins = imap_login_referral {'' if IS_24 else 'zlib imap_zlib'}
}}
"""
URL = f"imap://bob;AUTH=*@{HOME}/"


def front_with(site, raw="", **settings):
    return site.dovecot(
        "front.example.com", [PasswdFile(USERS)], pki=site.pki,
        mechanisms=MECHANISMS, raw=PLUGIN + raw,
        settings={"login_plugins": "login_referral", **settings})


@pytest.fixture(scope="module")
def front(shared_site):
    return front_with(shared_site)


def check_suggest(reply, url=URL, text=TEXT):
    """The referral is the only code, the capabilities went out before."""
    assert reply.raw == f"{reply.tag} OK [REFERRAL {url}] {text}".encode()
    assert len(reply.untagged) == 1
    assert reply.untagged[0].startswith(b"* CAPABILITY IMAP4rev1 ")


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_suggest(shared_site, front, how, tls):
    client = shared_site.client(front, tls=tls)
    check_suggest(client.log_in(how, "bob", "secret"))
    client.select_inbox()
    assert client.command("NOOP").code is None


@pytest.mark.parametrize("user, url", [
    ("port", f"imap://port;AUTH=*@{HOME}:1143/"),
    ("v6", "imap://v6;AUTH=*@[2001:db8::1]/"),
    ("bob@example.com", f"imap://bob%40example.com;AUTH=*@{HOME}/"),
    ("gssapi", f"imap://gssapi;AUTH=GSSAPI@{HOME}/"),
])
def test_url(shared_site, front, user, url):
    client = shared_site.client(front)
    check_suggest(client.login(user, "secret"), url)
    client.select_inbox()


@pytest.mark.parametrize("user", ["alice", "rubbish"])
def test_unchanged(shared_site, front, user):
    """Without our field, or with one that is no use."""
    since = front.log.mark()
    client = shared_site.client(front)
    reply = client.login(user, "secret")
    assert (reply.status, reply.code) == ("OK", "CAPABILITY")
    assert (reply.text, reply.untagged) == ("Logged in", ())
    if user == "rubbish":
        front.log.wait(["Error:", "login_referral_host=x]y"], since)
    client.select_inbox()


@pytest.mark.parametrize("tls", [None, "implicit"])
def test_asked_before(shared_site, front, tls):
    """A client that asked for capabilities is told them once, too."""
    client = shared_site.client(front, tls=tls)
    client.capabilities()
    check_suggest(client.login("bob", "secret"))
    client.select_inbox()


@pytest.mark.parametrize("tls", [None, "implicit"])
def test_pipelined(shared_site, front, tls):
    client = shared_site.client(front, tls=tls)
    client.send_raw(b"x LOGIN bob secret\r\ny SELECT INBOX\r\n"
                    b"w CAPABILITY\r\nz APPEND INBOX {2+}\r\nhi\r\n")
    check_suggest(client.read_reply("x"))
    assert client.read_reply("y").status == "OK"
    assert client.read_reply("w").code is None
    assert client.read_reply("z").code == "APPENDUID"


def test_afterwards(shared_site, front):
    client = shared_site.client(front)
    check_suggest(client.login("bob", "secret"))
    client.select_inbox()
    client.send_line("i IDLE")
    assert client.read_line().startswith(b"+ ")
    client.send_line("DONE")
    assert client.read_reply("i").code is None
    assert client.command("COMPRESS DEFLATE").status == "OK"


@pytest.mark.parametrize("settings, auth, text", [
    ({"referral_text": "See %{host}, %{user}!"}, ";AUTH=GSSAPI",
     f"See {HOME}, gssapi!"),
    ({"referral_url_auth": "any"}, ";AUTH=*", TEXT),
    ({"referral_url_auth": "none"}, "", TEXT),
])
def test_settings(site, settings, auth, text):
    client = site.client(front_with(site, **settings))
    check_suggest(client.login("gssapi", "secret"),
                  f"imap://gssapi{auth}@{HOME}/", text)


def rawlog_dir(site):
    rawlog = os.path.join(site.dir, "rawlog")
    os.mkdir(rawlog)
    os.chmod(rawlog, 0o1777)
    return rawlog


def test_rawlog(site):
    """What lies over our stream stays there."""
    rawlog = rawlog_dir(site)
    client = site.client(front_with(site, rawlog_dir=rawlog))
    check_suggest(client.login("bob", "secret"))
    client.select_inbox()
    assert client.command("COMPRESS DEFLATE").status == "OK"
    assert os.listdir(rawlog)


HIBERNATE = """service imap {
  unix_listener imap-master {
    mode = 0666
  }
}
service imap-hibernate {
  unix_listener imap-hibernate {
    mode = 0666
  }
}
"""


@pytest.mark.parametrize("rawlog", [False, True])
def test_hibernation(site, rawlog):
    """The session wakes up as if nothing had been."""
    settings = {"rawlog_dir": rawlog_dir(site)} if rawlog else {}
    front = front_with(site, HIBERNATE, imap_hibernate_timeout="1s",
                       **settings)
    client = site.client(front)
    check_suggest(client.login("bob", "secret"))
    client.select_inbox()
    assert front.pids("imap")
    for tag in ("i", "j"):
        client.send_line(f"{tag} IDLE")
        assert client.read_line().startswith(b"+ ")
        wait_for(lambda: not front.pids("imap"), "hibernation")
        client.send_line("DONE")
        reply = client.read_reply(tag)
        assert (reply.status, reply.code) == ("OK", None)
        assert not any(b"CAPABILITY" in line for line in reply.untagged)
    client.select_inbox()


def test_no_mail_process(site):
    """Nothing is promised that is not there: the user may not have a process
    of its own."""
    client = site.client(front_with(site, first_valid_uid="70000"))
    client.send_line("x LOGIN bob secret")
    rest = client.read_to_end()
    assert b"REFERRAL" not in rest and b"* BYE " in rest
