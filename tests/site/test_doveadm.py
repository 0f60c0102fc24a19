"""doveadm referral: what an administrator asks of a running server."""

import json

import pytest

from lib import User, pair, refer, referral_settings, with_referral

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


@pytest.fixture(name="stopped", scope="module")
def fixture_stopped(shared_site, world):
    """A server that does not run."""
    home = shared_site.dovecot("home.example.com", with_referral(USERS),
                               settings=referral_settings(world.ldap))
    home.stop()
    return home


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


def test_many(world):
    """Ten thousand at once: each has an answer, in the order of the
    questions."""
    known = [user.name for user in USERS]
    users = [f"nobody{number}" for number in range(10000)]
    for place, name in enumerate(known):
        users[place * 3333] = name
    answers = referral(world.front, "explain", *users, check=False)
    assert [one["user"] for one in answers] == users
    assert all((one["passdb"] == "known") == (one["user"] in known)
               for one in answers)
    assert answers[3333]["target"] == "home.example.com"
    flushed, = referral(world.front, "flush", *users)
    assert int(flushed["flushed"]) == len(known)


@pytest.mark.parametrize("args", [
    ["explain", "bob"], ["status"], ["flush"], ["flush", "bob"], ["who"],
    ["kick"], ["kick", "bob"], ["stray", "-u", "bob"]], ids=" ".join)
def test_nobody_to_ask(stopped, args):
    """The socket, the likely causes, and a code for monitoring."""
    with pytest.raises(RuntimeError) as failed:
        stopped.doveadm("referral", *args)
    assert "failed with 75:" in str(failed.value)
    # sessions are asked of anvil first
    socket = "anvil" if args[0] in ("who", "kick") else "login-referral"
    assert f"{stopped.dir}/run/{socket}" in str(failed.value)
    assert "Dovecot is not running" in str(failed.value)
