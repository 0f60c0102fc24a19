"""Row 26: POP3 has no referral."""

import pytest

from lib import User, pair

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
