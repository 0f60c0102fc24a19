"""Row 26: POP3 has no referral."""

import socket

import pytest

from lib import User, pair, referral_settings, with_referral

USERS = [User("alice", "front.example.com"), User("bob", "home.example.com")]
HOWS = ("login", "auth_plain")


@pytest.fixture(scope="module")
def world(shared_site):
    return pair(shared_site, USERS, names=["front"],
                settings={"referral_other_action": "reject"})


@pytest.mark.parametrize("how", HOWS)
def test_refused(shared_site, world, how):
    """A user whose home is elsewhere is told so, and never logged in."""
    client = shared_site.pop3(world.front)
    good, text = getattr(client, how)("bob", "secret")
    assert not good
    assert "home.example.com" in text
    assert "imap:" not in text
    assert not world.front.logged_in("bob")


@pytest.mark.parametrize("how", HOWS)
def test_at_home(shared_site, world, how):
    client = shared_site.pop3(world.front)
    assert getattr(client, how)("alice", "secret")[0]
    assert client.command("STAT")[0]


@pytest.mark.parametrize("how", HOWS)
def test_guess(shared_site, world, how):
    since = world.ldap.log.mark()
    client = shared_site.pop3(world.front)
    good, text = getattr(client, how)("bob", "guess")
    assert not good and text.startswith("[AUTH]")
    world.ldap.assert_no_search(since)


def test_ldap_down(site):
    world = pair(site, USERS, names=["front"])
    world.ldap.stop()
    good, text = site.pop3(world.front).login("bob", "secret")
    assert not good and text.startswith("[SYS/TEMP]")
    assert not world.front.logged_in("bob")


def test_loop_on_the_usual_port(site):
    """The directory names this server with a port that only IMAP clients
    know. The session would be proxied to where it came from, without a word
    of the port; Dovecot 2.3's own login process would crash."""
    users = [User("bob")]
    ldap = site.slapd(users)
    front = site.dovecot(
        "front.example.com", with_referral(users), start=False,
        settings=referral_settings(
            ldap, referral_action="proxy",
            referral_local_hosts="front.example.com"))
    ldap.set("bob", values=[f"{front.address}:{front.port}"])
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((front.address, 110))
        except OSError as error:
            pytest.skip(f"port 110: {error}")
    front.ports["pop3"] = 110
    front.configure()
    front.start()
    good, text = site.pop3(front).login("bob", "secret")
    assert not good and text.startswith("[SYS/TEMP]")
    front.log.wait(["auth", ": Warning: ", "bob", "(loop, "])
