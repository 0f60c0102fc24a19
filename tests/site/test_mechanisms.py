"""Every way to authenticate: at home, referred, and refused. Only success
asks LDAP."""

import pytest

from lib import (Ldap, PasswdFile, Referral, Static, User, pair,
                 referral_settings)

USERS = [User("alice", "front.example.com"), User("bob", "home.example.com")]
PASSWORD = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
HOWS = ("LOGIN command",) + PASSWORD
URL = "imap://bob;AUTH={}@home.example.com/"


def check(site, world, how, **kwargs):
    """Alice in, bob referred. With ir, too, where the client speaks first."""
    client = site.client(world.front)
    assert client.log_in(how, "alice", "secret", **kwargs).status == "OK"
    client.select_inbox()
    client = site.client(world.front)
    reply = client.log_in(how, "bob", "secret", **kwargs)
    mech = "*" if how == "LOGIN command" else how
    assert (reply.status, reply.url.text) == ("NO", URL.format(mech))
    client.read_bye()
    assert not world.front.logged_in("bob")


@pytest.fixture(scope="module")
def world(shared_site):
    return pair(shared_site, USERS, names=["front"], mechanisms=PASSWORD)


@pytest.mark.parametrize("how", HOWS)
def test_password(shared_site, world, how):
    check(shared_site, world, how)


@pytest.mark.parametrize("how", ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_initial_response(shared_site, world, how):
    check(shared_site, world, how, ir=True)


@pytest.mark.parametrize("user", ["bob", "alice", "unknown"])
@pytest.mark.parametrize("how", HOWS)
def test_guess(shared_site, world, how, user):
    """Row 13, 22: wrong passwords and unknown users look alike, and cause no
    LDAP traffic."""
    since = world.ldap.log.mark()
    client = shared_site.client(world.front)
    reply = client.log_in(how, user, "guess")
    assert reply.raw.split(b" ", 1)[1] == \
        b"NO [AUTHENTICATIONFAILED] Authentication failed."
    world.ldap.assert_no_search(since)
    # the same connection goes on
    assert client.log_in(how, "alice", "secret").status == "OK"


@pytest.mark.parametrize("how", PASSWORD)
def test_cancel(shared_site, world, how):
    """A client that gives up in the middle."""
    since = world.ldap.log.mark()
    client = shared_site.client(world.front)
    client.send_line(f"c1 AUTHENTICATE {how}")
    assert client.read_line().startswith(b"+ ")
    client.send_line("*")
    assert client.read_reply("c1").status in ("NO", "BAD")
    world.ldap.assert_no_search(since)


def test_refused_users(site):
    """Row 13: a user who may not log in is not told where home is."""
    users = [User("bob", "home.example.com", fields={"nologin": "y"}),
             User("eve", "home.example.com",
                  fields={"allow_nets": "192.0.2.0/24"}),
             User("carl", "home.example.com")]
    world = pair(site, users, names=["front"], passdbs=[
        PasswdFile([User("carl", password="{PLAIN}")], deny="yes"),
        PasswdFile(users)])
    for user in users:
        since = world.ldap.log.mark()
        reply = site.client(world.front).login(user.name, "secret")
        assert reply.status == "NO" and reply.code != "REFERRAL", user.name
        world.ldap.assert_no_search(since)


def test_external(site):
    """A client certificate; the URL says EXTERNAL."""
    world = pair(site, USERS, names=["front"], mechanisms=["EXTERNAL"],
                 pki=site.pki, client_cert=True,
                 passdbs=[Static(fields={"nopassword": "y"},
                                 mechanisms=["EXTERNAL"])])

    def reply_to(user, tls, **kwargs):
        client = site.client(world.front, tls=tls,
                             cert=site.pki.cert(user) if user else None)
        return client, client.authenticate("EXTERNAL", **kwargs)
    for tls in ("starttls", "implicit"):
        client, reply = reply_to("alice", tls)
        assert reply.status == "OK"
        client.select_inbox()
        client, reply = reply_to("bob", tls)
        assert reply.url.text == URL.format("EXTERNAL")
        client.read_bye()
    since = world.ldap.log.mark()
    for user, kwargs in ((None, {}), ("bob", {"authzid": b"alice"})):
        _, reply = reply_to(user, "implicit", **kwargs)
        assert reply.status == "NO" and reply.code != "REFERRAL"
    world.ldap.assert_no_search(since)


@pytest.mark.parametrize("strip", [True, False], ids=["user", "user@realm"])
def test_gssapi(site, strip):
    """RFC 2221's own example, with following: Kerberos at both servers."""
    kdc = site.kdc(USERS)
    ldap = site.slapd(USERS)
    front, home = (site.dovecot(
        name, [Referral(), PasswdFile(USERS)], mechanisms=["GSSAPI"],
        kdc=kdc, keytab=kdc.keytab(name), strip_realm=strip,
        settings=referral_settings(
            ldap, referral_local_hosts=name,
            referral_ldap_filter="(uid=%{username})"))
        for name in ("front.example.com", "home.example.com"))

    def login(server, principal, gss_host=None, **kwargs):
        client = site.client(server)
        return client, client.authenticate(
            "GSSAPI", kdc=kdc, principal=principal,
            gss_host=gss_host or server.name, **kwargs)
    client, reply = login(front, "alice")
    assert reply.status == "OK"
    client.select_inbox()
    client, reply = login(front, "bob", ir=True)
    assert reply.url.auth == "GSSAPI"
    assert reply.url.user == (b"bob" if strip else b"bob@example.com")
    client.read_bye()
    # With the realm it cannot be asked for: Dovecot compares in its own case.
    client, reply = login(home, "bob",
                          authzid=reply.url.user if strip else b"")
    assert reply.status == "OK"
    client.select_inbox()
    since = ldap.log.mark()
    # bob's ticket is no ticket for alice
    _, reply = login(front, "bob", authzid=b"alice")
    assert reply.status == "NO" and reply.code != "REFERRAL"
    # a ticket for the wrong server
    _, reply = login(front, "bob", gss_host="home.example.com")
    assert reply.status == "NO" and reply.code != "REFERRAL"
    ldap.assert_no_search(since)


@pytest.mark.parametrize("bind", [False, True], ids=["lookup", "bind"])
@pytest.mark.parametrize("worker", [False, True], ids=["direct", "worker"])
def test_passdb_ldap(site, bind, worker):
    """Dovecot's own LDAP passdb beside ours, also in auth workers."""
    users = site.slapd(USERS, name="users")
    mechanisms = ("PLAIN",) if bind else PASSWORD
    world = pair(site, USERS, names=["front"], mechanisms=mechanisms,
                 passdbs=[Ldap(users, bind=bind, worker=worker)])
    for how in ("LOGIN command",) + mechanisms:
        check(site, world, how)
        since = world.ldap.log.mark()
        reply = site.client(world.front).log_in(how, "bob", "guess")
        assert reply.code == "AUTHENTICATIONFAILED"
        world.ldap.assert_no_search(since)


@pytest.mark.parametrize("how", HOWS)
def test_auth_cache(site, how):
    """Dovecot's auth cache answers for the passwords, not for the home."""
    world = pair(site, USERS, names=["front"], mechanisms=PASSWORD,
                 settings={"auth_cache_size": "1M",
                           "referral_cache_ttl": "0",
                           "referral_cache_negative_ttl": "0"})
    for _ in range(3):
        check(site, world, how)
    assert site.client(world.front).log_in(how, "bob", "guess").code == \
        "AUTHENTICATIONFAILED"
    check(site, world, how)
    # a user who moves is sent to the new home, and back in
    world.ldap.set("bob", values="new.example.com")
    reply = site.client(world.front).log_in(how, "bob", "secret")
    assert reply.url.host == "new.example.com"
    world.ldap.set("bob", values="front.example.com")
    assert site.client(world.front).log_in(how, "bob",
                                           "secret").status == "OK"


@pytest.mark.parametrize("how", ["LOGIN command", "PLAIN"])
def test_master_user(site, how):
    """A master user's login is the target user's."""
    master = PasswdFile([User("root", password="master")],
                        **{"master": "yes", "result_success": "continue"})
    world = pair(site, USERS, names=["front"],
                 passdbs=[master, PasswdFile(USERS)],
                 settings={"auth_master_user_separator": "*"})
    client = site.client(world.front)
    assert client.log_in(how, "alice*root", "master").status == "OK"
    client.select_inbox()
    reply = site.client(world.front).log_in(how, "bob*root", "master")
    assert reply.url.host == "home.example.com"
    since = world.ldap.log.mark()
    for user, password in (("bob*root", "guess"), ("bob*alice", "secret"),
                           ("unknown*root", "master")):
        reply = site.client(world.front).log_in(how, user, password)
        assert reply.status == "NO" and reply.code != "REFERRAL", user
    world.ldap.assert_no_search(since)


def test_user_changed_by_passdb(site):
    """The name that counts is the one that authentication ended with."""
    users = [User("b.ob", fields={"user": "bob"})]
    world = pair(site, USERS, names=["front"], passdbs=[PasswdFile(users)])
    reply = site.client(world.front).login("b.ob", "secret")
    assert reply.url.text == URL.format("*")


def test_mailhost_field(site):
    """What an earlier passdb found out is not asked again."""
    users = [User("bob", fields={"mailhost": "home.example.com"}),
             User("alice", fields={"mailhost": "front.example.com"})]
    world = pair(site, [], names=["front"], passdbs=[PasswdFile(users)],
                 mechanisms=PASSWORD,
                 settings={"referral_mailhost_field": "mailhost"})
    since = world.ldap.log.mark()
    for how in HOWS:
        check(site, world, how)
    world.ldap.assert_no_search(since)
