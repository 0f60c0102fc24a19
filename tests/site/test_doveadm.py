"""doveadm referral: what an administrator asks of a running server."""

import json

import pytest

from lib import User, pair, refer

USERS = [User("alice", "front.example.com"), User("bob", "home.example.com"),
         User("carol", "not a host"), User("dave")]


def referral(server, *args, check=True, form="json"):
    """What a command says: a list of records."""
    return json.loads(server.doveadm("-f", form, "referral", *args,
                                     check=check))


@pytest.fixture(name="world", scope="module")
def fixture_world(shared_site):
    return pair(shared_site, USERS, {"referral_bounce_time": "0",
                                     "referral_cache_away_ttl": "1 min"},
                names=["front"])


def test_explain(world):
    alice, bob, carol, dave = referral(world.front, "explain",
                                       *(user.name for user in USERS))
    assert (alice["action"], alice["reason"]) == ("local", "home")
    assert (bob["action"], bob["target"]) == ("refer", "home.example.com")
    assert (carol["action"], carol["reason"]) == ("tempfail", "invalid_value")
    assert carol["values"] == "not a host"
    assert (dave["action"], dave["reason"]) == ("local", "no_value")
    assert {one["passdb"] for one in (alice, bob, carol, dave)} == {"known"}


def test_flush(shared_site, world):
    """A change in the directory is seen at once."""
    front = world.front
    assert refer(shared_site, front, "bob").url.host == "home.example.com"
    world.ldap.set("bob", values="new.example.com")
    explained, = referral(front, "explain", "bob")
    assert (explained["source"], explained["server"]) == \
        ("cache", world.ldap.uri)
    assert referral(front, "flush", "bob") == [{"flushed": "1"}]
    assert referral(front, "flush", "bob") == [{"flushed": "0"}]
    assert refer(shared_site, front, "bob").url.host == "new.example.com"
    world.ldap.set("bob", values="home.example.com")
    flushed, = referral(front, "flush")
    assert int(flushed["flushed"]) >= 1
    assert refer(shared_site, front, "bob").url.host == "home.example.com"


def status(server, check=True):
    return referral(server, "status", check=check)


def test_status(shared_site, world):
    front = world.front
    shared_site.client(front).login("alice", "secret")
    refer(shared_site, front, "bob")
    parts = {(one["part"], one["name"], one["state"]): one
             for one in status(front)}
    directory = parts["directory", "", "well"]
    assert "pending 0" in directory["detail"]
    server = parts["server", world.ldap.uri, "ready"]
    assert "ip 127.0.0.1" in server["detail"]
    cache = parts["cache", "", ""]
    assert "entries " in cache["detail"] and "bytes " in cache["detail"]
    assert int(parts["decisions", "local", "home"]["count"]) >= 1
    assert int(parts["decisions", "refer", "elsewhere"]["count"]) >= 1
    pid, = front.pids("auth")
    assert f"pid {pid}" in parts["auth", "", ""]["detail"]


def test_status_failing(site):
    """It is a monitoring check: nobody has to log in for it."""
    world = pair(site, USERS, names=["front"])
    world.front.doveadm("referral", "status")
    world.ldap.stop()
    with pytest.raises(RuntimeError, match="(?s)failed with 75.*failing"):
        world.front.doveadm("referral", "status")
    directory = next(one for one in status(world.front, check=False)
                     if one["part"] == "directory")
    assert directory["state"] == "failing"
    server = next(one for one in status(world.front, check=False)
                  if one["part"] == "server")
    assert server["state"] != "ready" and "error " in server["detail"]
    assert world.ldap.uri in directory["detail"]
    world.front.stop()
    with pytest.raises(RuntimeError, match="Dovecot is not running"):
        world.front.doveadm("referral", "status")
