"""doveadm referral check and list: what the directory says about everybody."""

import json
import os
import subprocess

import pytest

from lib import User, pair
from lib.process import DEADLINE_SECS

FRONT, HOME = "front.example.com", "home.example.com"
ALLOWED = "*.example.com 127.0.0.0/8 localhost"
USERS = [
    User("alice", FRONT), User("bob", HOME), User("carol", "not a host"),
    User("dave"), User("erin", "home.example.org"),
    User("frank", f"{FRONT}:1143"), User("grace", "127.0.0.2:993"),
    User("heidi", "127.0.0.2", action="dance"), User("ivan", "localhost"),
    User("judy", "127.0.0.2", action="proxy"), User("k\ne", HOME),
    User("<mallory>", FRONT.upper()),
]
PROBLEMS = {
    ("bob", "unresolved", HOME), ("k?e", "unresolved", HOME),
    ("carol", "invalid_value"), ("dave", "no_value", ""),
    ("erin", "not_allowed", "home.example.org"),
    ("erin", "unresolved", "home.example.org"),
    ("frank", "port", f"{FRONT}:1143"),
    ("grace", "tls_port", "127.0.0.2:993"),
    ("heidi", "unknown_action", "dance"),
    ("ivan", "unnamed", "localhost"),
}


def referral(server, *args, check=True):
    out = server.doveadm("-f", "json", "referral", *args, check=check)
    return json.loads(out)


@pytest.fixture(name="world", scope="module")
def fixture_world(shared_site):
    """127.0.0.1, which localhost is, is one of front's names."""
    return pair(shared_site, USERS, names=["front"], settings={
        "referral_local_hosts": f"{FRONT} 127.0.0.1",
        "referral_allowed_hosts": ALLOWED,
        "referral_action_attribute": "testMailAction"})


def test_check(world):
    with pytest.raises(RuntimeError, match="failed with 65"):
        world.front.doveadm("referral", "check")
    found = referral(world.front, "check", check=False)
    for one in found:
        assert one["dn"].lower().startswith("uid=")
    assert {(one["user"], one["problem"]) +
            (() if one["problem"] == "invalid_value" else (one["value"],))
            for one in found} == PROBLEMS
    invalid = next(one for one in found if one["user"] == "carol")
    assert invalid["value"].startswith("not a host: ")


def test_hosts(world):
    hosts = referral(world.front, "check", "-h", check=False)
    assert {one["host"]: (one["users"], one["here"]) for one in hosts} == {
        FRONT: ("2", "yes"), HOME: ("2", "no"), "127.0.0.2": ("2", "no"),
        "home.example.org": ("1", "no"), f"{FRONT}:1143": ("1", "yes"),
        "127.0.0.2:993": ("1", "no"), "localhost": ("1", "no")}


def test_list(world):
    """One user a line, for doveadm -F."""
    front = world.front

    def users(*args, check=True):
        out = front.doveadm("referral", "list", *args, check=check)
        return set(out.splitlines())
    # localhost is here by its address
    assert users() == {"alice", "frank", "ivan", "<mallory>"}
    assert users("127.0.0.2") == {"grace", "heidi", "judy"}
    assert users("127.0.0.2:993") == {"grace"}
    assert users("nowhere.example.com") == set()
    # a name that can't stand in such a list is said
    out = front.doveadm("referral", "list", HOME, check=False)
    assert "A user's name has a line break: k?e" in out
    assert "bob" in out.splitlines()
    with pytest.raises(RuntimeError, match="failed with 64"):
        front.doveadm("referral", "list", "not a host")


def test_without_dovecot(site):
    """Both open the directory themselves."""
    world = pair(site, [User("alice", FRONT)], names=["front"])
    world.front.stop()
    assert world.front.doveadm("referral", "list") == "alice\n"
    assert referral(world.front, "check") == []
    world.ldap.stop()
    with pytest.raises(RuntimeError, match="(?s)failed with 75.*ldap"):
        world.front.doveadm("referral", "check")


def test_several(site):
    """One name, two entries; settings that nobody can walk by."""
    world = pair(site, [User("alice", FRONT), User("bob", FRONT)],
                 names=["front"])
    front = world.front
    assert referral(front, "check") == []
    world.ldap.set("bob", "uid", ["bob", "ALICE"])
    several, = referral(front, "check", check=False)
    assert several["problem"] == "several_entries"
    assert several["value"].lower() == "alice"
    front.configure(referral_ldap_filter="(!(uid=%{user}))")
    out = front.doveadm("referral", "check", check=False)
    assert "referral_ldap_filter" in out
    front.configure(referral_ldap_filter="(uid=%{user})",
                    referral_ldap_base="uid=%{user},dc=example,dc=com")
    out = front.doveadm("referral", "check", check=False)
    assert "referral_ldap_base depends on the user" in out


def progress(server):
    """What a terminal is told while the directory is read."""
    terminal, end = os.openpty()
    subprocess.run(
        server.modules.wrap(["doveadm", "-c", server.config_path, "referral",
                             "check"]),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=end,
        check=True, timeout=DEADLINE_SECS)
    os.close(end)
    try:
        return os.read(terminal, 4096).decode()
    finally:
        os.close(terminal)


def test_pages(site):
    """More users than one page, or one search, may have; or an error."""
    users = [User(f"user{number}", FRONT) for number in range(1234)]
    world = pair(site, [], names=["front"])
    many = site.slapd(users, name="many", provides=True)
    world.front.configure(referral_ldap_uris=many.uri)
    listed = world.front.doveadm("referral", "list").splitlines()
    assert sorted(listed) == sorted(user.name for user in users)
    # no progress where nobody looks: it would be no JSON
    host, = referral(world.front, "check", "-h")
    assert (host["host"], host["users"]) == (FRONT, "1234")
    assert progress(world.front) == "\r1000 entries \r\033[K"
    # its limit is 100
    limited = site.slapd(users, name="limited")
    world.front.configure(referral_ldap_uris=limited.uri)
    with pytest.raises(RuntimeError, match="(?s)failed with 75.*size limit"):
        world.front.doveadm("referral", "list")
