"""What follows from what the directory says."""

import pytest

from lib import PasswdFile, User, pair, refer

USERS = [User("bob", "home.example.com"), User("nohost")]


@pytest.mark.parametrize("action, status, code", [
    ("local", "OK", None), ("reject", "NO", None),
    ("tempfail", "NO", "UNAVAILABLE")])
def test_missing(site, action, status, code):
    """No value, or no entry."""
    world = pair(site, USERS, names=["front"],
                 passdbs=[PasswdFile([*USERS, User("noentry")])],
                 settings={"referral_missing_action": action})
    for user in ("nohost", "noentry"):
        reply = site.client(world.front).login(user, "secret")
        assert reply.status == status and reply.code != "REFERRAL"
        assert code is None or reply.code == code
        if status == "OK":
            world.front.wait_logged_in(user)
        else:
            assert not world.front.logged_in(user)
    refer(site, world.front, "bob")


def test_several_values(site):
    """One of several that is us makes this server the home; else the first
    is sent."""
    users = [User("both", test_mail_host=["else.example.com",
                                          "front.example.com"]),
             User("other", test_mail_host=["one.example.com",
                                           "two.example.com"])]
    world = pair(site, users, names=["front"],
                 settings={"referral_ldap_attributes": "testMailHost"})
    assert site.client(world.front).login("both", "secret").status == "OK"
    assert refer(site, world.front, "other").url.host == "one.example.com"


def test_attributes_in_order(site):
    """The first attribute that has a value wins."""
    users = [User("bob", "home.example.com"),
             User("carl", "home.example.com",
                  test_mail_host="else.example.com")]
    world = pair(site, users, names=["front"],
                 settings={"referral_ldap_attributes":
                           "testMailHost mailHost"})
    assert refer(site, world.front, "bob").url.host == "home.example.com"
    assert refer(site, world.front, "carl").url.host == "else.example.com"


def test_several_entries(site):
    """Two entries for one user: nobody knows which is right."""
    users = [User("bob", "home.example.com"), User("carl", "front.example.com")]
    world = pair(site, users, names=["front"],
                 settings={"referral_ldap_filter":
                           "(|(uid=%{user})(uid=carl))"})
    since = world.front.log.mark()
    reply = site.client(world.front).login("bob", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    world.front.log.wait("entries", since)
    assert not world.front.logged_in("bob", since)


@pytest.mark.parametrize("local_hosts, mail_host", [
    ("front.example.com", "FRONT.Example.Com"),
    ("front.example.com", "front.example.com."),
    ("front.example.com", "front.example.com:143"),
    ("front.example.com", "front.example.com:993"),
    ("imap*.example.com", "imap17.example.com"),
    ("192.0.2.7", "192.0.2.7"),
    ("2001:db8::1", "[2001:DB8:0::1]"),
    ("192.0.2.0/24", "192.0.2.200"),
    ("front.example.com:1143", "front.example.com:1143"),
    # without the setting: the machine's own names and addresses
    ("", "localhost"), ("", "127.0.0.1"), ("", "::1"),
])
def test_this_server(site, local_hosts, mail_host):
    """Row 3: this host under every name, address and port."""
    world = pair(site, [User("alice", mail_host)], names=["front"],
                 settings={"referral_local_hosts": local_hosts})
    client = site.client(world.front)
    assert client.login("alice", "secret").status == "OK"
    client.select_inbox()


def test_this_port(site):
    """The port that the client came to is this server."""
    users = [User("alice"), User("bob")]
    world = pair(site, users, names=["front"])
    world.ldap.set("alice", values=f"front.example.com:{world.front.port}")
    world.ldap.set("bob", values="front.example.com:1")
    assert site.client(world.front).login("alice", "secret").status == "OK"
    assert refer(site, world.front, "bob").url.port == 1


def test_this_machine(site):
    """The machine's host name and FQDN."""
    import socket
    names = {socket.gethostname(), socket.getfqdn()}
    users = [User(f"user{number}", name)
             for number, name in enumerate(sorted(names))]
    world = pair(site, users, names=["front"],
                 settings={"referral_local_hosts": ""})
    for user in users:
        client = site.client(world.front)
        assert client.login(user.name, "secret").status == "OK"
