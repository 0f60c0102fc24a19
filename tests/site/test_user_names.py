"""User names that could break a URL, a filter or a line."""

import pytest

from lib import Static, User, pair, refer

NAMES = [
    "a b", "a;b", "a%b", 'a"b', "a@b.example", "a/b", "a:b", "a?b#c", "a[b]",
    "a\\b", "jürgen", "用户", "a&b=c", "a+b~c", "%00", "%0d%0a", "x" * 200,
    "(uid=*)", "*", "bob*", "a\\2a", "ü;auth=*@evil.example/", "a,b=c",
    " leading", "-", "%{user}", "%u%n%d",
]


@pytest.fixture(scope="module")
def world(shared_site):
    # found by mistake if a name were not escaped in the filter
    decoy = User("bobby", "front.example.com")
    users = [decoy] + [User(name, "home.example.com") for name in NAMES]
    return pair(shared_site, users, names=["front"],
                passdbs=[Static("secret")],
                settings={"auth_username_chars": ""})


@pytest.mark.parametrize("name", NAMES)
def test_user_name(shared_site, world, name):
    """Rows 16 and 27: what a user typed stays one user's name."""
    since = world.ldap.log.mark()
    reply = refer(shared_site, world.front, name)
    assert reply.url.user == name.encode()
    assert (reply.url.auth, reply.url.host) == ("*", "home.example.com")
    world.ldap.flush(since)
    assert len(world.ldap.searches(since)) == 1


def test_not_utf8(shared_site, world):
    """No such entry can exist; nothing breaks."""
    reply = shared_site.client(world.front).login(b"a\xff\xfeb", "secret")
    assert reply.code != "REFERRAL"
