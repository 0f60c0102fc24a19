"""Sessions here for want of a home: never without a word."""

import pytest

from lib import PasswdFile, User, pair

FRONT, HOME = "front.example.com", "home.example.com"
USERS = [User("alice", FRONT), User("bob", HOME)]

# a mistake that no LDAP server says a word about: the settings
MISTAKES = {
    "attribute": {"referral_ldap_attributes": "mailHots"},
    "base": {"referral_ldap_base": "cn=reader,dc=example,dc=com"},
}


def site_with(site, settings, users=USERS, **kwargs):
    return pair(site, users, settings, names=["front"], **kwargs).front


@pytest.mark.parametrize("mistake", MISTAKES)
def test_nobody_has_a_home(site, mistake):
    """Said before anybody is at the wrong server."""
    front = site_with(site, MISTAKES[mistake])
    front.log.wait(["auth: Warning: referral: Nobody has a home server",
                    "referral_ldap_attributes", "referral_ldap_auth_dn"])


def test_somebody_has_one(site):
    """Nothing to say, of several attributes either."""
    front = site_with(site, {
        "referral_ldap_attributes": "testMailHost mailHost"})
    assert site.client(front).login("alice", "secret").status == "OK"
    front.stop()
    assert "Nobody has" not in front.log.text()


def test_directory_comes_later(site):
    """It is asked again; a login gets no warning in place of an answer."""
    world = pair(site, USERS, names=["front"])
    world.front.stop()
    world.ldap.stop()
    since = world.front.log.mark()
    world.front.start()
    assert site.client(world.front).login("bob", "secret").code == \
        "UNAVAILABLE"
    assert not [line for line in world.front.log.lines(since)
                if "Nobody has" in line]


@pytest.mark.parametrize("settings, words", [
    ({"referral_ldap_filter": "(mail=%{user})",
      "auth_verbose": "no"},
     ["no_entry", "want of an entry", "referral_ldap_filter",
      "referral_missing_action"]),
    ({"referral_ldap_attributes": "testMailHost", "auth_verbose": "no"},
     ["no_value", "want of a home server", "referral_ldap_attributes",
      "referral_missing_action"]),
])
def test_first_one(site, settings, words):
    """The first session for want of a home is a warning, the others not."""
    front = site_with(site, settings)
    for user in ("bob", "alice", "bob"):
        assert site.client(front).login(user, "secret").status == "OK"
    front.stop()
    lines = [line for line in front.log.lines() if "local (no_" in line]
    assert len(lines) == 1
    assert "Warning" in lines[0] and "bob" in lines[0]
    for word in words:
        assert word in lines[0]


def test_cache_too_large(site):
    """It would be killed when it is full."""
    front = site_with(site, {"referral_cache_size": "200 M"},
                      raw="service auth {\n  vsz_limit = 256 M\n}\n")
    front.log.wait(["auth: Warning: referral: referral_cache_size (200M)",
                    "(256M)", "vsz_limit"])
    assert site.client(front).login("alice", "secret").status == "OK"


@pytest.mark.parametrize("host, status", [
    (FRONT, "OK"), (HOME, "NO")])
def test_missing_host(site, host, status):
    """The old server has everyone who has not been moved."""
    front = site_with(
        site, {"referral_missing_action": "host", "auth_verbose": "no",
               "referral_missing_host": host}, [User("carol")],
        passdbs=[PasswdFile([User("carol"), User("dave")])])
    for user in ("carol", "dave"):
        reply = site.client(front).login(user, "secret")
        assert reply.status == status
        assert status == "OK" or reply.url.host == HOME
    assert "want of" not in front.log.text()
