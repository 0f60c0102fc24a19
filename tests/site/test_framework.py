"""The site itself, with a Dovecot that does not know us: where these fail,
no other result here means anything."""

import pytest

from lib import Client, PasswdFile, ProtocolError, User, parse_url
from lib.client import parse_status

USERS = [User("alice"), User("bob")]
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")


@pytest.fixture(scope="module")
def stock(shared_site):
    return shared_site.dovecot("front.example.com", [PasswdFile(USERS)],
                               pki=shared_site.pki, mechanisms=MECHANISMS)


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_login(shared_site, stock, how, tls):
    client = shared_site.client(stock, tls=tls)
    assert client.log_in(how, "alice", "secret").status == "OK"
    client.select_inbox()
    assert client.quit().status == "OK"
    wrong = shared_site.client(stock, tls=tls)
    assert wrong.log_in(how, "alice", "wrong").code == "AUTHENTICATIONFAILED"


def test_slapd_log(site):
    ldap = site.slapd(USERS)
    since = ldap.log.mark()
    ldap.assert_no_search(since)
    ldap.set("bob", "mailHost", "home.example.com")
    ldap._tool("ldapsearch", "-b", "dc=example,dc=com", "(uid=bob)")
    ldap.flush(since)
    assert ldap.searches(since) == ["(uid=bob)"]
    with pytest.raises(AssertionError):
        ldap.assert_no_search(since)


def test_clean_end(site):
    """Nothing is left: no process, no file."""
    server = site.dovecot("front.example.com", [PasswdFile(USERS)])
    client = Client(server.address, server.port)
    client.login("alice", "secret")
    process = server.process
    assert len(process.session()) > 1
    site.close()
    assert not process.session()
    with pytest.raises(FileNotFoundError):
        open(server.config_path, encoding="ascii").close()


@pytest.mark.parametrize("line", [
    b"a1 NO [REFERRAL imap://bob;AUTH=*@home.example.com/] Try there.",
    b"a1 NO [REFERRAL imap://bob;AUTH=PLAIN@home.example.com:1143/] Try.",
    b"a1 NO [REFERRAL imap://a%20b;AUTH=*@[2001:db8::1]/] Try there.",
    b"* BYE [REFERRAL imap://;AUTH=*@home.example.com/] Going down.",
    b"* BYE Try there.",
    b"a1 OK [CAPABILITY IMAP4rev1 IDLE] Logged in",
])
def test_good_replies(line):
    assert parse_status(line).raw == line


@pytest.mark.parametrize("line", [
    b"a1 NO [REFERRAL imap://bob;AUTH=*@home.example.com] No slash.",
    b"a1 NO [REFERRAL imap://bob;AUTH=%2A@home.example.com/]",
    b"a1 NO [REFERRAL imap://bob;AUTH=*@home.example.com/]No space",
    b"a1 NO [REFERRAL imap://a b;AUTH=*@home.example.com/] Space.",
    b"a1 NO [REFERRAL imap://a@b;AUTH=*@home.example.com/] At.",
    b"a1 NO [REFERRAL imap://bob;AUTH=*@home%3a1143/] Escaped colon.",
    b"a1 NO [REFERRAL imap://bob;AUTH=*@/] No host.",
    b"a1 NO [REFERRAL imap://bob;AUTH=*@x]y/] Bracket.",
    b"a1 NO [REFERRAL imap://b\xc3\xbcb;AUTH=*@h/] 8 bit.",
    b"a1 NO [REFERRAL] No URL.",
    b"a1 NO [AUTHENTICATIONFAILED] [REFERRAL imap://b;AUTH=*@h/] Two.",
    b"a1 NO Gr\xc3\xbc\xc3\x9fe",
    b"a1 NO ",
])
def test_bad_replies(line):
    with pytest.raises(ProtocolError):
        parse_status(line)


def test_url_parts():
    url = parse_url("imap://b%c3%bcb%40x;AUTH=SCRAM-SHA-1@[::1]:1143/")
    assert url.user == "büb@x".encode()
    assert (url.auth, url.host, url.port) == ("SCRAM-SHA-1", "::1", 1143)
