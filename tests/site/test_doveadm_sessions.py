"""doveadm referral who and kick: sessions of users who have moved."""

import json
import os
import re

import pytest

from lib import User, pair, wait_for
from lib.client import Closed
from lib.dovecot import version
from lib.dovecot_config import dialect, hibernation, one_imap_process

FRONT, HOME = "front.example.com", "home.example.com"
USERS = [User(name, FRONT) for name in ("alice", "bob", "carol", "dave")]
DIALECT = dialect(version())
TWO_FOUR = DIALECT.is_24


def referral(server, *args, check=True):
    """What a command says: a list of records."""
    out = server.doveadm("-f", "json", "referral", *args, check=check)
    # errors are lines of their own
    return json.loads(next(line for line in out.splitlines()
                           if line.startswith("[")))


def session(site, server, user):
    client = site.client(server)
    assert client.login(user, "secret").status == "OK"
    client.select_inbox()
    return client


def ends(client):
    """The server closes the connection."""
    with pytest.raises(Closed):
        while True:
            client.read_line()


def lives(client):
    assert client.command("NOOP").status == "OK"


def move(world, user, host):
    world.ldap.set(user, values=host)
    referral(world.front, "flush", user)


@pytest.fixture(name="world")
def fixture_world(site):
    return pair(site, USERS, names=["front"],
                protocols=("imap", "pop3", "sieve"))


def shown(world):
    return sorted((one["user"], one["protocol"])
                  for one in referral(world.front, "who"))


def test_moved(site, world):
    """Sessions of every protocol, and nobody else's."""
    front = world.front
    alice, bob = (session(site, front, user) for user in ("alice", "bob"))
    idle = session(site, front, "bob")
    tag = idle.new_tag()
    idle.send_line(f"{tag} IDLE")
    assert idle.read_line().startswith(b"+ ")
    pop3 = site.pop3(front)
    assert pop3.login("bob", "secret")[0]
    sieve = site.sieve_client(front)
    assert sieve.authenticate("PLAIN", "bob", "secret").status == "OK"
    front.wait_logged_in("bob")
    assert not referral(front, "who")

    move(world, "bob", HOME)
    wait_for(lambda: len(shown(world)) == 4, "four sessions")
    assert {user for user, _ in shown(world)} == {"bob"}
    assert sorted(protocol for _, protocol in shown(world)) == \
        ["imap", "imap", "pop3", "sieve"]
    one = next(one for one in referral(front, "who")
               if one["protocol"] == "imap")
    assert (one["home"], one["action"]) == (HOME, "refer")
    assert int(one["secs"]) < 120 and int(one["pid"]) > 1

    would = referral(front, "kick", "-n")
    assert [one["result"] for one in would] == ["would be ended"] * 4
    lives(bob)
    # only those of the users who are named
    assert referral(front, "kick", "alice", "carol") == []
    done = referral(front, "kick", "bob")
    assert [one["result"] for one in done] == ["ended"] * 4
    for client in (bob, idle, sieve):
        ends(client)
    with pytest.raises(Closed):
        while True:
            pop3.read()
    lives(alice)
    assert not referral(front, "who")


def test_unknown(site, world):
    """A home that can't be told ends nothing."""
    client = session(site, world.front, "alice")
    world.ldap.set("alice", values="not a host")
    referral(world.front, "flush")
    out = world.front.doveadm("referral", "kick")
    assert "alice (invalid_value)" in out
    lives(client)
    world.ldap.stop()
    referral(world.front, "flush")
    out = world.front.doveadm("referral", "kick")
    assert "alice (unavailable)" in out
    lives(client)


def test_allowed(site):
    """Where a new login would be here again, nothing is ended."""
    world = pair(site, USERS, names=["front"],
                 settings={"referral_dry_run": "yes"})
    client = session(site, world.front, "alice")
    world.ldap.set("alice", values=HOME)
    referral(world.front, "flush")
    assert shown(world) == [("alice", "imap")]
    left, = referral(world.front, "kick")
    assert left["result"].startswith("left: a new login")
    lives(client)


def test_proxied(site):
    """A proxied session ends when its user's home is no more where it goes."""
    users = [User(name, None) for name in ("alice", "bob")]
    world = pair(site, users, settings={"referral_action": "proxy",
                                        "referral_resolve_hosts": "no"})
    front, there = world.front, f"{world.home.address}:{world.home.port}"
    for user in ("alice", "bob"):
        world.ldap.set(user, values=there)
    # the home server knows itself by its name only
    world.home.configure(referral_local_hosts=world.home.address +
                         f" {there}")
    world.home.reload()
    alice, bob = (session(site, front, user) for user in ("alice", "bob"))
    world.home.wait_logged_in("bob")
    assert not referral(front, "who")
    for host in ("127.0.0.77", FRONT):
        move(world, "bob", host)
        one, = referral(front, "who")
        assert (one["user"], one["proxied_to"], one["home"]) == \
            ("bob", world.home.address, host)
    done, = referral(front, "kick")
    assert done["result"] == "ended"
    ends(bob)
    lives(alice)


def test_shared_process(site):
    """Nobody else's session ends; what can't be ended is said."""
    world = pair(site, USERS, names=["front"], raw=one_imap_process(DIALECT))
    front = world.front
    alice, bob = (session(site, front, user) for user in ("alice", "bob"))
    assert len(front.pids("imap")) == 1
    move(world, "bob", HOME)
    if TWO_FOUR:
        assert [one["result"] for one in referral(front, "kick")] == ["ended"]
        ends(bob)
        lives(alice)
        return
    with pytest.raises(RuntimeError, match="failed with 75"):
        front.doveadm("referral", "kick")
    left, = referral(front, "kick", check=False)
    assert left["result"] == "left: its process serves other users, too"
    assert re.search(rf"imap session of bob \(pid \d+\) goes on, though it "
                     rf"belongs to {HOME}: its process serves",
                     front.doveadm("referral", "kick", check=False))
    lives(bob)
    # until those have to end as well
    move(world, "alice", HOME)
    assert [one["result"] for one in referral(front, "kick")] == ["ended"] * 2
    ends(alice)


@pytest.fixture(name="hibernated")
def fixture_hibernated(site):
    """The site, and bob's client: in IDLE, hibernated, and he has moved."""
    world = pair(site, USERS, names=["front"], raw=hibernation(DIALECT))
    front = world.front
    client = session(site, front, "bob")
    client.send_line("x IDLE")
    assert client.read_line().startswith(b"+ ")
    wait_for(lambda: front.pids("imap-hibernate") and not front.pids("imap"),
             "hibernation")
    move(world, "bob", HOME)
    return world, client


def test_hibernated(hibernated):
    """2.4 ends it; 2.3 can't without ending everybody's, and says so."""
    world, client = hibernated
    front = world.front
    assert shown(world) == [("bob", "imap")]
    one, = referral(front, "kick", check=False)
    if TWO_FOUR:
        assert one["result"] == "ended"
        ends(client)
        return
    assert one["result"].startswith("left: it is hibernated")
    front.deliver("bob", "it wakes you")

    def kicked():
        # in case it has fallen asleep again
        os.utime(f"{front.mail_dir('bob')}/Maildir/new")
        return referral(front, "kick", check=False)[0]["result"] == "ended"
    wait_for(kicked, "its end")
    ends(client)


@pytest.mark.skipif(TWO_FOUR, reason="2.4 ends hibernated sessions")
def test_woken_by_client(hibernated):
    world, client = hibernated
    front = world.front
    one, = referral(front, "kick", check=False)
    assert "when its client says something" in one["result"]
    client.send_line("DONE")
    assert client.read_reply("x").status == "OK"
    assert referral(front, "kick")[0]["result"] == "ended"
    ends(client)
