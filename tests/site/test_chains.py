"""The carrier is asked first, whatever the order of the passdbs: a login that
nobody decides would be a session here."""

import json

import pytest

from lib import PasswdFile, Referral, User, pair, referral_settings
from lib.dovecot import version
from lib.dovecot_config import dialect

FRONT = "front.example.com"
USERS = [User("alice", FRONT), User("bob", "home.example.com")]
ROOT = User("root", password="master")
SEPARATOR = {"auth_master_user_separator": "*"}


def start(site, passdbs, **kwargs):
    ldap = site.slapd(USERS)
    settings = referral_settings(ldap, referral_local_hosts=FRONT,
                                 **kwargs.pop("settings", {}))
    return site.dovecot(FRONT, passdbs, settings=settings, **kwargs)


def warnings(front, text):
    front.log.wait(["Warning", text])
    return [line for line in front.log.lines()
            if "Warning" in line and text in line]


def test_not_first(site):
    """Put first, and said in one line for all protocols and workers."""
    front = start(site, [PasswdFile(USERS), Referral()],
                  protocols=("imap", "pop3", "sieve", "submission"))
    assert site.client(front).login("bob", "secret").code == "REFERRAL"
    reply = site.client(front).login("bob", "guess")
    assert reply.code == "AUTHENTICATIONFAILED"
    lines = warnings(front, "{ driver = referral } is not the first")
    assert len(lines) == 1, lines


@pytest.mark.parametrize("how", ["LOGIN command", "PLAIN"])
def test_master_that_asks_no_other(site, how):
    """A master passdb without pass = yes never comes to the user's own."""
    front = start(site, [PasswdFile([ROOT], master="yes"), Referral(),
                         PasswdFile(USERS)], settings=SEPARATOR)
    client = site.client(front)
    assert client.log_in(how, "alice*root", "master").status == "OK"
    client.select_inbox()
    reply = site.client(front).log_in(how, "bob*root", "master")
    assert reply.url.host == "home.example.com"
    assert not front.logged_in("bob")
    reply = site.client(front).log_in(how, "bob*root", "guess")
    assert reply.code == "AUTHENTICATIONFAILED"
    assert len(warnings(front, "master passdb { driver = referral } is "
                        "missing: added")) == 1


def test_protocol_without(site):
    """A carrier in one protocol's passdbs serves all."""
    carrier = Referral().render("referral", site.dir, dialect(version()))
    front = start(site, [PasswdFile(USERS)],
                  settings={"referral_other_action": "reject"},
                  raw=f"protocol imap {{\n{carrier}}}\n")
    assert site.client(front).login("bob", "secret").code == "REFERRAL"
    assert not site.pop3(front).login("bob", "secret")[0]
    assert site.pop3(front).login("alice", "secret")[0]
    assert len(warnings(front, "passdb { driver = referral } is missing: "
                        "added")) == 1


@pytest.mark.parametrize("action", ["refer", "offer"])
def test_master_is_named(site, action):
    """Whoever follows logs in with the name that was used here."""
    users = [User("bob")]
    ldap = site.slapd(users)
    front, home = (site.dovecot(
        name, [PasswdFile([ROOT], master="yes", result_success="continue"),
               Referral(), PasswdFile(users)],
        settings=referral_settings(ldap, referral_action=action,
                                   referral_local_hosts=name, **SEPARATOR))
        for name in (FRONT, "home.example.com"))
    here = f"{home.address}:{home.port}"
    home.configure(referral_local_hosts=here)
    home.restart()
    ldap.set("bob", values=[here])
    reply = site.client(front).login("bob*root", "master")
    assert reply.code == "REFERRAL"
    assert reply.url.user == b"bob*root"
    client = site.client(home)
    assert client.login(reply.url.user.decode(), "master").status == "OK"
    client.select_inbox()


@pytest.mark.parametrize("separator", ["*", ""])
def test_master_by_authzid(site, separator):
    """SASL names two users, a URL one: without a separator it is the one whose
    mail it is, and never the master user, whose own mailbox it would open."""
    front = start(site, [PasswdFile([ROOT], master="yes",
                                    result_success="continue"),
                         Referral(), PasswdFile([*USERS, ROOT])],
                  settings={"auth_master_user_separator": separator})
    reply = site.client(front).authenticate("PLAIN", "root", "master",
                                            authzid=b"bob")
    assert reply.code == "REFERRAL", reply.raw
    assert reply.url.user == (b"bob*root" if separator else b"bob")
    # who follows with that name alone
    reply = site.client(front).login(reply.url.user.decode(), "master")
    assert reply.code == ("REFERRAL" if separator else "AUTHENTICATIONFAILED")


LIMITS = {
    "mechanisms": Referral(mechanisms=["CRAM-MD5"]),
    "username_filter": Referral(username_filter="carol"),
}


@pytest.mark.parametrize("how", ["PLAIN", "SCRAM-SHA-1"])
@pytest.mark.parametrize("limit", LIMITS)
def test_limited(site, limit, how):
    """Who is not asked about is refused, and told nothing before."""
    front = start(site, [PasswdFile(USERS), LIMITS[limit]],
                  mechanisms=("PLAIN", "SCRAM-SHA-1", "CRAM-MD5"))
    since = front.log.mark()
    for user in ("alice", "bob"):
        client = site.client(front)
        assert client.log_in(how, user, "guess").code == "AUTHENTICATIONFAILED"
        reply = client.log_in(how, user, "secret")
        assert (reply.status, reply.code) == ("NO", "UNAVAILABLE"), reply.raw
        front.log.wait(["auth", "Error", user, "refused: passdb { driver = "
                        "referral } is limited"], since)
        assert not front.logged_in(user)
    assert "is limited" not in "".join(
        line for line in front.log.lines(since) if "mismatch" in line)
    front.log.wait(["auth", "Error", "refused",
                    "limited to some mechanisms or user names"])


@pytest.mark.parametrize("passdbs", [
    [Referral(skip="unauthenticated"), PasswdFile(USERS)],
    [PasswdFile(USERS), Referral(skip="authenticated")],
    [Referral(master="yes", skip="unauthenticated"),
     PasswdFile([ROOT], master="yes"), PasswdFile(USERS)]])
def test_skipped(site, passdbs):
    """Dovecot drops the first of all passdbs if it is skipped for who has not
    logged in, and all of ours with it: doveconf refuses."""
    front = start(site, passdbs, start=False)
    status, out = front.doveconf("-n")
    assert status != 0, out
    assert "passdb { driver = referral } can't have skip" in out, out


def test_others_are_skipped(site):
    """What other passdbs have is their own affair."""
    front = start(site, [Referral(), PasswdFile(USERS),
                         PasswdFile([], skip="authenticated")])
    assert site.client(front).login("bob", "secret").code == "REFERRAL"
    status, out = front.doveconf("-n")
    assert status == 0 and "skip = authenticated" in out, out


@pytest.mark.skipif(version() < (2, 4), reason="2.3's blocks are closed")
@pytest.mark.parametrize("first", [True, False])
def test_skipped_in_a_protocol(site, first):
    """2.4 completes a passdb elsewhere, where doveconf does not see which."""
    passdbs = [Referral(), PasswdFile(USERS)]
    front = start(site, passdbs if first else passdbs[::-1], raw="""
protocol imap {
  passdb referral%d {
    skip = unauthenticated
  }
}
""" % (0 if first else 1))
    if first:
        reply = site.client(front).login("bob", "secret")
        assert reply.code == "REFERRAL", reply.raw
    else:
        reply = site.client(front).login("alice", "secret")
        assert reply.code == "UNAVAILABLE", reply.raw
        front.log.wait(["auth", "Error", "skip set"])
    assert not front.logged_in("bob")


@pytest.mark.parametrize("user, limit, how", [
    ("bob", Referral(mechanisms=["CRAM-MD5"]), "CRAM-MD5"),
    ("bob", Referral(username_filter="bob alice"), "PLAIN")])
def test_within_limits(site, user, limit, how):
    front = start(site, [limit, PasswdFile(USERS)],
                  mechanisms=("PLAIN", "CRAM-MD5"))
    assert site.client(front).log_in(how, "bob", "secret").code == "REFERRAL"
    client = site.client(front)
    assert client.log_in(how, "alice", "secret").status == "OK"
    client.select_inbox()


def test_limited_master(site):
    """A master login that the carrier of the masters is not asked about."""
    front = start(site, [Referral(master="yes", username_filter="carol"),
                         PasswdFile([ROOT], master="yes"), Referral(),
                         PasswdFile(USERS)], settings=SEPARATOR)
    for user in ("alice*root", "bob*root"):
        reply = site.client(front).login(user, "master")
        assert (reply.status, reply.code) == ("NO", "UNAVAILABLE"), reply.raw
    assert site.client(front).login("bob", "secret").code == "REFERRAL"
    front.log.wait(["auth", "Error", "master passdb", "limited"])


@pytest.mark.parametrize("mechanism, settings, level", [
    ("ANONYMOUS", {"auth_anonymous_username": "alice"}, "Warning"),
    ("GSS-SPNEGO", {"auth_use_winbind": "yes"}, "Error"),
    ("NTLM", {"auth_use_winbind": "yes"}, "Error")])
def test_mechanisms_without_passdbs(site, mechanism, settings, level):
    """Their logins are nobody's: said once."""
    front = start(site, [Referral(), PasswdFile(USERS)],
                  mechanisms=("PLAIN", mechanism), settings=settings)
    assert site.client(front).login("bob", "secret").code == "REFERRAL"
    name = "winbind" if "auth_use_winbind" in settings else mechanism
    front.log.wait(["auth", level, f"{name} meets no passdb"])
    front.stop()
    assert front.log.text().count("meets no passdb") == 1


def test_denies(site):
    """Nobody gets in."""
    front = start(site, [Referral(deny="yes"), PasswdFile(USERS)])
    for user in ("alice", "bob"):
        reply = site.client(front).login(user, "secret")
        assert reply.status == "NO", reply.raw
        assert not front.logged_in(user)
    front.log.wait(["auth", "Error", "has deny set"])


def test_limited_mail(site):
    """Deferred, and doveadm says why."""
    front = start(site, [Referral(username_filter="alice"), PasswdFile(USERS)],
                  protocols=("imap", "lmtp"), raw="""
lmtp_proxy = yes
protocol lmtp {
  postmaster_address = postmaster@example.com
}
""")
    assert front.deliver_by_lmtp("alice")[0][0] == 250
    assert front.deliver_by_lmtp("bob")[0][0] == 451
    front.log.wait(["auth", "Error", "bob", "refused: passdb"])
    said = {user: json.loads(front.doveadm("-f", "json", "referral", "explain",
                                           user))[0]["passdb"]
            for user in ("alice", "bob")}
    assert said == {"alice": "known",
                    "bob": "passdb referral is limited to others"}
